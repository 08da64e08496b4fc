import json

import pytest
import torch

from siamese_lib.data import load_characters
from siamese_lib.pages.results import FOLDER
from siamese_lib.recipes import card, pretrained, untrained, weights_fingerprint
from siamese_lib.recipes.pretrained import weights_file
from siamese_lib.training import OneShotValidation


def test_small_and_with_a_card_that_says_how_it_was_made():
    assert weights_file().stat().st_size < 1_500_000
    about = card("omniglot")
    assert {"command", "data", "protocol", "made", "recipe", "seed", "rows"} <= about.keys()
    assert about["rows"][0]["seed"] == 0  # the weights kept are those of the first seed
    assert {"unstructured", "within_alphabet", "official_trials"} <= about["rows"][0].keys()


def test_what_is_stored_scores_as_the_run_did_before_rounding():
    about = card("omniglot")
    for exam in ("unstructured", "within_alphabet", "official_trials"):
        assert about["stored"][exam]["accuracy"] == pytest.approx(about["rows"][0][exam], abs=0.006)


# Measured with a network that has been replaced; what shows it says so.
EARLIER = {"search"}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_what_was_measured_with_the_stored_network_is_of_the_one_that_is_stored(path):
    result = json.loads(path.read_text("utf8"))
    if "stored network" in result["protocol"]:
        assert "network" in result
    if "network" in result:
        assert (result["network"] == weights_fingerprint()) == (path.stem not in EARLIER)


def test_embeddings_have_length_one_and_do_not_change():
    network = pretrained("omniglot")
    images = torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        z = network(images)
        assert z.shape == (6, 128) and torch.allclose(z.norm(dim=1), torch.ones(6))
        assert torch.equal(z, pretrained("omniglot")(images))


def test_better_on_characters_it_has_never_seen_than_fresh_weights_and_pixels():
    evaluation = load_characters("glyphs", "evaluation")
    few = evaluation.in_groups(evaluation.group_names[:4])
    exam = OneShotValidation(few, n_episodes=100)
    scores = [exam(f) for f in (pretrained(), untrained("omniglot"), lambda x: x.flatten(1))]
    assert scores[0] > 0.05 + max(scores[1:])


def test_unknown_name():
    for ask in (pretrained, card, untrained):
        with pytest.raises(ValueError, match="network must be one of omniglot, got 'faces'"):
            ask("faces")

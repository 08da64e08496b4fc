import json
import subprocess
import sys

import pytest
import torch

from few_characters import few_characters
from siamese_lib.data import assert_disjoint, load_characters, make_glyphs
from siamese_lib.data.splits import SMALL_SETS, SPLITS
from siamese_lib.devices import usable_device
from siamese_lib.evaluation import one_shot_accuracy
from siamese_lib.recipes import (
    RECIPES,
    Recipe,
    build_network,
    card,
    command,
    measure,
    pretrained,
    recipe_named,
    train,
    training_data,
)
from siamese_lib.recipes import run as run_module
from siamese_lib.recipes.command import main, network_from

TINY = recipe_named("quick").but(steps=12, batch_size=32, symmetries=4, precision="float32")


@pytest.fixture
def little(monkeypatch):
    """Five alphabets in place of the background set, and two made-up ones for thirty."""
    made = load_characters("glyphs", "small1")

    def load(source, split, size=28):
        assert split != "evaluation", "training asked for an evaluation alphabet"
        return made if size == 28 else few_characters("small1", size)

    monkeypatch.setattr(run_module, "load_characters", load)
    make_few_glyphs(monkeypatch, [9, 9], n_drawers=6)
    return made


def make_few_glyphs(monkeypatch, sizes, n_drawers):
    """These instead of a recipe's own: enough to look at."""

    def few(recipe_sizes, size, seed):
        return make_glyphs(sizes, size=size, seed=seed, n_drawers=n_drawers)

    monkeypatch.setattr(run_module, "make_glyphs", few)


@pytest.mark.parametrize("name", RECIPES)
def test_training_touches_no_evaluation_alphabet(name, monkeypatch):
    """By what is loaded, and by the names of what came."""
    asked = []

    def load(source, split, size=28):
        asked.append(split)
        return few_characters(split, size)

    monkeypatch.setattr(run_module, "load_characters", load)
    make_few_glyphs(monkeypatch, [4], n_drawers=20)
    recipe = recipe_named(name).but(symmetries=1, joined_turns=False, steps=1, batch_size=8)
    data = training_data(recipe)
    assert_disjoint(data, load_characters("glyphs", "evaluation"), groups=True)
    train(recipe, data=None, progress=False)
    assert asked.count("evaluation") == 0 and set(asked) <= {"background", "small1", "small2"}
    assert bool(asked) == (recipe.split is not None)


def test_never_a_real_image(monkeypatch):
    def load(*arguments):
        raise AssertionError("zero-real loads no characters")

    monkeypatch.setattr(run_module, "load_characters", load)
    make_few_glyphs(monkeypatch, [3], n_drawers=4)
    assert len(training_data(recipe_named("zero-real")).classes) == 3 * 8


def test_made_up_alphabets_are_not_those_of_the_fixed_set(little):
    as_small_as_the_fixed = recipe_named("zero-real").but(
        symmetries=1, joined_turns=False, size=28, backbone_arguments={}
    )
    data = training_data(as_small_as_the_fixed, seed=0)
    fixed = load_characters("glyphs", "evaluation")
    assert data.images.shape[1:] == fixed.images.shape[1:]
    seen = {image.numpy().tobytes() for image in data.images}
    assert not seen & {image.numpy().tobytes() for image in fixed.images}


def test_real_and_made_up_alphabets_stand_side_by_side(little):
    data = training_data(TINY.but(glyph_alphabets=30))
    assert len(data.classes) == 4 * (len(little.classes) + 18)


def test_other_pens_are_more_drawings_of_the_same_characters(little, monkeypatch):
    sizes = []
    load = run_module.load_characters
    monkeypatch.setattr(
        run_module,
        "load_characters",
        lambda source, split, size=28: sizes.append(size) or load(source, split),
    )
    plain, more = training_data(TINY), training_data(TINY.but(other_pens=True))
    assert len(more) == 5 * len(plain) and torch.equal(more.classes, plain.classes)
    assert sizes == [28, 105]  # pens are changed where a dot is a dot


def test_a_recipe_needs_data():
    with pytest.raises(ValueError, match="neither a split nor glyph_alphabets"):
        training_data(TINY.but(split=None))


def test_same_seed_same_weights_and_the_global_generator_is_left_alone(little):
    before = torch.get_rng_state()
    one, history, seconds = train(TINY, seed=3, progress=False)
    other, *_ = train(TINY, seed=3, progress=False)
    third, *_ = train(TINY, seed=4, progress=False)
    assert torch.equal(before, torch.get_rng_state())
    weights = [network.state_dict()["1.layers.1.weight"] for network in (one, other, third)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    assert len(history.losses) == 12 and seconds > 0 and not one.training


def test_weights_of_a_time_before_a_setting_are_read_as_without_it():
    stored = recipe_named("quick").as_dict()
    del stored["spread"], stored["other_pens"], stored["size"]
    old = Recipe.from_dict(stored)
    assert old.spread is None and not old.other_pens and len(build_network(old)) == 2
    assert old.size == 28


@pytest.mark.parametrize("other_pens", [False, True])
def test_a_larger_image_is_what_all_parts_of_a_recipe_see(little, other_pens):
    recipe = TINY.but(size=56, glyph_alphabets=30, other_pens=other_pens, symmetries=1)
    data = training_data(recipe)
    assert data.images.shape[1:] == (1, 56, 56)
    network = build_network(recipe)
    # The backbone works on 28 px, and has the weights that it has for images of 28 px.
    assert network[0].side == 28 and network[1].image_shape == (1, 28, 28)
    assert network(data.batch(torch.arange(3))).shape == (3, 128)
    assert build_network(recipe_named("quick"))[0].side is None


def test_turns_are_joined_once_trained_and_the_file_says_so(
    little, tmp_path, monkeypatch, few_questions
):
    monkeypatch.setitem(RECIPES, "quick", TINY.but(joined_turns=True, steps=2))
    out = tmp_path / "weights.safetensors"
    words = ["train", "--recipe", "quick", "--out", str(out), "--source", "glyphs"]
    assert main([*words, "--device", "cpu", "--episodes", "2"]) == 0
    network, _ = network_from(out)
    assert network(torch.rand(2, 1, 28, 28)).shape == (2, 4 * 128)
    assert network.train()(torch.rand(2, 1, 28, 28)).shape == (2, 128)


@pytest.mark.parametrize(
    ("changes", "cure"),
    [
        ({"symmetries": 2}, "symmetries must be one of 1, 4, 8"),
        ({"symmetries": 1, "joined_turns": True}, "set symmetries to 4 or 8"),
    ],
)
def test_symmetries_that_do_not_go_together_are_refused(changes, cure):
    with pytest.raises(ValueError, match=cure):
        TINY.but(**changes)


def test_without_the_first_layer_the_backbone_takes_the_images_as_they_are(few_questions):
    network = build_network(TINY.but(size=56, spread=None))
    assert network[0].image_shape == (1, 56, 56)
    inside = TINY.but(size=56, spread=None, backbone_arguments={"size": 36})
    assert build_network(inside)[0].image_shape == (1, 56, 56)
    assert measure(network, "glyphs", n_episodes=2, size=56)["official_trials"].n_questions == 400


def test_recipes_are_plain_data():
    for recipe in RECIPES.values():
        again = Recipe.from_dict(json.loads(json.dumps(recipe.as_dict())))
        assert again == recipe and recipe.about and recipe.chosen_on
        build_network(recipe)


def test_measured_in_three_exams(few_questions):
    results = measure(pretrained(), "glyphs", n_episodes=20)
    assert list(results) == ["unstructured", "within_alphabet", "official_trials"]
    assert results["official_trials"].n_questions == 400
    assert results["unstructured"].accuracy > 0.8


def test_command_line_trains_measures_and_stores(
    little, tmp_path, monkeypatch, capsys, few_questions
):
    out = tmp_path / "folder" / "weights.safetensors"
    monkeypatch.setitem(RECIPES, "quick", TINY)
    common = ["--source", "glyphs", "--device", "cpu", "--episodes", "10"]
    assert main(["train", "--recipe", "quick", "--seed", "5", "--out", str(out), *common]) == 0
    row = json.loads(capsys.readouterr().out.splitlines()[-1])
    wanted = {"recipe", "seed", "device", "threads", "training_seconds", "peak_memory_mb"}
    wanted |= {
        "precision",
        "images_per_second",
        "unstructured",
        "within_alphabet",
        "official_trials",
    }
    assert wanted <= row.keys() and row["seed"] == 5 and row["trained_on"] == "glyphs"
    assert row["unstructured"]["low"] < row["unstructured"]["accuracy"]
    assert main(["evaluate", "--weights", str(out), *common]) == 0
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    for exam in ("unstructured", "within_alphabet", "official_trials"):
        assert again[exam] == row[exam]
    network, about = network_from(out)
    assert about["recipe"] == TINY.as_dict() and not network.training


def test_a_network_is_measured_at_its_own_size(
    little, tmp_path, monkeypatch, capsys, few_questions
):
    """When it has been trained, and again from its file."""
    monkeypatch.setitem(RECIPES, "quick", TINY.but(size=40, steps=2))
    common = ["--source", "glyphs", "--device", "cpu", "--episodes", "2"]
    out = str(tmp_path / "weights.safetensors")
    assert main(["train", "--recipe", "quick", "--out", out, *common]) == 0
    assert main(["evaluate", "--weights", out, *common]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    one, other = map(json.loads, rows)
    assert one["size"] == other["size"] == 40
    assert one["official_trials"] == other["official_trials"]


def test_evaluate_measures_the_stored_network(capsys, monkeypatch):
    """Without --weights, and by its name."""
    measured = []

    def few_questions(network, source, n_episodes, device, size):
        measured.append((network.state_dict(), source, n_episodes))
        data = make_glyphs([8], seed=0, n_drawers=4)
        return {"unstructured": one_shot_accuracy(network, data, n_way=5, n_episodes=n_episodes)}

    monkeypatch.setattr(command, "measure", few_questions)
    for weights in ([], ["--weights", "omniglot"]):
        words = ["evaluate", *weights, "--source", "glyphs", "--device", "cpu", "--episodes", "7"]
        assert main(words) == 0
        row = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert row["recipe"] == card("omniglot")["recipe"]["name"]
        assert row["measured_on"] == "glyphs" and row["unstructured"]["accuracy"] > 0.6
    stored = pretrained("omniglot").state_dict()
    for weights, source, n_episodes in measured:
        assert (source, n_episodes) == ("glyphs", 7)
        assert all(torch.equal(weights[name], stored[name]) for name in stored)
    assert len(measured) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate", "--weights", "none.safetensors"], "there is no weights file"),
        (["train", "--recipe", "quick", "--out", "x", "--split", "medium"], "split must be one of"),
        (["train", "--recipe", "quick", "--out", "x", "--steps", "0"], "steps must be an int"),
        (["train", "--recipe", "quick", "--out", "x", "--device", "abacus"], "'abacus' cannot be"),
        (["train", "--recipe", "quick", "--out", "."], "--out . is a folder"),
        (
            ["train", "--recipe", "quick", "--out", "x", "--episodes", "0"],
            "episodes must be an int",
        ),
    ],
)
def test_wrong_words_say_what_is_wrong(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--source", "glyphs"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="here there is CUDA")
def test_cuda_without_cuda_says_what_to_do():
    for ask in (usable_device, load_characters("glyphs", "small1").to):
        with pytest.raises(ValueError, match=r"'cuda' cannot be used .* take 'cpu', or 'auto'"):
            ask("cuda")


def test_weights_of_something_else(tmp_path):
    from siamese_lib.training import CheckpointError, save_weights

    save_weights(torch.nn.Linear(2, 2), tmp_path / "linear")
    with pytest.raises(ValueError, match="does not say by which recipe"):
        network_from(tmp_path / "linear")
    save_weights(torch.nn.Linear(2, 2), tmp_path / "wrong", recipe=TINY.as_dict())
    with pytest.raises(CheckpointError, match="another architecture"):
        network_from(tmp_path / "wrong")


def test_it_is_a_program():
    run = subprocess.run(
        [sys.executable, "-m", "siamese_lib", "train", "--recipe", "slow", "--out", "x"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 2 and "quick" in run.stderr


def test_the_split_of_small_sets_is_part_of_the_background():
    assert set(SPLITS) == {"background", "evaluation", *SMALL_SETS}

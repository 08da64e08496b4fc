"""Made-up signatures: what is the signer's, what is the forger's, and what nobody may leak."""

import pytest
import torch
import torch.nn.functional as F

from siamese_lib.data import LeakageError, assert_disjoint
from siamese_lib.data.signatures import (
    GENUINE,
    RANDOM,
    SKILLED,
    SignatureSet,
    TooFewSignersError,
    ask,
    make_movements,
    make_signatures,
)


@pytest.fixture(scope="module")
def small():
    return make_signatures(8, n_genuine=6, n_forged=5, size=(24, 60), seed=3)


def test_who_is_who(small):
    genuine, forged = small.genuine, small.forged
    assert genuine.images.shape == (48, 1, 24, 60) and forged.images.shape == (40, 1, 24, 60)
    assert genuine.describe(0) == "signer 001, signer 001"
    assert forged.describe(4) == "signer 001, forged, forger 3 of signer 001"
    assert forged.group_names[int(forged.groups[7])] == "signer 002"
    assert not set(genuine.labels.tolist()) & set(forged.labels.tolist())
    assert not set(genuine.makers.tolist()) & set(forged.makers.tolist())
    assert "8 signers, 48 genuine and 40 forged signatures of 24 x 60" in repr(small)
    assert len(small.everything) == 88
    assert torch.equal(small.everything.images[:48], genuine.images)


def test_same_seed_same_people_one_by_one(small):
    fewer = make_signatures(3, n_genuine=6, n_forged=5, size=(24, 60), seed=3)
    assert torch.equal(fewer.genuine.images, small.genuine.images[:18])
    assert torch.equal(fewer.forged.images, small.forged.images[:15])
    other = make_signatures(3, n_genuine=6, n_forged=5, size=(24, 60), seed=4)
    assert not torch.equal(fewer.genuine.images, other.genuine.images)


def test_global_generators_are_left_alone():
    state = torch.get_rng_state()
    make_signatures(1, 2, 2, size=(24, 60))
    assert torch.equal(torch.get_rng_state(), state)


def test_pictures_are_whole_and_have_grey_edges(small):
    images = small.everything.batch()
    ink = images.mean(dim=(1, 2, 3))
    assert ink.min() > 0.03 and ink.max() < 0.5
    assert ((images > 0.1) & (images < 0.9)).float().mean() > 0.02, "anti-aliased"
    border = torch.cat([images[..., 0, :], images[..., -1, :]], -1)
    assert (border.amax(-1) < 0.5).float().mean() > 0.9, "cut off"


def test_a_forgery_resembles_its_model_though_less_than_the_real_thing():
    many = make_signatures(40, n_genuine=4, n_forged=4, size=(24, 60), seed=1)
    # Blurred, so that it is about shapes rather than about lines that miss each other by a pixel.
    genuine, forged = (
        F.avg_pool2d(part.batch(), 4).flatten(1).unflatten(0, (40, 4))
        for part in (many.genuine, many.forged)
    )
    own = torch.cdist(genuine, genuine).sum((1, 2)).mean() / (4 * 3)
    copied = torch.cdist(genuine, forged).mean()
    others = torch.cdist(genuine[:, 0], genuine[:, 1])
    strangers = others[~torch.eye(40, dtype=torch.bool)].mean()
    assert own < copied < 0.85 * strangers


def test_the_paper_gives_nothing_away(small):
    """Ink and paper of genuine and forged pictures must not differ: that is the trap, not here."""
    many = make_signatures(40, n_genuine=6, n_forged=6, size=(24, 60), seed=2)
    parts = many.genuine, many.forged
    assert all(part.images.amin(dim=(1, 2, 3)).eq(0).all() for part in parts)
    darkest = [part.images.amax(dim=(1, 2, 3)).float().mean().item() for part in parts]
    assert darkest[0] == pytest.approx(darkest[1], rel=0.02)
    # An uneven pressure leaves a little more ink than an even one.
    ink = [part.batch().mean().item() for part in parts]
    assert ink[0] == pytest.approx(ink[1], rel=0.12)


def test_movements_belong_to_the_pictures_and_forgers_are_slow():
    signed, forged = make_movements(30, 4, 4, seed=5)
    assert signed.position.shape == (120, 320, 2) and signed.pressure.shape == (120, 320)
    assert forged.seconds.mean() > 1.4 * signed.seconds.mean()
    assert signed.seconds.min() > 1 and signed.seconds.max() < 12
    length = signed.position.diff(dim=1).norm(dim=-1).sum(1)
    assert torch.allclose(signed.speed.mean(1) * signed.seconds, length, rtol=1e-3)
    down = [m.pressure[m.pressure > 0] for m in (signed, forged)]
    assert down[0].std() > 1.5 * down[1].std(), "a forger presses more evenly"


def test_the_pen_is_lifted_where_the_picture_has_a_gap():
    signed, _ = make_movements(20, 2, 1, seed=5)
    lifts = ((signed.pressure[:, 1:] == 0) & (signed.pressure[:, :-1] > 0)).sum(1)
    assert lifts.max() <= 2 and (lifts == 0).any() and (lifts > 0).any()


def test_speed_shows_in_dots_that_are_far_apart():
    signed, _ = make_movements(1, 2, 1)
    steps = signed.position.diff(dim=1).norm(dim=-1)
    assert torch.allclose(signed.speed, steps * 319 / signed.seconds[:, None])


def test_split_shares_nobody(small):
    parts = small.split({"train": 4, "test": 3}, generator=0)
    assert [len(part.signers) for part in parts.values()] == [4, 3]
    train, test = parts.values()
    assert_disjoint(train.everything, test.everything, groups=True)
    assert not set(train.everything.makers.tolist()) & set(test.everything.makers.tolist())
    assert len(train.forged) == 20 and train.forged.name.endswith("(train), forged")
    with pytest.raises(LeakageError):
        assert_disjoint(train.everything, small.everything, groups=True)


def test_too_few_signers_says_how_many_are_needed(small):
    with pytest.raises(TooFewSignersError, match=r"has 8 signers.*need 9 \(5 train \+ 4 test\)"):
        small.split({"train": 5, "test": 4})
    with pytest.raises(ValueError, match="test must be an int of 1 or more"):
        small.split({"train": 5, "test": 0})
    with pytest.raises(ValueError, match="one part or more"):
        small.split({})


def test_parts_that_do_not_belong_together(small):
    other = make_signatures(7, 2, 2, size=(24, 60))
    with pytest.raises(ValueError, match="one list of class_names"):
        SignatureSet(small.genuine, other.forged)
    with pytest.raises(ValueError, match="may not have the class of genuine"):
        SignatureSet(small.genuine, small.genuine)
    first = small.of_signers(small.signers[:1], "first")
    with pytest.raises(ValueError, match="forgeries of signer 002, but no genuine"):
        SignatureSet(first.genuine, small.forged)
    with pytest.raises(ValueError, match="two genuine signatures or more.*signer 001"):
        SignatureSet(small.genuine.select([0]), None)


def test_numbers_that_are_too_small():
    with pytest.raises(ValueError, match="n_genuine must be 2 or more"):
        make_signatures(3, n_genuine=1)
    with pytest.raises(ValueError, match="n_signers must be"):
        make_signatures(0)
    with pytest.raises(ValueError, match="n_forgers must be"):
        make_movements(1, n_forgers=0)
    assert make_signatures(1, 2, 0, size=(24, 60)).forged is None


def test_questions(small):
    q = ask(small, n_references=2, n_random=7, generator=0)
    everything = small.everything
    assert len(q.picture) == 8 * (4 + 7 + 5)
    # No picture is asked that is on file, of anybody.
    assert not torch.isin(q.picture, q.references.unique()).any()
    assert len(q.references.unique()) == 16
    for kind, forged, own in (
        (GENUINE, False, True),
        (RANDOM, False, False),
        (SKILLED, True, True),
    ):
        these = q.of_kind(kind)
        assert (these.picture >= 48).eq(forged).all()
        assert (everything.groups[these.picture] == these.claimed).eq(own).all()
        assert torch.equal(everything.groups[these.picture], these.signer)
    assert (everything.groups[q.references] == q.claimed[:, None]).all()
    assert (q.references < 48).all(), "references are genuine"
    every_genuine = q.of_kind(GENUINE).picture.unique()
    assert len(every_genuine) == 8 * 4, "each genuine one that is left is asked once"
    again = ask(small, n_references=2, n_random=7, generator=0)
    assert all(torch.equal(a, b) for a, b in zip(q, again, strict=True))


def test_fewer_strangers_than_wanted(small):
    q = ask(small, n_references=5, n_random=1000, generator=0)
    assert len(q.of_kind(RANDOM).picture) == 8 * 7


def test_questions_that_cannot_be_asked(small):
    with pytest.raises(ValueError, match=r"signer 001 has 6 genuine signatures: 7 or more"):
        ask(small, n_references=6)
    with pytest.raises(ValueError, match="two signers are needed"):
        ask(small.of_signers(small.signers[:1], "one"), n_references=1)


def test_to_keeps_both_parts(small):
    moved = small.to("cpu")
    assert moved.genuine.device.type == moved.forged.device.type == "cpu"

from dataclasses import replace

import pytest
import torch

from siamese_lib.data import make_faces
from siamese_lib.data.faces import (
    Shots,
    hold_up,
    look_alikes,
    meet_people,
    photograph,
    photographs_of,
    plan_shots,
)
from siamese_lib.data.faces.people import FACTS, NUMBER

# Facts that are seen only where another one says so, and at which value of that one.
SEEN_WITH = {"mole_x": ("mole", 2.0), "mole_y": ("mole", 2.0)}


def without_noise(shots: Shots) -> Shots:
    return shots._replace(noise=torch.zeros_like(shots.noise))


@pytest.fixture(scope="module")
def six():
    """Six people, each in one shot without noise, seen from the front."""
    people = meet_people(6, generator=1)
    shots = without_noise(plan_shots(people, 1, 1, generator=2))
    return people, shots._replace(pose=torch.zeros(6, 3))


def test_the_set_says_what_it_holds():
    taken = photographs_of(meet_people(4, darker=0.5, generator=0), 3, 2, 32, generator=1)
    data = taken.data
    assert data.images.shape == (24, 3, 32, 32)
    assert data.labels.tolist() == [p for p in range(4) for _ in range(6)]
    assert data.makers.tolist() == [day for day in range(12) for _ in range(2)]
    assert data.describe(13) == "person 0002, person 0002 day 0"
    assert torch.equal(data.groups == 1, taken.people.tone >= 0.5)
    assert data.group_names == ("lighter skin", "darker skin")
    assert (data.groups[::6] == 1).sum() == 2


def test_the_same_seed_gives_the_same_pictures():
    one, again, other = (make_faces(3, 1, 2, size=32, generator=seed) for seed in (5, 5, 6))
    assert torch.equal(one.images, again.images)
    assert not torch.equal(one.images, other.images)


def test_a_day_has_one_light_hair_and_room():
    shots = plan_shots(meet_people(5, generator=0), 3, 4, generator=1)
    for part in (shots.light, shots.cast, shots.hair, shots.glasses, shots.clothes, shots.wall):
        by_day = part.view(15, 4, -1)
        assert (by_day == by_day[:, :1]).all()
        assert len(by_day[:, 0].unique(dim=0)) > 1
    assert len(shots.pose.unique(dim=0)) == 60


def test_only_who_owns_glasses_wears_them():
    people = meet_people(400, generator=0)
    shots = plan_shots(people, 5, 1, generator=1)
    owner = people.glasses.repeat_interleave(5)
    assert not shots.glasses[~owner].any()
    assert 0.65 < shots.glasses[owner].float().mean() < 0.75


def test_larger_pictures_show_the_same(six):
    """Drawn at twice the size and averaged, a picture is the one drawn at once."""
    people, shots = six
    small = photograph(people, shots, 64).float()
    large = photograph(people, shots, 128).float()
    averaged = torch.nn.functional.avg_pool2d(large, 2)
    assert (small - averaged).abs().mean() < 2 and (small - averaged).abs().max() < 110


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_is_seen(six, name):
    people, shots = six
    facts = people.facts.clone()
    with_fact, value = SEEN_WITH.get(name, (name, None))
    if value is not None:
        facts[:, NUMBER[with_fact]] = value
    pictures = []
    for amount in (-1.5, 1.5):
        facts[:, NUMBER[name]] = amount
        pictures.append(photograph(replace(people, facts=facts.clone()), shots, 64).int())
    changed = (pictures[0] - pictures[1]).abs().amax(dim=(1, 2, 3))
    assert changed.median() > 5, changed


def test_glasses_change_the_picture_around_the_eyes_only(six):
    people, shots = six
    on, off = (
        photograph(people, shots._replace(glasses=torch.full((6,), worn)), 64).int()
        for worn in (True, False)
    )
    changed = (on - off).abs().amax(dim=1) > 0
    rows = changed.any(dim=(0, 2)).nonzero()
    assert changed.any(dim=(1, 2)).all()
    assert rows.min() >= 18 and rows.max() <= 42  # of 64; the eyes are near row 30


def test_tone_is_the_colour_of_the_skin():
    people = meet_people(40, darker=0.5, generator=3)
    shots = without_noise(plan_shots(people, 1, 1, generator=4))
    shots = shots._replace(pose=torch.zeros(40, 3), light=torch.tensor([[0.0, 0, 0, 1]] * 40))
    cheeks = photograph(people, shots, 64)[:, :, 35:39, 18:46].float().mean(dim=(1, 2, 3))
    assert cheeks[people.tone_group == 0].min() > cheeks[people.tone_group == 1].max()


def test_look_alikes_are_as_far_apart_as_asked():
    people = meet_people(3000, generator=0)
    strangers = (people.facts - people.facts.roll(1, 0)).square().mean().sqrt()
    for apart in (0.2, 0.4, 0.8):
        likes = look_alikes(people, apart, generator=1)
        assert torch.equal(likes.tone, people.tone)
        distance = (people.facts - likes.facts).square().mean().sqrt()
        assert distance / strangers == pytest.approx(apart, rel=0.04)


def test_a_print_is_paler_smaller_and_framed_in_white():
    black = torch.zeros(8, 3, 64, 64, dtype=torch.uint8)
    held = hold_up(black, generator=0)
    assert held.shape == black.shape and held.dtype == torch.uint8
    assert 10 <= held[:, :, 28:36, 28:36].float().mean() <= 80  # no print is black
    assert (held == 237).flatten(1).float().mean(dim=1).gt(0.02).all()  # the paper's white
    assert torch.equal(held, hold_up(black, generator=0))
    close = hold_up(black, close=True, generator=0)
    assert (close == 237).flatten(1).float().mean(dim=1).lt(0.01).all()
    assert close.float().mean() < 60  # nothing but the print


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: meet_people(0), "n must be an int of 1 or more"),
        (lambda: meet_people(3, darker=1.2), "share between 0 and 1"),
        (lambda: meet_people(3, darker=-1), "darker must be 0 or more"),
        (lambda: make_faces(3, size=8), "16 pixels or more"),
        (lambda: make_faces(3, n_days=0), "n_days"),
        (lambda: look_alikes(meet_people(2, generator=0), 1.5), "apart must lie between"),
        (lambda: hold_up(torch.zeros(2, 3, 8, 8)), "must be uint8"),
        (
            lambda: photograph(
                meet_people(3, generator=0), plan_shots(meet_people(2, generator=0), 1, 1)
            ),
            "3 people for 2 shots",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()

"""Doors for thousands, networks of every kind, and a threshold found on few people."""

import copy
import pickle

import pytest
import torch
from test_recognizer import ADA, BEN, CLEO, flat, people_of
from torch import nn
from where_doors_keep_people import of_memory

from siamese_lib.data import make_glyphs
from siamese_lib.models import fast
from siamese_lib.recognition import GalleryError, OneShotRecognizer, calibrated, visits
from siamese_lib.recognition.gallery import Gallery
from siamese_lib.recognition.threshold import (
    comparisons_of_pairs,
    comparisons_of_visits,
    threshold_for,
    thresholds_over_people,
)


def threshold_of_pairs(z, labels, far):
    closest = comparisons_of_pairs(z, labels, far)
    return threshold_for(closest.distance, far, closest.n)


def random_people(n, n_pictures=1, side=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(256, (n * n_pictures, 1, side, side), generator=generator)
    return people_of(images.byte(), torch.arange(n).repeat_interleave(n_pictures))


def test_all_at_once_is_as_one_by_one():
    data = random_people(20, n_pictures=2)
    at_once, one_by_one = (OneShotRecognizer(flat, threshold=0.5) for _ in range(2))
    at_once.enrol_all(data)
    for label in reversed(range(20)):
        one_by_one.enrol(f"person {label:04d}", data.images[data.labels == label])
    assert at_once.names == one_by_one.names
    assert str(at_once.identify(data.images)) == str(one_by_one.identify(data.images))


def test_a_taken_name_leaves_the_gallery_as_it_was():
    door = OneShotRecognizer(flat, threshold=0.5)
    door.enrol("person 0003", torch.zeros(1, 4, 4))
    with pytest.raises(ValueError, match="'person 0003' is already enrolled"):
        door.enrol_all(random_people(5))
    assert door.names == ("person 0003",)
    door.enrol_all(random_people(5), replace=True)
    assert len(door) == 5


@of_memory
def test_one_by_one_the_work_grows_with_the_people_not_with_their_square():
    """Counted, not timed: enrolling concatenates nothing."""
    door, data = OneShotRecognizer(flat, threshold=0.5), random_people(300)
    for label in range(300):
        door.enrol(f"{label}", data.images[label])
        assert "embeddings" not in vars(door._gallery), "the table is made when somebody comes"
    door.identify(data.images[:1])
    assert "embeddings" in vars(door._gallery)


class CountedStack(nn.Module):
    """A network that remembers the type of what it gets, and uses its neighbours in training."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.BatchNorm1d(8))
        self.out_features = 8

    def forward(self, images):
        return self.layers(images)


@pytest.mark.parametrize("precision", [torch.float64, torch.bfloat16, torch.float16])
def test_networks_of_other_precisions(precision, tmp_path):
    torch.manual_seed(0)
    network, data = CountedStack().to(precision), random_people(5)
    door = OneShotRecognizer(network, threshold=0.5)
    door.enrol_all(data)
    assert [who.name for who in door.identify(data.images)] == list(door.names)
    door.save(tmp_path / "door")
    assert OneShotRecognizer.load(tmp_path / "door", network).names == door.names


def test_a_file_is_tied_to_the_network_that_people_were_enrolled_with(tmp_path):
    torch.manual_seed(0)
    network, data = CountedStack(), random_people(5)
    door = OneShotRecognizer(network, threshold=0.5)
    door.enrol_all(data)
    with torch.no_grad():
        network.layers[1].weight.add_(0.5)  # trained on
    door.save(tmp_path / "door")
    with pytest.raises(GalleryError, match="made with other weights"):
        OneShotRecognizer.load(tmp_path / "door", network)


@of_memory
@pytest.mark.parametrize("again", [copy.deepcopy, lambda door: pickle.loads(pickle.dumps(door))])
def test_a_door_can_be_copied(again):
    door = OneShotRecognizer(flat, threshold=0.5)
    door.enrol("Ada", ADA)
    other = again(door)
    other.enrol("Ben", BEN)
    assert other.names == ("Ada", "Ben") and door.names == ("Ada",)


def test_one_picture_far_out_does_not_hide_the_others():
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(50, 16, generator=generator)
    people = {f"{i:02d}": each[None] for i, each in enumerate(z)} | {
        "far": torch.full((1, 16), 1e6)
    }
    distance, who = Gallery(people).nearest(z)
    assert who.tolist() == list(range(50)) and distance.max() == 0


@pytest.mark.parametrize("share", [0.001, 0.01, 0.2, 0.9])
def test_pairs_of_strangers_a_few_rows_at_a_time(share, monkeypatch):
    monkeypatch.setattr("siamese_lib.recognition.threshold.AT_ONCE", 500)
    data = random_people(40, n_pictures=3, seed=1)
    z = flat(data.batch())
    table = torch.cdist(z.double(), z.double())
    strangers = table[(data.labels[:, None] != data.labels[None, :]).triu(1)]
    found = threshold_of_pairs(z, data.labels, share)
    assert found == pytest.approx(threshold_for(strangers, share), abs=1e-4)


def test_few_people_for_a_fine_rate_are_noticed(caplog):
    few, enough = make_glyphs([12], 16, seed=5, n_drawers=6), make_glyphs([25], 16, seed=5)
    door = OneShotRecognizer(flat)
    door.calibrate(0.05, few, n_enrolled=5)
    assert "12 people are few for a false-accept rate of 5.00%" in caplog.text
    assert "20 people or more" in caplog.text
    caplog.clear()
    door.calibrate(0.05, enough, n_enrolled=5)
    assert not caplog.records


def test_a_network_gets_floats_a_batch_at_a_time():
    seen = []

    def embed(images):
        seen.append((images.dtype, len(images)))
        return images.flatten(1)

    door = OneShotRecognizer(embed, threshold=0.5, batch_size=4)
    door.enrol("Cleo", CLEO)
    seen.clear()
    door.identify((255 * torch.stack([CLEO] * 10)).byte())
    assert seen == [(torch.float32, 4), (torch.float32, 4), (torch.float32, 2)]


def test_visits_take_the_fast_network_as_well():
    data = make_glyphs([6], 16, seed=5, n_drawers=4)
    door = OneShotRecognizer(fast(size=16))
    door.calibrate(0.2, data, n_enrolled=3)
    assert door.calibration.n_people == 6
    assert len(visits(flat(data.batch()), data.labels, 3).known_right) == 150


def shared_out(n_people, seed):
    """People of a made-up world: a place each, and pictures around it."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(n_people, 6, generator=generator)
    labels = torch.arange(n_people).repeat_interleave(6)
    return centres[labels] + 0.3 * torch.randn(6 * n_people, 6, generator=generator), labels


def test_people_drawn_anew_by_a_double_loop():
    """Every draw written out: a comparison is there once for each time its people meet."""
    z, labels = shared_out(7, seed=0)
    seen = visits(z, labels, n_enrolled=3, n_rehearsals=4)
    found = thresholds_over_people(
        comparisons_of_visits(seen), 0.2, torch.Generator().manual_seed(5)
    )
    generator = torch.Generator().manual_seed(5)
    for threshold in found[:20]:
        drawn = torch.randint(7, (7,), generator=generator).tolist()
        strangers = [
            distance.item()
            for distance, person, other in zip(*seen[2:], strict=True)
            for one in drawn
            for two in drawn
            if one == person and two == other
        ]
        allowed = int(0.2 * len(strangers) + 1e-9)
        assert threshold.item() == pytest.approx(sorted(strangers)[allowed], rel=1e-6)


def test_of_pairs_only_the_closest_are_kept_and_the_others_still_count():
    z, labels = shared_out(30, seed=1)
    share = 0.02
    kept = comparisons_of_pairs(z, labels, share)
    everything = comparisons_of_pairs(z, labels, 0.9999)
    assert len(kept.distance) < len(everything.distance) == kept.n
    few, all_of_them = (
        thresholds_over_people(which, share, torch.Generator().manual_seed(2))
        for which in (kept, everything)
    )
    assert torch.equal(few, all_of_them)
    by_hand = everything._replace(pictures=None)
    assert torch.equal(
        few, thresholds_over_people(by_hand, share, torch.Generator().manual_seed(2))
    )


def test_a_confident_threshold_holds_its_promise_for_new_people():
    """Sixty doors, each calibrated on other people, and the rate at each among new people."""
    z, labels = shared_out(2000, seed=3)
    world, rates = visits(z, labels, 20, n_rehearsals=2, generator=4).unknown_distance, {}
    for confidence in (None, 0.9):
        rates[confidence] = []
        for door in range(60):
            here = (labels >= 30 * door) & (labels < 30 * door + 30)
            found = calibrated(
                z[here], labels[here], 0.1, 20, generator=door, confidence=confidence
            )
            assert found.lowest < found.highest
            rates[confidence].append((world <= found.threshold).double().mean().item())
    over = {c: sum(rate > 0.1 for rate in these) / 60 for c, these in rates.items()}
    assert 0.3 < over[None] < 0.7, "without a confidence it is a matter of luck"
    assert over[0.9] < 0.2
    assert sum(rate > 0.2 for rate in rates[0.9]) == 0


def test_confidence_is_checked_and_kept(tmp_path):
    few = make_glyphs([12], 16, seed=5, n_drawers=6)
    door = OneShotRecognizer(flat)
    for wrong in (0, 1, 95):
        with pytest.raises(ValueError, match="confidence must lie between 0 and 1"):
            door.calibrate(0.1, few, n_enrolled=5, confidence=wrong)
    door.enrol("Ada", few.images[0])
    plain = door.calibrate(0.1, few, n_enrolled=5)
    sure = door.calibrate(0.1, few, n_enrolled=5, confidence=0.95)
    assert sure.threshold == pytest.approx(plain.lowest) and sure.threshold < plain.threshold
    assert plain.lowest <= plain.threshold <= plain.highest
    for calibration in (plain, sure):
        door.calibration = calibration
        door.save(tmp_path / "door")
        assert OneShotRecognizer.load(tmp_path / "door", flat).calibration == calibration


def test_doubles_leave_no_confident_threshold():
    """Two people who look the same: in some draws they are all strangers there are."""
    z, labels = shared_out(8, seed=2)
    z[labels < 2] = z[0].clone()
    plain = calibrated(z, labels, 0.2, 3)
    assert plain.threshold > 0
    with pytest.raises(ValueError, match="confidence=0.99 the door would open to nobody"):
        calibrated(z, labels, 0.2, 3, confidence=0.99)

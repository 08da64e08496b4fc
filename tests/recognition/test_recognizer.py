import subprocess
import sys
import threading
import unicodedata

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from where_doors_keep_people import of_databases, of_memory

from siamese_lib import stored_tensors
from siamese_lib.data import LabelledImages, make_glyphs
from siamese_lib.metrics import DistanceCalibration
from siamese_lib.recognition import GalleryError, OneShotRecognizer, visits
from siamese_lib.recognition.gallery import Gallery
from siamese_lib.recognition.threshold import comparisons_of_pairs, far_of_one, threshold_for
from siamese_lib.stored_tensors import read_tensors, write_tensors
from siamese_lib.training import save_weights


def flat(images):
    """Pixels as embeddings: what is near can be seen by hand."""
    return images.flatten(1)


def picture(*values):
    """A picture of two by two pixels."""
    return torch.tensor(values).view(1, 2, 2)


def people_of(images, labels):
    """A set of people called "person 0000" and on, as a folder of photographs would be read."""
    nobody = torch.zeros_like(labels)
    names = tuple(f"person {i:04d}" for i in range(int(labels.max()) + 1))
    return LabelledImages(images, labels, nobody, nobody, names, ("all",), ("unknown",))


ADA, BEN, CLEO = picture(1.0, 0, 0, 0), picture(0, 1.0, 0, 0), picture(0, 0, 1.0, 0)


@pytest.fixture
def door():
    door = OneShotRecognizer(flat, threshold=0.5)
    door.enrol("Ada", ADA)
    door.enrol("Ben", BEN)
    return door


@pytest.fixture(scope="module")
def people():
    """Thirty characters, six drawings each, as the people to calibrate on."""
    return make_glyphs([10, 10, 10], size=16, seed=5, n_drawers=6)


class TestIdentify:
    def test_best_match_or_nobody(self, door):
        near, far = door.identify(torch.stack([picture(0.9, 0.1, 0, 0), CLEO]))
        assert near.name == near.nearest == "Ada"
        assert near.distance == pytest.approx(0.02**0.5, abs=1e-6)
        assert far.name is None and far.nearest in ("Ada", "Ben") and "unknown" in str(far)

    def test_the_best_and_not_the_first_over_the_threshold(self):
        door = OneShotRecognizer(flat, threshold=2.0)
        for name, image in (("Ada", ADA), ("Ben", BEN)):
            door.enrol(name, image)
        assert [who.name for who in door.identify(torch.stack([BEN, ADA]))] == ["Ben", "Ada"]

    def test_at_the_threshold_is_in(self):
        door = OneShotRecognizer(flat, threshold=1.0)
        door.enrol("Ada", ADA)
        assert door.identify(picture(0.0, 0, 0, 0))[0].name == "Ada"

    def test_several_pictures_of_one_person(self):
        door = OneShotRecognizer(flat, threshold=0.5)
        door.enrol("Ada", torch.stack([ADA, CLEO]))
        assert [v.name for v in door.identify(torch.stack([ADA, CLEO, BEN]))] == ["Ada"] * 2 + [
            None
        ]

    def test_bytes_and_floats_are_the_same_picture(self, door):
        whole = (ADA * 255).to(torch.uint8)
        assert door.identify(whole) == door.identify(ADA)
        assert door.identify(whole)[0].distance == 0

    def test_no_image_and_thousands(self, door):
        assert door.identify(torch.zeros(0, 1, 2, 2)) == []
        many = torch.stack([ADA, CLEO, BEN]).repeat(1500, 1, 1, 1)
        assert [v.name for v in door.identify(many)] == ["Ada", None, "Ben"] * 1500

    def test_thousands_of_people(self):
        generator = torch.Generator().manual_seed(0)
        images = torch.rand(3000, 1, 4, 4, generator=generator)
        door = OneShotRecognizer(flat, threshold=0.2)
        labels = torch.arange(3000)
        door.enrol_all(people_of((255 * images).byte(), labels))
        found = door.identify((255 * images).byte())
        assert [v.name for v in found] == [f"person {i:04d}" for i in range(3000)] and max(
            v.distance for v in found
        ) == 0


names = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(str.strip),
    min_size=2,
    max_size=8,
    unique_by=lambda name: unicodedata.normalize("NFC", name),
)


def filled(pairs):
    door = OneShotRecognizer(flat, threshold=0.6)
    for name, image in pairs:
        door.enrol(name, image)
    return door


def in_memory_and_now_and_then_in_a_database(check):
    """A property test over many doors in memory, and over a few that take a second each."""
    people_and_order = given(names, st.randoms(use_true_random=False))
    many = settings(max_examples=40, deadline=None)(people_and_order(check))
    few = settings(max_examples=4, deadline=None)(people_and_order(check))
    return of_memory(many), of_databases(few)


def order_of_enrolment_does_not_matter_also_for_ties(people, random):
    # Few different pictures, so that many people are equally near.
    pairs = [(name, (ADA, BEN, CLEO)[random.randrange(3)]) for name in people]
    shuffled = random.sample(pairs, len(pairs))
    visitors = torch.stack([ADA, BEN, CLEO, picture(0.5, 0.5, 0, 0), picture(0.0, 0, 0, 0.3)])
    assert str(filled(pairs).identify(visitors)) == str(filled(shuffled).identify(visitors))


def who_is_removed_is_gone(people, random):
    pairs = [(name, picture(*(random.random() for _ in range(4)))) for name in people]
    door = filled(pairs)
    gone, image = random.choice(pairs)
    door.remove(gone)
    never = filled([pair for pair in pairs if pair[0] != gone])
    assert gone not in door and len(door) == len(pairs) - 1
    visitors = torch.stack([image for _, image in pairs])
    assert str(door.identify(visitors)) == str(never.identify(visitors))
    assert door.names == never.names
    with pytest.raises(KeyError, match="nobody called"):
        door.remove(gone)
    door.enrol(gone, image)
    assert door.identify(image)[0].distance == 0


test_order, test_order_in_databases = in_memory_and_now_and_then_in_a_database(
    order_of_enrolment_does_not_matter_also_for_ties
)
test_removed, test_removed_in_databases = in_memory_and_now_and_then_in_a_database(
    who_is_removed_is_gone
)


class TestNames:
    @pytest.mark.parametrize("name", ["Zoë", "李雷", "a" * 200, "O'Brien; DROP", "🙂", "a\nb"])
    def test_any_unicode_survives_a_file(self, name, tmp_path):
        door = filled([(name, ADA)])
        door.save(tmp_path / "door")
        assert (
            OneShotRecognizer.load(tmp_path / "door", flat).identify(ADA)[0].name == door.names[0]
        )

    def test_two_spellings_of_one_name(self):
        door = filled([("Zo\u00eb", ADA)])
        with pytest.raises(ValueError, match="already enrolled"):
            door.enrol("Zoe\u0308", BEN)
        assert "Zoe\u0308" in door

    def test_taken_unless_replaced(self, door):
        with pytest.raises(ValueError, match=r"'Ada' is already enrolled: remove\(\) them first"):
            door.enrol("Ada", CLEO)
        assert door.identify(ADA)[0].name == "Ada"
        door.enrol("Ada", CLEO, replace=True)
        assert [v.name for v in door.identify(torch.stack([ADA, CLEO]))] == [None, "Ada"]

    @pytest.mark.parametrize(
        ("name", "error"),
        [("", ValueError), (" \t", ValueError), ("\ud800", ValueError), (3, TypeError)],
    )
    def test_no_name(self, door, name, error):
        with pytest.raises(error, match="name"):
            door.enrol(name, CLEO)
        assert len(door) == 2


def of_pairs(z, labels, far):
    closest = comparisons_of_pairs(z, labels, far)
    return threshold_for(closest.distance, far, closest.n)


class TestCalibrate:
    def test_strangers_get_in_as_often_as_wanted(self, people):
        rehearsed = people.in_groups(people.group_names[:2])
        door = OneShotRecognizer(flat)
        result = door.calibrate(0.1, rehearsed, n_enrolled=8, n_rehearsals=200)
        assert door.threshold == result.threshold and result.n_people == 20
        seen = visits(flat(rehearsed.batch()), rehearsed.labels, 8, 1, 200, generator=9)
        far = (seen.unknown_distance <= result.threshold).float().mean().item()
        assert far == pytest.approx(0.1, abs=0.03)
        assert result.curve.scale > 0

    def test_more_people_enrolled_need_a_stricter_threshold(self, people):
        door = OneShotRecognizer(flat)
        thresholds = [door.calibrate(0.1, people, n_enrolled=n).threshold for n in (1, 5, 20)]
        assert thresholds == sorted(thresholds, reverse=True) and len(set(thresholds)) == 3

    def test_by_default_for_those_who_are_enrolled(self, people):
        door = OneShotRecognizer(flat)
        for label in range(4):
            door.enrol(str(label), people.images[people.labels == label][0])
        assert door.calibrate(0.1, people).n_enrolled == 4
        with pytest.raises(ValueError, match="images are"):
            door.identify(torch.zeros(1, 8, 8))

    def test_more_people_than_can_be_rehearsed(self, people, caplog):
        door = OneShotRecognizer(flat)
        far_more = door.calibrate(0.2, people, n_enrolled=500).threshold
        assert "as if they were independent" in caplog.text
        assert far_more < door.calibrate(0.2, people, n_enrolled=20).threshold

    def test_independence_errs_on_the_safe_side(self, people):
        z = flat(people.batch())
        seen = visits(z, people.labels, 15, 1, 200)
        single = of_pairs(z, people.labels, far_of_one(0.2, 15))
        assert (seen.unknown_distance <= single).float().mean() <= 0.22

    def test_probability_falls_with_the_distance(self, people):
        door = OneShotRecognizer(flat)
        for label in range(5):
            door.enrol(str(label), people.images[people.labels == label][0])
        door.calibrate(0.05, people)
        found = sorted(door.identify(people.images[:60]), key=lambda v: v.distance)
        p = [v.probability for v in found]
        assert p == sorted(p, reverse=True) and 0 <= p[-1] < p[0] <= 1

    def test_a_growing_gallery_is_noticed(self, people, caplog):
        door = OneShotRecognizer(flat)
        door.calibrate(0.1, people, n_enrolled=1)
        for label in range(4):
            door.enrol(str(label), people.images[people.labels == label][0])
        assert caplog.text.count("Calibrate again") == 1

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"target_far": 0}, "target_far must lie between 0 and 1, got 0"),
            ({"target_far": 0.00001, "n_enrolled": 5}, "finer than 1,250 comparisons"),
            ({"target_far": 0.1}, "nobody is enrolled yet"),
            ({"target_far": 0.1, "n_enrolled": 5, "n_rehearsals": 0}, "n_rehearsals"),
        ],
    )
    def test_wrong_arguments(self, people, arguments, message):
        with pytest.raises(ValueError, match=message):
            OneShotRecognizer(flat).calibrate(data=people, **arguments)

    def test_one_picture_each_is_not_enough(self, people):
        first = people.select(people.makers == 0)
        with pytest.raises(ValueError, match="1 picture"):
            OneShotRecognizer(flat).calibrate(0.1, first, n_enrolled=3)


def test_probability_is_kept_where_employees_are_misnamed():
    """Half of the visitors are enrolled; many of them are nearer to somebody else."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(60).repeat_interleave(10)
    centres = torch.rand(60, 1, 4, 4, generator=generator)
    noise = 0.25 * torch.randn(600, 1, 4, 4, generator=generator)
    images = ((centres[labels] + noise).clamp(0, 1) * 255).to(torch.uint8)
    people = LabelledImages(
        images=images,
        labels=labels,
        groups=torch.zeros_like(labels),
        makers=torch.zeros_like(labels),
        class_names=[str(c) for c in range(60)],
        group_names=["all"],
        maker_names=["camera"],
    )
    curve = OneShotRecognizer(flat).calibrate(0.1, people, n_enrolled=30, n_rehearsals=100).curve
    seen = visits(flat(people.batch()), labels, 30, 1, 100, generator=5)
    known, unknown = (curve.probability(d).mean().item() for d in (seen[0], seen[2]))
    kept = seen.known_right.double().mean().item() / 2
    assert 0.1 < kept < 0.45 and (known + unknown) / 2 == pytest.approx(kept, abs=0.02)


def test_far_from_the_origin_the_nearest_is_still_found():
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(40, 16, generator=generator) + 1000
    gallery = Gallery({f"{i:02d}": each[None] for i, each in enumerate(z)})
    distance, who = gallery.nearest(z)
    assert who.tolist() == list(range(40)) and distance.max() == 0
    near = z.repeat_interleave(2, 0) + 0.01 * torch.randn(80, 16, generator=generator)
    assert visits(near, torch.arange(40).repeat_interleave(2), n_enrolled=30).known_right.all()


def test_what_is_rehearsed_by_default(people):
    door = OneShotRecognizer(flat)
    default = door.calibrate(0.1, people, n_enrolled=3)
    assert default == door.calibrate(0.1, people, 3, n_rehearsals=50, generator=0)
    assert default != door.calibrate(0.1, people, 3, n_rehearsals=51)
    assert (default.target_far, default.n_enrolled, default.n_people) == (0.1, 3, 30)
    z = flat(people.batch())
    for ours, theirs in zip(
        visits(z, people.labels, 3), visits(z, people.labels, 3, 1, 50, 0), strict=True
    ):
        assert torch.equal(ours, theirs)
    with pytest.raises(AttributeError):
        default.threshold = 1.0


@pytest.mark.parametrize("n_enrolled", [1, 8])
def test_a_calibration_written_out(people, n_enrolled):
    """Half of the visitors are enrolled, however many of either kind came."""
    result = OneShotRecognizer(flat).calibrate(0.1, people, n_enrolled)
    seen = visits(flat(people.batch()), people.labels, n_enrolled)
    known, unknown = seen.known_distance, seen.unknown_distance
    curve = DistanceCalibration.fit(
        torch.cat([known, unknown]),
        torch.cat([seen.known_right, torch.zeros(len(unknown), dtype=torch.bool)]),
        weight=torch.cat(
            [torch.full_like(known, 1 / len(known)), torch.full_like(unknown, 1 / len(unknown))]
        ),
    )
    assert result.threshold == threshold_for(unknown, 0.1)
    assert result.curve.scale == pytest.approx(curve.scale, rel=1e-3)
    assert result.curve.midpoint == pytest.approx(curve.midpoint, rel=1e-3)


def test_embeddings_of_the_calibration_that_are_nan(people):
    with pytest.raises(ValueError, match="embeddings of the calibration data hold NaN"):
        OneShotRecognizer(lambda x: flat(x) * torch.nan).calibrate(0.1, people, 3)


def test_drift_is_told_once_beyond_twice_the_number(people, caplog):
    door = OneShotRecognizer(flat)
    door.calibrate(0.1, people, n_enrolled=2)
    told = []
    for label in range(7):
        door.enrol(str(label), people.images[people.labels == label][0])
        told.append(len(caplog.messages))
    assert told == [0, 0, 0, 0, 1, 1, 1]


def test_rates_of_visits_at_their_edges():
    distance = torch.arange(1.0, 101.0)
    assert 29 < threshold_for(distance, 0.29) < 30, "0.29 * 100 is a hair below 29"
    for rate in (0.0, 1.0):
        with pytest.raises(ValueError, match="target_far must lie"):
            threshold_for(distance, rate)
    with pytest.raises(ValueError, match="at distance 0"):
        threshold_for(torch.full((2,), 1e-45), 0.5)  # below it there is 0 alone
    for counts in ((0, 1, 1), (1, 0, 1), (1, 1, 0)):
        with pytest.raises(ValueError, match="must be an int of 1 or more"):
            visits(torch.rand(4, 2, generator=torch.Generator()), torch.arange(4) // 2, *counts)


def test_all_but_one_can_be_enrolled_in_a_rehearsal(people, caplog):
    result = OneShotRecognizer(flat).calibrate(0.2, people, n_enrolled=29)
    seen = visits(flat(people.batch()), people.labels, 29)
    assert result.threshold == threshold_for(seen.unknown_distance, 0.2) and not caplog.messages


def test_rate_of_one_comparison_by_hand():
    assert far_of_one(0.19, 2) == pytest.approx(0.1) and far_of_one(0.3, 1) == pytest.approx(0.3)


def test_each_pair_of_strangers_once():
    z = torch.tensor([[0.0], [1.0], [5.0]])
    labels = torch.tensor([0, 0, 1])  # strangers are 4 and 5 apart
    assert of_pairs(z, labels, 0.5) == pytest.approx(5)
    assert of_pairs(z, labels, 0.5) < 5
    with pytest.raises(ValueError, match="2 comparisons of strangers"):
        of_pairs(z, labels, 0.4)


def test_strangers_who_look_alike_cannot_be_kept_out():
    with pytest.raises(ValueError, match="at distance 0"):
        threshold_for(torch.tensor([0.0, 0.0, 0.0, 1.0]), 0.5)
    assert threshold_for(torch.tensor([0.5, 1.0]), 0.5) < 1.0
    with pytest.raises(ValueError, match="finer than 2 comparisons"):
        threshold_for(torch.tensor([0.5, 1.0]), 0.49)


def test_images_are_embedded_so_many_at_once(tmp_path):
    seen = []

    def counting(images):
        seen.append(len(images))
        return images.flatten(1)

    for batch_size in (512, 3):
        size = {} if batch_size == 512 else {"batch_size": batch_size}
        door = OneShotRecognizer(counting, threshold=0.5, **size)
        door.enrol("Ada", ADA)
        door.save(tmp_path / "door")
        for each in (door, OneShotRecognizer.load(tmp_path / "door", counting, **size)):
            seen.clear()
            assert len(each.identify(ADA.expand(batch_size + 1, 1, 2, 2))) == batch_size + 1
            assert seen == [batch_size, 1]


def test_a_gallery_cannot_be_changed_and_is_compared_as_an_object():
    gallery = Gallery({"Ada": torch.zeros(1, 3)})
    with pytest.raises(AttributeError):
        gallery.names = ()
    assert gallery != Gallery({"Ada": torch.zeros(1, 3)})
    nobody = Gallery()
    assert nobody.embeddings.shape == (0, 0) and nobody.owner.shape == (0,)


def test_a_door_whose_people_are_gone_again(tmp_path):
    door = filled([("Ada", ADA)])
    door.remove("Ada")
    door.save(tmp_path / "door")
    assert read_tensors(tmp_path / "door", "gallery")[0].keys() == {"embeddings", "owner"}
    assert len(OneShotRecognizer.load(tmp_path / "door", flat)) == 0


def test_the_probe_is_part_of_the_format(door, tmp_path):
    """With other made-up pictures, doors that were saved before would be refused."""
    door.save(tmp_path / "door")
    pictures = torch.rand(2, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(read_tensors(tmp_path / "door", "gallery")[0]["probe"], flat(pictures))


@pytest.mark.parametrize("size", [1.0, 30.0, 0.03])
def test_the_same_network_up_to_rounding(size, tmp_path):
    """One part in a thousand of the embeddings' length, whatever that is."""
    door = OneShotRecognizer(lambda x: size * flat(x), threshold=0.5)
    door.enrol("Ada", ADA)
    door.save(tmp_path / "door")
    OneShotRecognizer.load(tmp_path / "door", lambda x: 1.0009 * size * flat(x))
    with pytest.raises(GalleryError, match="other weights"):
        OneShotRecognizer.load(tmp_path / "door", lambda x: 1.0011 * size * flat(x))


def test_an_answer_reads_as_a_line(people):
    door = OneShotRecognizer(flat, threshold=0.5)
    door.enrol("Ada", ADA)
    ada, stranger = door.identify(torch.stack([ADA, 0 * ADA]))
    assert str(ada) == "Ada, distance 0.000" and ada.probability is None
    assert str(stranger) == "unknown (nearest: Ada), distance 1.000"
    assert repr(door) == "OneShotRecognizer(1 people, threshold: 0.500)"


def test_visits_with_two_pictures_of_each():
    """The nearest of two: somebody's pictures are 0, 1 and 2 from their place."""
    z = torch.tensor([[0.0], [1.0], [2.0], [50.0], [51.0], [52.0], [99.0], [99.0], [99.0]])
    labels = torch.arange(3).repeat_interleave(3)
    seen = visits(z, labels, n_enrolled=2, n_shot=2, n_rehearsals=30)
    assert seen.known_right.all() and set(seen.known_distance.round().tolist()) <= {0.0, 1.0}
    assert len(seen.known_right) == 60 and seen.unknown_distance.min() >= 40
    with pytest.raises(ValueError, match=r"3 picture\(s\), but 4 are needed"):
        visits(z, labels, n_enrolled=2, n_shot=3)


def test_visits_by_hand():
    """Three people on a line, two pictures each; with two enrolled the third is the stranger."""
    z = torch.tensor([[0.0], [0.1], [1.0], [1.1], [5.0], [5.1]])
    seen = visits(z, torch.tensor([0, 0, 1, 1, 2, 2]), n_enrolled=2, n_rehearsals=40)
    assert len(seen.known_distance) == 80 and len(seen.unknown_distance) == 40
    assert seen.known_right.all() and seen.known_distance.max() == pytest.approx(0.1)
    assert seen.unknown_distance.min() >= 0.8
    with pytest.raises(ValueError, match="enrol 2 or fewer"):
        visits(z, torch.tensor([0, 0, 1, 1, 2, 2]), n_enrolled=3)


@pytest.mark.parametrize(
    "distances", [[1.0, 2, 3, 4], [1.0, 1, 1, 1], [1.0, 2, 2, 2], [4.0, 1, 1, 2]]
)
@pytest.mark.parametrize("far", [0.25, 0.5, 0.75, 0.9])
def test_threshold_is_the_largest_that_keeps_the_rate(distances, far):
    distance = torch.tensor(distances)
    threshold = threshold_for(distance, far)
    assert (distance <= threshold).double().mean() <= far
    larger = distance[distance > threshold].min()
    assert (distance <= larger).double().mean() > far


class TestBeforeItIsReady:
    def test_nobody_enrolled(self):
        with pytest.raises(RuntimeError, match="nobody is enrolled"):
            OneShotRecognizer(flat, threshold=1.0).identify(ADA)

    def test_not_calibrated(self):
        door = OneShotRecognizer(flat)
        door.enrol("Ada", ADA)
        with pytest.raises(RuntimeError, match=r"calibrate\(\) first"):
            door.identify(ADA)
        assert "no threshold yet" in repr(door)

    def test_wrong_threshold(self):
        with pytest.raises(ValueError, match="above 0, got -1"):
            OneShotRecognizer(flat, threshold=-1)

    @pytest.mark.parametrize(
        ("images", "error", "message"),
        [
            (torch.zeros(2, 2), ValueError, r"\(C, H, W\)"),
            (torch.zeros(1, 3, 3), ValueError, r"images are \(1, 3, 3\), those .* \(1, 2, 2\)"),
            (torch.zeros(1, 2, 2, dtype=torch.int64), TypeError, "got torch.int64"),
            (torch.full((1, 2, 2), 255.0), ValueError, r"run from 255 to 255"),
            (torch.full((1, 2, 2), torch.nan), ValueError, r"run from nan"),
            ([[0.0]], TypeError, "got list"),
        ],
    )
    def test_wrong_images(self, door, images, error, message):
        with pytest.raises(error, match=message):
            door.identify(images)
        with pytest.raises(error, match=message):
            door.enrol("Cleo", images)
        assert door.names == ("Ada", "Ben")

    def test_no_picture_to_enrol(self, door):
        with pytest.raises(ValueError, match="no picture of 'Cleo'"):
            door.enrol("Cleo", torch.zeros(0, 1, 2, 2))

    def test_embeddings_that_are_nan(self):
        door = OneShotRecognizer(lambda x: x.flatten(1) / x.amax((1, 2, 3))[:, None], threshold=1)
        door.enrol("Ada", ADA)
        with pytest.raises(ValueError, match="NaN"):
            door.identify(0 * ADA)


def linear(seed, n_in, n_out):
    """A network of one layer, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Flatten(), nn.Linear(n_in, n_out))


class TestFile:
    @pytest.fixture
    def network(self):
        return linear(0, 256, 8)

    @pytest.fixture
    def saved(self, network, people, tmp_path):
        door = OneShotRecognizer(network)
        for label in range(5):
            mine = people.images[people.labels == label]
            door.enrol(f"person {label}", mine[: 1 + label % 2])
        door.calibrate(0.1, people)
        path = tmp_path / "folder" / "door.safetensors"
        door.save(path)
        return door, path

    def test_round_trip(self, saved, network, people):
        door, path = saved
        other = OneShotRecognizer.load(path, network)
        assert other.identify(people.images) == door.identify(people.images)
        assert other.calibration == door.calibration and other.names == door.names
        other.remove("person 0")
        other.enrol("person 9", people.images[-1])

    def test_an_empty_one(self, tmp_path):
        OneShotRecognizer(flat, threshold=0.3).save(tmp_path / "door")
        door = OneShotRecognizer.load(tmp_path / "door", flat)
        assert len(door) == 0 and door.threshold == 0.3

    def test_other_weights_are_refused(self, saved):
        for other in (linear(1, 256, 8), linear(1, 256, 9), linear(1, 64, 8)):
            with pytest.raises(GalleryError, match="made with other weights"):
                OneShotRecognizer.load(saved[1], other)

    @pytest.mark.parametrize("keep", [0, 5, 100, -20])
    def test_cut_short(self, saved, network, keep):
        path = saved[1]
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(GalleryError, match="cut short"):
            OneShotRecognizer.load(path, network)

    def test_not_there_not_a_gallery_and_newer(self, saved, network, tmp_path, monkeypatch):
        with pytest.raises(FileNotFoundError, match="there is no gallery"):
            OneShotRecognizer.load(tmp_path / "none", network)
        save_weights(network, tmp_path / "weights")
        with pytest.raises(GalleryError, match="holds no gallery"):
            OneShotRecognizer.load(tmp_path / "weights", network)
        monkeypatch.setattr("siamese_lib.recognition.gallery_file.VERSION", 4)
        with pytest.raises(GalleryError, match="version 3"):
            OneShotRecognizer.load(saved[1], network)

    def test_names_that_do_not_fit_the_embeddings(self, saved, network):
        tensors, about = read_tensors(saved[1], "gallery")
        for names in (about["names"][:-1], about["names"][::-1], [*about["names"], "x"]):
            write_tensors(saved[1], tensors, {**about, "names": names})
            with pytest.raises(GalleryError, match="do not fit together"):
                OneShotRecognizer.load(saved[1], network)

    @pytest.mark.parametrize("part", ["names", "image_shape", "version", "calibration"])
    def test_a_part_is_missing(self, saved, network, part):
        tensors, about = read_tensors(saved[1], "gallery")
        del about[part]
        write_tensors(saved[1], tensors, about)
        with pytest.raises(GalleryError, match="damaged|version None"):
            OneShotRecognizer.load(saved[1], network)

    def test_a_process_that_dies_leaves_the_old_one_whole(self, saved, network, people):
        """Killed in the midpoint of writing, as by the power going off."""
        door, path = saved
        before = path.read_bytes()
        program = (
            "import os, torch\n"
            "from siamese_lib import stored_tensors\n"
            "from siamese_lib.recognition import OneShotRecognizer\n"
            "def dies(tensors, path, metadata):\n"
            "    open(path, 'wb').write(b'half a file')\n"
            "    os._exit(9)\n"
            "stored_tensors.save_file = dies\n"
            "door = OneShotRecognizer(lambda x: x.flatten(1), threshold=1.0)\n"
            "door.enrol('Eve', torch.zeros(1, 2, 2))\n"
            f"door.save({str(path)!r})\n"
        )
        assert subprocess.run([sys.executable, "-c", program], timeout=120).returncode == 9
        assert path.read_bytes() == before
        again = OneShotRecognizer.load(path, network)
        assert again.identify(people.images[:9]) == door.identify(people.images[:9])

    def test_rights_of_the_file_are_those_of_other_new_files(self, saved):
        other = saved[1].with_name("other")
        other.touch()
        assert saved[1].stat().st_mode == other.stat().st_mode
        saved[1].chmod(0o640)
        saved[0].save(saved[1])
        assert saved[1].stat().st_mode & 0o777 == 0o640

    @pytest.mark.parametrize(
        ("part", "value"),
        [
            ("names", ["1", 2, "3", "4", "5"]),
            ("names", "abcde"),
            ("image_shape", ["a", 1]),
            ("fixed_threshold", -1.0),
            ("fixed_threshold", "near"),
            ("calibration", "x"),
            ("calibration", {"curve": {"scale": None}}),
            ("image_shape", None),
        ],
    )
    def test_tampered_with(self, saved, network, part, value):
        tensors, about = read_tensors(saved[1], "gallery")
        write_tensors(saved[1], tensors, {**about, part: value})
        with pytest.raises(GalleryError, match="damaged|do not fit"):
            OneShotRecognizer.load(saved[1], network)

    @pytest.mark.parametrize("value", [True, float("nan"), float("inf"), None, "1"])
    @pytest.mark.parametrize("key", ["threshold", "n_people", "scale"])
    def test_a_calibration_that_is_no_number(self, saved, network, key, value):
        tensors, about = read_tensors(saved[1], "gallery")
        place = about["calibration"]["curve"] if key == "scale" else about["calibration"]
        assert key in place
        place[key] = value
        write_tensors(saved[1], tensors, about)
        with pytest.raises(GalleryError, match="damaged"):
            OneShotRecognizer.load(saved[1], network)

    @pytest.mark.parametrize("part", ["embeddings", "owner", "probe"])
    def test_a_part_is_gone(self, saved, network, part):
        tensors, about = read_tensors(saved[1], "gallery")
        del tensors[part]
        write_tensors(saved[1], tensors, about)
        with pytest.raises(GalleryError, match=f"lacks {part}"):
            OneShotRecognizer.load(saved[1], network)

    @pytest.mark.parametrize(
        ("part", "change"),
        [
            ("embeddings", lambda t: t * torch.nan),
            ("embeddings", lambda t: t[None]),
            ("owner", lambda t: t.int()),
            ("owner", lambda t: t[:-1]),
            ("owner", lambda t: t + 1),
            ("owner", lambda t: t.clamp(max=3)),
            ("probe", lambda t: t[:1]),
        ],
    )
    def test_parts_that_do_not_fit(self, saved, network, part, change):
        tensors, about = read_tensors(saved[1], "gallery")
        write_tensors(saved[1], {**tensors, part: change(tensors[part])}, about)
        with pytest.raises(GalleryError, match="do not fit"):
            OneShotRecognizer.load(saved[1], network)

    def test_embeddings_of_another_kind(self, saved, network):
        tensors, about = read_tensors(saved[1], "gallery")
        for changed in (tensors["embeddings"].double(), tensors["embeddings"][:, :-1]):
            write_tensors(saved[1], {**tensors, "embeddings": changed}, about)
            with pytest.raises(GalleryError, match="do not fit"):
                OneShotRecognizer.load(saved[1], network)

    def test_full_disk(self, saved, network, monkeypatch):
        def full(*arguments, **more):
            raise OSError(28, "No space left on device")

        before = saved[1].read_bytes()
        monkeypatch.setattr(stored_tensors, "save_file", full)
        with pytest.raises(GalleryError, match="No space left"):
            saved[0].save(saved[1])
        assert saved[1].read_bytes() == before and len(list(saved[1].parent.iterdir())) == 1


def test_readers_see_the_gallery_before_or_after_a_change():
    """While one thread enrols and removes, others must never see a wrong name or an error."""
    door = OneShotRecognizer(flat, threshold=0.3)
    door.enrol("Ada", ADA)
    door.enrol("Ben", BEN)
    wrong, done = [], threading.Event()

    def read():
        while not done.is_set():
            found = [v.name for v in door.identify(torch.stack([ADA, BEN, CLEO]))]
            if found[:2] != ["Ada", "Ben"] or found[2] not in (None, "Aaron"):
                wrong.append(found)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    for _ in range(150):
        door.enrol("Aaron", CLEO)  # sorts before all others and moves them
        door.remove("Aaron")
    done.set()
    for thread in readers:
        thread.join()
    assert not wrong


def test_a_network_is_put_into_evaluation_mode(people):
    network = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(256), nn.Dropout())
    door = OneShotRecognizer(network, threshold=1.0)
    door.enrol("a", people.images[0])
    assert not network.training
    assert door.identify(people.images[:9])[3] == door.identify(people.images[3])[0]

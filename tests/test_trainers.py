"""The loops that are timed side by side do the same work, and the clock sees nothing else."""

import sys
from types import SimpleNamespace

import pytest
import torch
from torchvision.transforms import ToTensor

from chapters import ROOT
from siamese_lib.data import make_glyphs
from siamese_lib.pages import results
from siamese_lib.sampling import MPerClassSampler

sys.path.insert(0, str(ROOT / "benchmarks"))

import results_speed
import trainers

# Their trainer makes its progress bar's text from the loss with its graph.
pytestmark = pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad=True")


@pytest.fixture(scope="module")
def data():
    return make_glyphs([25, 25], n_drawers=8, seed=3)


@pytest.mark.parametrize(
    "way", trainers.WAYS, ids=lambda way: " ".join(map(str, vars(way).values()))
)
def test_each_learns_from_as_many_images_of_as_many_classes(way, data):
    settings = trainers.SETTINGS.but(steps=16, batch_size=64)
    seen = trainers.watched(way, data, settings)
    assert [len(labels) for labels in seen["labels"]] == [settings.batch_size] * settings.steps
    for labels in seen["labels"]:
        assert set(labels.unique(return_counts=True)[1].tolist()) == {settings.m}
    first, last = (sum(losses) for losses in (seen["losses"][:4], seen["losses"][-4:]))
    assert last < 0.9 * first


def test_the_check_finds_a_loop_with_other_batches(data, monkeypatch):
    def twice_as_many(labels, m, *rest, **more):
        return MPerClassSampler(labels, 2 * m, *rest, **more)

    monkeypatch.setattr(trainers, "MPerClassSampler", twice_as_many)
    with pytest.raises(AssertionError, match="plain loop"):
        trainers.check_same_work(data)


def test_the_check_finds_images_that_are_left_as_they_are(data, monkeypatch):
    monkeypatch.setattr(trainers, "image_by_image", ToTensor)
    with pytest.raises(AssertionError):
        trainers.check_same_changes(data)


def test_the_check_finds_another_loss(data, monkeypatch):
    monkeypatch.setattr(
        trainers,
        "SupConLoss",
        lambda temperature: trainers.their_losses.SupConLoss(2 * temperature),
    )
    with pytest.raises(AssertionError):
        trainers.check_same_loss(data)


def test_what_comes_before_the_steps_that_count_is_not_timed(data, monkeypatch):
    clock = SimpleNamespace(now=0.0)

    def slow_at_first(way, network, loss, data, settings):
        for step in range(settings.steps):
            network(torch.zeros(2, 1, 28, 28))
            clock.now += 100.0 if step < trainers.WARM_UP else 0.5

    monkeypatch.setitem(trainers.LOOPS, "fit", slow_at_first)
    monkeypatch.setattr(trainers, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    speed = trainers.images_per_second(trainers.WAYS[0], data, steps=3)
    assert speed == trainers.SETTINGS.batch_size / 0.5


def test_a_ratio_says_how_many_times_as_fast_fit_is(data, monkeypatch):
    speeds = {
        "fit": [100.0, 300.0, 200.0],
        "plain loop": [50.0, 100.0, 200.0],
        "trainer": [400.0] * 3,
    }
    left = {way: iter(speeds[way.loop]) for way in trainers.WAYS}
    monkeypatch.setattr(trainers, "images_per_second", lambda way, *_: next(left[way]))
    rows = {row["loop"]: row for row in trainers.measured(data, steps=1, rounds=3)}
    plain, theirs = rows["plain loop"], rows["trainer"]
    assert [plain[f"ratio{end}"] for end in ("_from", "", "_to")] == [1.0, 2.0, 3.0]
    assert [theirs[f"ratio{end}"] for end in ("_from", "", "_to")] == [0.25, 0.5, 0.75]
    assert rows["fit"]["images_per_second"] == 200.0 and rows["fit"]["ratio"] == 1.0


def test_without_augmentation_fit_has_none_either():
    assert {
        trainers.beside(way).augmentation for way in trainers.WAYS if way.augmentation == "none"
    } == {"none"}
    assert all(trainers.beside(way) in trainers.WAYS for way in trainers.WAYS)


def test_a_small_run_is_stored_and_shown(data, monkeypatch, tmp_path):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(trainers, "training_data", lambda recipe, source: data)
    monkeypatch.setattr(trainers, "WARM_UP", 1)
    words = ["--steps", "1", "--rounds", "1"]
    trainers.main(words)
    stored = results.load_result("trainers")
    assert stored["command"].split()[-4:] == words and data.name in stored["protocol"]
    assert len(stored["rows"]) == len(trainers.WAYS)
    assert all(row["images_per_second"] > 0 for row in stored["rows"])
    speeds = [f"{row['images_per_second']:,.0f}" for row in stored["rows"]]
    lines = results_speed.trainers_table().splitlines()[2:]
    assert [line.split("|")[4].strip() for line in lines] == speeds
    assert speeds[0] in results_speed.trainers_sentence()

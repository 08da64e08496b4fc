"""Faults of a training that goes wrong, and of exams that anybody passes."""

import math

import pytest
import torch
from torch import nn

from siamese_lib.data import join
from siamese_lib.diagnostics import OneAnswer, examine, in_order, overfit_one_batch
from siamese_lib.evaluation import one_shot_accuracy
from siamese_lib.losses import SupConLoss, TripletMarginLoss
from siamese_lib.miners import BatchHardMiner
from siamese_lib.models import UnitLength, compact, fast
from siamese_lib.sampling import Episodes, EpisodeSampler
from siamese_lib.training import TrainingSettings, fit

TRIPLET = TripletMarginLoss(0.2)


def test_a_flipped_loss_does_not_separate(draw):
    report = overfit_one_batch(fast(), lambda z, y: -SupConLoss()(z, y), *draw(), steps=30)
    assert report.names[0] in ("does-not-separate", "shrinks")


def test_a_pull_without_a_push_shrinks(draw):
    def pull(z, labels):
        return torch.cdist(z, z).square().mean()

    report = overfit_one_batch(nn.Sequential(fast(), UnitLength()), pull, *draw(4, 12))
    assert report.names == ("shrinks",), report


def test_a_loss_that_blows_up(draw):
    def rooted(z, labels):
        return (z - z.roll(1, 0)).square().sum(1).sqrt().mean()

    images, labels = draw()
    report = overfit_one_batch(fast(), rooted, images[:1].expand(24, -1, -1, -1), labels)
    assert report.names == ("loss-not-finite",) or "loss-not-finite" in report.names


def test_statistics_that_never_arrive(draw):
    network = fast()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.0
            module.running_mean += 30.0
    report = overfit_one_batch(network, TripletMarginLoss(1.0), *draw(4, 12), steps=40)
    assert report.names == ("separates-only-in-training",), report


def test_overfitting_changes_nothing_of_the_caller(draw, global_state):
    network = compact().eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = global_state()
    with torch.no_grad():  # a copy is trained all the same
        reports = [overfit_one_batch(network, TRIPLET, *draw(4, 12), steps=3) for _ in range(2)]
    assert str(reports[0]) == str(reports[1])
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not network.training and global_state() == state


def test_overfitting_needs_both_kinds_of_pairs(draw):
    images, labels = draw()
    for wrong in (labels * 0, torch.arange(len(labels))):
        with pytest.raises(ValueError, match="two images of one class, and two classes"):
            overfit_one_batch(fast(), TRIPLET, images, wrong)
    with pytest.raises(ValueError, match="steps"):
        overfit_one_batch(fast(), TRIPLET, images, labels, steps=0)
    with pytest.raises(ValueError, match="lr"):
        overfit_one_batch(fast(), TRIPLET, images, labels, lr=0)


def test_in_order_is_the_area_under_the_curve():
    z = torch.tensor([[0.0], [1.0], [3.0], [3.5]])
    labels = torch.tensor([0, 0, 1, 1])
    assert in_order(z, labels) == 1.0
    assert in_order(z, torch.tensor([0, 1, 0, 1])) == pytest.approx(
        sum((d_p < d_n) + 0.5 * (d_p == d_n) for d_p in (3, 2.5) for d_n in (1, 3.5, 2, 0.5)) / 8
    )
    assert in_order(torch.zeros(4, 2), labels) == 0.5


def names(model, data, **others):
    return examine(model, data, n_way=10, **others).names


@pytest.mark.parametrize("make", [fast, compact])
def test_training_mode_at_the_exam(make, test_data, global_state):
    network, state = make().train(), global_state()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = names(network, test_data)
    assert {"training-mode", "batch-mates"} <= {*found}
    assert ("changes-between-calls" in found) == (make is compact)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert network.training and global_state() == state


def test_models_that_know_nothing(test_data):
    found = names(OneAnswer(0.5), test_data)
    assert {"collapsed", "ties", "chance"} <= {*found}
    assert names(OneAnswer(math.nan), test_data) == ("embeddings-not-finite",)
    assert names(lambda images: torch.rand(len(images), 8), test_data) == (
        *("changes-between-calls", "batch-mates", "chance"),
    )


def test_a_function_may_be_examined(test_data):
    assert not names(lambda images: images.flatten(1), test_data)


def test_a_collapse_at_the_scale_of_its_loss(train_data, test_data):
    network = nn.Sequential(fast(), UnitLength())
    settings = TrainingSettings(steps=80, batch_size=48, lr=1e-2, seed=0)
    fit(network, TRIPLET, train_data, settings, miner=BatchHardMiner(), progress=False)
    assert "collapsed" in names(network, test_data, loss=TRIPLET)


def test_upside_down(test_data):
    place = torch.zeros(len(test_data), dtype=torch.int64)
    for label in test_data.classes:  # the drawings of a class, one behind the other
        rows = (test_data.labels == label).nonzero()[:, 0]
        place[rows] = torch.arange(len(rows))
    known = {bytes(x.numpy()): k for x, k in zip(test_data.images, place.tolist(), strict=True)}

    def model(images):
        keys = [bytes((255 * x).round().byte().numpy()) for x in images]
        return torch.eye(20)[[known[key] for key in keys]] + 0.01 * images.flatten(1)[:, :20]

    assert "upside-down" in names(model, test_data)


def test_saturation(test_data):
    assert "saturated" in names(lambda x: torch.sigmoid(1000 * (x.flatten(1) - 0.3)), test_data)


def test_what_train_and_test_share(train_data, test_data):
    network = fast().eval()
    overlap = join([train_data, test_data.select(torch.arange(0, len(test_data), 2))], "both")
    assert names(network, test_data, train=overlap) == (
        *("shared-pictures", "shared-classes", "shared-groups"),
    )
    half = torch.arange(len(train_data)) % 20 < 10  # other drawings of the same characters
    one, other = train_data.select(half), train_data.select(~half)
    assert names(network, one, train=other) == ("shared-classes", "shared-groups")
    by_class, held_out = train_data.split_by_class(8, generator=0)
    assert names(network, held_out, train=by_class) == ("shared-groups",)


def test_copies_in_the_data(test_data):
    twice = test_data.select(torch.arange(len(test_data)).repeat(2))
    assert "copies-in-the-data" in names(fast().eval(), twice)


def ask(data, n=200):
    return EpisodeSampler(data.labels, 10, 1, 1, generator=0).sample(n)


def test_questions(test_data):
    support, query, query_labels = ask(test_data)
    network = fast().eval()
    assert not names(network, test_data, episodes=Episodes(support, query, query_labels))
    first = Episodes(
        support,
        query[:, :1] * 0 + query.gather(1, (query_labels == 0).int().argmax(1)[:, None]),
        query_labels[:, :1] * 0,
    )
    assert names(network, test_data, episodes=first) == ("answer-at-one-place",)
    leaked = Episodes(support, support[:, :, 0].gather(1, query_labels), query_labels)
    assert names(network, test_data, episodes=leaked) == ("query-in-support",)


def exam_of(data, answers, seeded=True):
    """An exam over embeddings, with a way to name the right answers of one's own."""
    support, query, query_labels = ask(data)

    def measure(model):
        with torch.no_grad():
            z = model(data.batch())
        asked = query if seeded else query[torch.randperm(len(query))[:100]]
        examples = support if seeded else support[torch.randperm(len(support))[:100]]
        labels = query_labels[: len(asked)]
        return answers(torch.cdist(z[asked], z[examples[:, :, 0]]), labels)

    return measure


def honest(distance, labels):
    return (distance.argmin(2) == labels).float().mean().item()


def test_an_unseeded_exam(test_data):
    network = fast().eval()
    rng = {"measure": exam_of(test_data, honest, seeded=False)}
    assert "unseeded-exam" in names(network, test_data, **rng)


def test_marks_for_nothing(test_data):
    def first_is_right(distance, labels):
        rows = distance.gather(2, labels[:, :, None]), distance  # the right one goes first
        return (torch.cat(rows, 2).argmin(2) == 0).float().mean().item()

    found = names(fast().eval(), test_data, measure=exam_of(test_data, first_is_right))
    assert found == ("marks-for-nothing", "nan-passes")


def test_nan_passes_and_an_honest_exam_does_not_let_it(test_data):
    network = fast().eval()
    assert names(network, test_data, measure=exam_of(test_data, honest)) == ("nan-passes",)

    def library(model):
        return one_shot_accuracy(model, test_data, 10, n_episodes=50, generator=3).accuracy

    assert not names(network, test_data, measure=library)


@pytest.mark.parametrize("unit", [False, True])
def test_a_saturating_exam(test_data, unit):
    def by_probability(distance, labels):
        return honest(-torch.sigmoid(20 - distance), labels)

    network = nn.Sequential(fast(), UnitLength()) if unit else fast()
    found = names(network.eval(), test_data, measure=exam_of(test_data, by_probability))
    assert "scale-matters" in found


def test_bad_numbers_and_models(test_data):
    with pytest.raises(ValueError, match="n_way"):
        examine(fast(), test_data, n_way=0)
    with pytest.raises(ValueError, match=r"embeddings \(B, D\)"):
        examine(lambda images: images, test_data)

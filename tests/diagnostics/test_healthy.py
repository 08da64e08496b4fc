"""A report that cries wolf is not read: the course's own networks and losses raise nothing."""

import pytest
import torch
import torchvision
from torch import nn

from siamese_lib import models
from siamese_lib.augment import RandomAffine
from siamese_lib.diagnostics import check_batch, check_pairs, examine, overfit_one_batch
from siamese_lib.evaluation import one_shot_accuracy
from siamese_lib.losses import (
    ArticleContrastiveLoss,
    ContrastiveLoss,
    InfoNCELoss,
    LogisticPairLoss,
    NormalizedSoftmaxLoss,
    SupConLoss,
    TripletMarginLoss,
)
from siamese_lib.models import UnitLength
from siamese_lib.recipes import pretrained
from siamese_lib.sampling import EpisodeSampler, PairSampler
from siamese_lib.training import TrainingSettings, fit

BACKBONES = ("conv4", "fast", "compact", "sharp")
LOSSES = {
    "triplet": lambda c: TripletMarginLoss(0.2),
    "triplet, soft margin": lambda c: TripletMarginLoss(smooth=True),
    "triplet, squared": lambda c: TripletMarginLoss(squared=True),
    "triplet, swap": lambda c: TripletMarginLoss(swap=True),
    "contrastive": lambda c: ContrastiveLoss(),
    "contrastive, plain": lambda c: ContrastiveLoss(squared=False),
    "contrastive, balanced": lambda c: ContrastiveLoss(balanced=True),
    "the article's": lambda c: ArticleContrastiveLoss(),
    "logistic": lambda c: LogisticPairLoss(),
    "logistic, balanced": lambda c: LogisticPairLoss(balanced=True),
    "InfoNCE": lambda c: InfoNCELoss(),
    "supervised contrastive": lambda c: SupConLoss(),
    "supervised contrastive, cold": lambda c: SupConLoss(0.04),
    "softmax": lambda c: NormalizedSoftmaxLoss(c, 64, generator=0),
}


def make(name, unit, **arguments):
    network = getattr(models, name)(out_features=64, **arguments)
    return nn.Sequential(network, UnitLength()) if unit else network


def images_per_class(loss):
    return 2 if isinstance(loss, InfoNCELoss) else 4


@pytest.mark.parametrize("unit", [False, True], ids=["plain", "unit"])
@pytest.mark.parametrize("name", BACKBONES)
@pytest.mark.parametrize("seed", range(2))
def test_untrained_networks_with_every_loss(name, unit, seed, draw, train_data):
    torch.manual_seed(seed)
    network = make(name, unit)
    for kind, make_loss in LOSSES.items():
        loss = make_loss(train_data.classes)
        images, labels = draw(images_per_class(loss), seed=seed)
        augment = RandomAffine(generator=seed)
        report = check_batch(network, loss, images, labels, augment=augment)
        assert report.healthy, f"{kind}\n{report}"
        assert len(report.looked_at) > 10


@pytest.mark.parametrize("unit", [False, True], ids=["plain", "unit"])
@pytest.mark.parametrize("name", BACKBONES)
def test_untrained_networks_at_an_exam(name, unit, train_data, test_data):
    report = examine(make(name, unit).eval(), test_data, train=train_data, n_way=10)
    assert report.healthy, report


@pytest.mark.parametrize("unit", [False, True], ids=["plain", "unit"])
def test_the_large_network_of_the_article(unit, draw):
    images, labels = draw(4, 12)
    images = nn.functional.interpolate(images, (105, 105))
    report = check_batch(make("koch", unit), ContrastiveLoss(), images, labels)
    assert report.healthy, report


def test_a_network_of_others(draw):
    images, labels = draw()
    images = nn.functional.interpolate(images, (32, 32)).expand(-1, 3, -1, -1)
    network = torchvision.models.resnet18(num_classes=32)
    report = check_batch(network, TripletMarginLoss(), images, labels)
    assert report.healthy, report


@pytest.mark.parametrize("seed", range(3))
def test_the_stored_network(seed, draw, train_data, test_data):
    network = pretrained()

    def exam(model):
        return one_shot_accuracy(model, test_data, 10, n_episodes=50, generator=seed).accuracy

    ask = EpisodeSampler(test_data.labels, 10, 1, 1, makers=test_data.makers, generator=seed)
    report = examine(
        network,
        test_data,
        train=train_data,
        loss=SupConLoss(0.04),
        episodes=ask.sample(200),
        measure=exam,
        n_way=10,
        seed=seed,
    )
    assert report.healthy and len(report.looked_at) > 10, report
    for make_loss in (LOSSES["triplet"], LOSSES["contrastive"], LOSSES["InfoNCE"]):
        loss = make_loss(None)
        report = check_batch(network, loss, *draw(images_per_class(loss), seed=seed))
        assert report.healthy, report


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("loss", ["triplet", "contrastive, balanced", "supervised contrastive"])
def test_a_network_that_was_trained(loss, seed, draw, train_data, test_data):
    torch.manual_seed(seed)
    network, loss = make("fast", True), LOSSES[loss](train_data.classes)
    settings = TrainingSettings(steps=150, batch_size=24, check_every=150, seed=seed)
    augment = RandomAffine(generator=seed)
    fit(network, loss, train_data, settings, augment=augment, progress=False)
    report = examine(network, test_data, train=train_data, loss=loss, n_way=10, seed=seed)
    assert report.healthy, report
    report = check_batch(network, loss, *draw(seed=seed))
    assert report.healthy, report


@pytest.mark.parametrize("kind", ["triplet", "contrastive", "InfoNCE", "softmax", "logistic"])
def test_one_batch_by_heart(kind, draw, train_data):
    loss = LOSSES[kind](train_data.classes)
    images, labels = draw(images_per_class(loss), 12)
    report = overfit_one_batch(make("fast", kind == "logistic"), loss, images, labels)
    assert report.healthy and len(report.looked_at) == 3, report


@pytest.mark.parametrize("name", ["conv4", "compact"])
def test_other_networks_learn_one_batch_by_heart(name, draw):
    report = overfit_one_batch(make(name, False), TripletMarginLoss(1.0), *draw(4, 12))
    assert report.healthy, report


@pytest.mark.parametrize("augmented", [False, True])
@pytest.mark.parametrize("within", [False, True])
def test_pairs(within, augmented, train_data):
    for seed in range(5):
        groups = train_data.groups if within else None
        pairs = PairSampler(train_data.labels, groups=groups, generator=seed).sample(128)
        x1, x2 = train_data.batch(pairs.first), train_data.batch(pairs.second)
        if augmented:
            augment = RandomAffine(generator=seed)
            x1, x2 = augment(x1), augment(x2)
        report = check_pairs(x1, x2, pairs.same)
        assert report.healthy, report

"""What the questions take for right, held against the library and PyTorch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from siamese_classroom.measure_it_right.credit import fair_credit
from siamese_classroom.measure_it_right.paired_difference import paired
from siamese_classroom.measure_it_right.wilson_interval import wilson
from siamese_classroom.sampling_and_mining.batch_hard import hardest, some_embeddings
from siamese_classroom.sampling_and_mining.semi_hard import by_gap
from siamese_classroom.twins_and_losses.contrastive_gradient import contrastive_gradient
from siamese_classroom.twins_and_losses.contrastive_loss import contrastive_terms
from siamese_classroom.twins_and_losses.inputs import some_pairs
from siamese_classroom.twins_and_losses.triplet_loss import triplet_terms
from siamese_lib.evaluation.result import credit_of
from siamese_lib.losses import ContrastiveLoss
from siamese_lib.metrics import paired_difference, wilson_interval
from siamese_lib.miners import BatchHardMiner, TripletMarginMiner

SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
def test_contrastive_loss_and_its_gradient(seed):
    z1, z2, same = some_pairs(seed)
    leaf = torch.tensor(z1, requires_grad=True)
    loss = ContrastiveLoss(margin=2.0).of_pairs(leaf, torch.tensor(z2), torch.tensor(same))
    loss.backward()
    distance = np.linalg.norm(z1 - z2, axis=1)
    assert contrastive_terms(distance, same, 2.0).mean() == pytest.approx(loss.item(), rel=1e-6)
    by_hand = contrastive_gradient(z1, z2, same, 2.0)
    assert np.abs(by_hand - leaf.grad.numpy()).max() < 1e-6


@pytest.mark.parametrize("seed", SEEDS)
def test_triplet_loss(seed):
    a, p, n = np.random.default_rng(seed).normal(size=(3, 20, 6))
    by_torch = F.triplet_margin_loss(*map(torch.tensor, (a, p, n)), margin=0.4, eps=0)
    assert triplet_terms(a, p, n, 0.4).mean() == pytest.approx(by_torch.item(), rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_miners(seed):
    z, labels = some_embeddings(seed)
    given = torch.tensor(z), torch.tensor(labels)

    def as_set(mined):
        return set(zip(*(part.tolist() for part in mined), strict=True))

    assert hardest(z, labels) == as_set(BatchHardMiner()(*given))
    for kind, low, high in (("semihard", 0, 0.6), ("hard", -np.inf, 0), ("easy", 0.6, np.inf)):
        mined = TripletMarginMiner(0.6, kind)(*given)
        assert by_gap(z, labels, low, high) == as_set(mined)


@pytest.mark.parametrize("seed", SEEDS)
def test_credit(seed):
    draw = np.random.default_rng(seed)
    similarity, answer = draw.integers(0, 3, (50, 4)).astype(float), draw.integers(0, 4, 50)
    credit, _ = credit_of(torch.tensor(similarity)[None], torch.tensor(answer)[None])
    assert np.allclose(fair_credit(similarity, answer), credit[0].numpy())


@pytest.mark.parametrize(("n_right", "n"), [(0, 10), (10, 10), (17, 20), (970, 1000)])
def test_wilson(n_right, n):
    z = torch.distributions.Normal(0, 1).icdf(torch.tensor(0.975, dtype=torch.float64)).item()
    assert wilson(n_right, n, z) == pytest.approx(wilson_interval(n_right / n, n), abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_paired_difference(seed):
    a, b = np.random.default_rng(seed).random((2, 200))
    mean, low, high = paired_difference(a.tolist(), b.tolist())
    mine = paired(a, b)  # the normal distribution; the library has Student's t
    assert mine[0] == pytest.approx(mean)
    assert mine[1:] == pytest.approx([low, high], abs=2e-3)

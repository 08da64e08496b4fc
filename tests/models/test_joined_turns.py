"""Four opinions of one network: distances are their mean, and turns cost nothing to tell apart."""

import pytest
import torch
from torch import nn

from draws import uniform
from siamese_lib.models import JoinedTurns, UnitLength, fast


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(fast(out_features=6, width=4), UnitLength()).eval()


def test_a_squared_distance_is_the_mean_over_the_turns(network):
    images = uniform(5, 1, 28, 28, seed=1)
    z = JoinedTurns(network).eval()(images)
    assert z.shape == (5, 24)
    torch.testing.assert_close(z.norm(dim=1), torch.ones(5))
    # By hand, each turn written out: a quarter turn to the left is a transpose, rows reversed.
    turned, distances = images, []
    for _ in range(4):
        distances.append(torch.cdist(network(turned), network(turned)).square())
        turned = turned.transpose(2, 3).flip(2)
    torch.testing.assert_close(
        torch.cdist(z, z).square(), torch.stack(distances).mean(0), atol=1e-5, rtol=0
    )


def test_both_drawings_turned_alike_are_as_far_apart(network):
    images = uniform(2, 1, 28, 28, seed=2)
    joined = JoinedTurns(network).eval()
    upright, turned = joined(images), joined(torch.rot90(images, 1, dims=(2, 3)))
    assert not torch.allclose(upright, turned)
    torch.testing.assert_close(torch.dist(*upright), torch.dist(*turned))


def test_in_training_the_network_alone(network):
    images = uniform(4, 1, 28, 28, seed=3)
    joined = JoinedTurns(network).train()
    assert joined(images).shape == (4, 6) and network.training


def test_an_oblong_drawing_is_named(network):
    with pytest.raises(ValueError, match=r"square, \(B, C, S, S\), got \(2, 1, 28, 30\)"):
        JoinedTurns(network)(torch.zeros(2, 1, 28, 30))

import pytest
import torch
from torch import nn

from siamese_lib.data import make_glyphs
from siamese_lib.embedding import embed_all
from siamese_lib.models import fast

DATA = make_glyphs([5], size=16, n_drawers=3)


def test_gives_each_image_its_embedding_whatever_the_batches():
    def embed(images):
        return images.flatten(1)

    for batch_size in (1, 4, 500):
        assert torch.equal(embed_all(embed, DATA, batch_size), DATA.batch().flatten(1))
    with pytest.raises(ValueError, match="batch_size"):
        embed_all(embed, DATA, 0)


def test_a_set_and_its_floats_give_the_same():
    network = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(256))
    assert torch.equal(embed_all(network, DATA, 4), embed_all(network, DATA.batch(), 4))


def test_evaluation_mode_without_gradient_and_back():
    network = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(256), nn.Dropout(0.5))
    network.train()
    statistics = network[1].running_mean.clone()
    first, again = embed_all(network, DATA), embed_all(network, DATA, 2)
    assert torch.allclose(first, again, atol=1e-6) and not first.requires_grad
    assert network.training and torch.equal(network[1].running_mean, statistics)


def test_back_in_training_mode_after_an_error():
    network = nn.Linear(7, 2)
    with pytest.raises(RuntimeError):
        embed_all(network, DATA)
    assert network.training


def modes(network):
    return [module.training for module in network.modules()]


@pytest.mark.parametrize("whole", [True, False])
def test_each_part_is_back_in_the_mode_it_had(whole):
    """A frozen BatchNorm stays frozen, and a part that trains alone goes on to train."""
    network = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(256), nn.Dropout(0.5)).train(whole)
    network[1].train(not whole)
    before = modes(network)
    embed_all(network, DATA)
    assert modes(network) == before and len(set(before)) == 2


class Twins(nn.Module):
    """Compares two pictures when it is called, and embeds one in a method."""

    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone

    def embed(self, images):
        return self.backbone(images)

    def forward(self, first, second):
        return (self.embed(first) - self.embed(second)).norm(dim=1)


def test_a_method_belongs_to_its_network():
    """Its dropout is off and its BatchNorm at rest meanwhile, as when the network is given."""
    generator = torch.Generator().manual_seed(0)
    twins = Twins(nn.Sequential(fast(size=16), nn.Dropout(0.5)))
    for weight in twins.parameters():
        weight.data = torch.randn(weight.shape, generator=generator)
    twins.train()
    twins.backbone[0].convolutions[1].eval()
    before = modes(twins)
    z = embed_all(twins.embed, DATA)
    assert modes(twins) == before
    assert torch.equal(z, embed_all(twins.embed, DATA.batch()))
    assert torch.equal(z, embed_all(twins.backbone, DATA))


def test_floats_that_were_not_divided_by_255():
    images = torch.full((2, 1, 4, 4), 200.0)
    with pytest.raises(ValueError, match=r"floats in \[0, 1\], or uint8; these run from 200"):
        embed_all(lambda x: x.flatten(1), images)
    with pytest.raises(ValueError, match="run from nan"):
        embed_all(lambda x: x.flatten(1), torch.full((2, 1, 4, 4), torch.nan))
    assert embed_all(lambda x: x.flatten(1), images.byte()).max() < 1

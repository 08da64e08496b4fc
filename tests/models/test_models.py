import warnings

import pytest
import torch
from torch import nn

from draws import normal, uniform
from siamese_lib.models import (
    JoinedTurns,
    SizeNormalized,
    UnitLength,
    compact,
    conv4,
    fast,
    koch,
    sharp,
)

BACKBONES = {
    "conv4": conv4,
    "fast": fast,
    "compact": compact,
    "sharp": sharp,
}


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_koch_has_the_published_shape_and_size():
    network = koch()
    assert network.layers[0].in_features == 9216 and network.out_features == 4096
    assert count(network) + 4096 + 1 == 38_951_745  # with the weighted L1 head


def test_conv4_is_the_fields():
    assert count(conv4()) == 111_936 and conv4().out_features == 64


def test_fast_is_small():
    assert 330_000 < count(fast()) < 380_000


def test_compact_can_be_stored():
    assert 4 * count(compact()) < 1_500_000  # bytes


def test_sharp_sees_every_pixel_and_can_be_stored_in_16_bits():
    assert 2 * count(sharp()) < 1_500_000 and count(sharp(width=64)) > 2 * count(sharp())
    assert sharp().convolutions[0].stride == (1, 1)


@pytest.mark.parametrize("make", BACKBONES.values(), ids=BACKBONES)
def test_any_size_and_channels(make):
    for channels, size in ((1, 28), (3, 35), (1, 105)):
        network = make(channels, size, out_features=10).eval()
        assert network(uniform(2, channels, size, size)).shape == (2, 10)


@pytest.mark.parametrize("make", BACKBONES.values(), ids=BACKBONES)
def test_wrong_images_are_named(make):
    network = make()
    with pytest.raises(ValueError, match=r"made for images \(B, 1, 28, 28\), got \(2, 3, 28, 28\)"):
        network(uniform(2, 3, 28, 28))
    with pytest.raises(ValueError, match="px or more, got size=7"):
        make(1, 7)
    with pytest.raises(ValueError, match="out_features must be"):
        make(1, 28, 0)


def test_unit_length():
    z = normal(4, 3)
    assert torch.allclose(UnitLength()(z).norm(dim=1), torch.ones(4))
    assert torch.equal(UnitLength()(torch.zeros(1, 3)), torch.zeros(1, 3))


@pytest.mark.parametrize("backbone", [conv4, fast, compact, sharp])
def test_images_that_are_not_square(backbone):
    network = backbone(size=(32, 24), out_features=7)
    assert network(torch.rand(2, 1, 32, 24, generator=torch.Generator())).shape == (2, 7)
    with pytest.raises(ValueError, match=r"made for images \(B, 1, 32, 24\)"):
        network(torch.zeros(2, 1, 24, 32))


@pytest.mark.parametrize("backbone", [conv4, fast, compact, sharp])
def test_making_a_network_teaches_it_nothing(backbone):
    for module in backbone().modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            assert module.running_mean.eq(0).all() and module.running_var.eq(1).all()
            assert module.training


def test_the_smallest_images():
    assert fast(size=8)(torch.zeros(2, 1, 8, 8)).shape == (2, 128)


def traced(network, *images):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checks of shapes are not recorded
        return torch.jit.trace(network, images)


def exported(network, *images):
    batch = torch.export.Dim("batch", min=2, max=64)
    sizes = tuple({0: batch} for _ in images)
    return torch.export.export(network, images, dynamic_shapes=sizes).module()


@pytest.mark.parametrize("way", [traced, exported])
@pytest.mark.parametrize(
    "network",
    [conv4(), nn.Sequential(SizeNormalized(), fast()), JoinedTurns(fast())],
    ids=["conv4", "size", "turns"],
)
def test_embedding_networks_can_be_exported_and_used_with_another_batch(network, way):
    network.eval()
    more = torch.rand(5, 1, 28, 28)
    assert torch.allclose(way(network, more[:2])(more), network(more), atol=1e-5)

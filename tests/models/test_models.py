import warnings

import pytest
import torch
from torch import nn

from draws import normal, uniform
from siamese_lib.models import (
    JoinedTurns,
    SiameseNetwork,
    SizeNormalized,
    UnitLength,
    article_cnn,
    compact,
    conv4,
    fast,
    koch,
    sharp,
)
from siamese_lib.models.siamese import HEADS

BACKBONES = {
    "article_cnn": article_cnn,
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
    assert count(SiameseNetwork(network, "l1")) == 38_951_745


def test_article_works_on_its_own_size_and_on_ours():
    # On 224 x 224 its first linear layer takes 64 x 53 x 53 numbers.
    assert article_cnn(3, 224).layers[0].in_features == 64 * 53 * 53
    assert article_cnn(1, 28).layers[0].in_features == 64 * 4 * 4


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


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("head", ["l1", "euclidean", "cosine"])
def test_heads_are_symmetric_and_rank_the_image_itself_first(head, normalize):
    twins = SiameseNetwork(fast(), head, normalize=normalize).eval()
    x1, x2 = uniform(6, 1, 28, 28), uniform(6, 1, 28, 28, seed=1)
    logits = twins(x1, x2)
    assert logits.shape == (6,)
    assert torch.allclose(logits, twins(x2, x1), atol=1e-5)
    if head != "l1":  # the weights of an untrained l1 head may have any sign
        assert (twins(x1, x1) >= logits).all()
    assert torch.allclose(twins.compare(twins.embed(x1), twins.embed(x2)), logits, atol=1e-5)
    if normalize:
        assert torch.allclose(twins.embed(x1).norm(dim=1), torch.ones(6), atol=1e-6)


def test_twins_share_their_weights():
    twins = SiameseNetwork(article_cnn(), "l1")
    assert count(twins) == count(article_cnn()) + 128 + 1


@pytest.mark.parametrize("head", ["l1", "euclidean", "cosine"])
def test_gradients_are_finite_for_identical_images(head):
    twins = SiameseNetwork(fast(), head)
    x = uniform(4, 1, 28, 28)
    twins(x, x).sum().backward()
    assert all(p.grad.isfinite().all() for p in twins.parameters())


def test_wrong_head_and_shapes():
    with pytest.raises(ValueError, match="head must be one of l1, euclidean, cosine, got 'L2'"):
        SiameseNetwork(fast(), "L2")
    with pytest.raises(ValueError, match="shapes must be equal"):
        SiameseNetwork(fast())(uniform(4, 1, 28, 28), uniform(1, 1, 28, 28))


def test_unit_length():
    z = normal(4, 3)
    assert torch.allclose(UnitLength()(z).norm(dim=1), torch.ones(4))
    assert torch.equal(UnitLength()(torch.zeros(1, 3)), torch.zeros(1, 3))


@pytest.mark.parametrize("backbone", [article_cnn, conv4, fast, compact, sharp])
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
    if torch.__version__ < "2.6" and any(isinstance(m, SizeNormalized) for m in network.modules()):
        pytest.skip("torch.export could not follow autocast before PyTorch 2.6")
    batch = torch.export.Dim("batch", min=2, max=64)
    sizes = tuple({0: batch} for _ in images)
    return torch.export.export(network, images, dynamic_shapes=sizes).module()


@pytest.mark.parametrize("way", [traced, exported])
@pytest.mark.parametrize("head", HEADS)
def test_twins_can_be_exported_and_used_with_another_batch(head, way):
    twins = SiameseNetwork(fast(), head).eval()
    x, y, more = torch.rand(2, 1, 28, 28), torch.rand(2, 1, 28, 28), torch.rand(5, 1, 28, 28)
    alone = way(twins, x, y)
    assert torch.allclose(alone(more, more.flip(0)), twins(more, more.flip(0)), atol=1e-5)


@pytest.mark.parametrize("way", [traced, exported])
@pytest.mark.parametrize(
    "network",
    [article_cnn(), conv4(), nn.Sequential(SizeNormalized(), fast()), JoinedTurns(fast())],
    ids=["article", "conv4", "size", "turns"],
)
def test_embedding_networks_can_be_exported_and_used_with_another_batch(network, way):
    network.eval()
    more = torch.rand(5, 1, 28, 28)
    assert torch.allclose(way(network, more[:2])(more), network(more), atol=1e-5)

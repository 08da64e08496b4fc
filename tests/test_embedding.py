import pytest
import torch
from torch import nn

from siamese_lib.data import make_glyphs
from siamese_lib.embedding import embed_all

DATA = make_glyphs([5], size=16, n_drawers=3)


def test_gives_each_image_its_embedding_whatever_the_batches():
    def embed(images):
        return images.flatten(1)

    for batch_size in (1, 4, 500):
        assert torch.equal(embed_all(embed, DATA, batch_size), DATA.batch().flatten(1))
    with pytest.raises(ValueError, match="batch_size"):
        embed_all(embed, DATA, 0)


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

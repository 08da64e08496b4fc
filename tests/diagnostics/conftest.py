"""Small data for the clinic: characters of a few made-up alphabets, as batches."""

import pytest
import torch

from siamese_lib.data import make_glyphs
from siamese_lib.sampling import MPerClassSampler


@pytest.fixture(scope="session")
def split():
    return make_glyphs([12, 12, 12, 13, 13], seed=1).split_by_group(2, generator=0)


@pytest.fixture(scope="session")
def train_data(split):
    return split[0]


@pytest.fixture(scope="session")
def test_data(split):
    return split[1]


@pytest.fixture(scope="session")
def draw(train_data):
    """``draw(m, size, seed)``: images and labels of a P x K batch."""

    def of(m=4, size=24, seed=0):
        rows = MPerClassSampler(train_data.labels, m, size, generator=seed).sample(1)[0]
        return train_data.batch(rows), train_data.labels[rows]

    return of


@pytest.fixture(scope="session")
def global_state():
    """The state of the global generator, as bytes to compare."""
    return lambda: bytes(torch.random.get_rng_state().numpy())

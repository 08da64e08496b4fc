"""Batches of embeddings for the tests of losses and miners."""

import torch
from hypothesis import strategies as st


def batch(seed=0, n=14, dimensions=5, n_classes=4, dtype=torch.float64):
    """Random embeddings (n, dimensions) and labels (n,), each class at least once."""
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(n, dimensions, generator=generator, dtype=dtype)
    labels = torch.cat(
        [torch.arange(n_classes), torch.randint(n_classes, (n - n_classes,), generator=generator)]
    )
    return embeddings, labels[torch.randperm(n, generator=generator)]


seeds = st.integers(0, 2**31)

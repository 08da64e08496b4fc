"""Random numbers for tests: the same ones each time, whatever ran before."""

import torch


def uniform(*shape, seed=0):
    """Floats of this shape in [0, 1)."""
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def normal(*shape, seed=0):
    """Floats of this shape, normally distributed."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))

"""Distances between embeddings, with finite gradients even for identical embeddings.

All distances are computed in at least 32 bits, also under autocast. A smaller distance means more
similar.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def at_least_float32(embeddings: Tensor) -> Tensor:
    """Convert float16 and bfloat16 embeddings to float32; leave float32 and float64 unchanged."""
    if embeddings.dtype in (torch.float16, torch.bfloat16):
        return embeddings.to(torch.float32)
    return embeddings


def safe_sqrt(squared: Tensor) -> Tensor:
    """Return the square root, with value and gradient 0 where ``squared`` is 0 or below."""
    positive = squared > 0
    return torch.where(positive, torch.where(positive, squared, 1.0).sqrt(), 0.0)


def pair_distances(z1: Tensor, z2: Tensor, squared: bool = False) -> Tensor:
    """Return the Euclidean distance of each row of ``z1`` to the same row of ``z2``.

    Args:
        z1: Embeddings of shape ``(B, D)``.
        z2: Embeddings of shape ``(B, D)``.
        squared: If True, return squared distances.

    Returns:
        Distances of shape ``(B,)``, float32 or float64.
    """
    difference = at_least_float32(z1) - at_least_float32(z2)
    of_squares = difference.square().sum(dim=1)
    return of_squares if squared else safe_sqrt(of_squares)


def cosines(z1: Tensor, z2: Tensor) -> Tensor:
    """Return the cosine similarity of every row of ``z1`` to every row of ``z2``.

    Args:
        z1: Embeddings of shape ``(A, D)``.
        z2: Embeddings of shape ``(B, D)``.

    Returns:
        Similarities of shape ``(A, B)``, from -1 to 1, float32 or float64.
    """
    with torch.autocast(z1.device.type, enabled=False):
        return F.normalize(at_least_float32(z1)) @ F.normalize(at_least_float32(z2)).T


def logit_of_same(distance: Tensor, scale: Tensor | float, midpoint: Tensor | float) -> Tensor:
    """Return the logit of "same class", a linear function: ``scale * (midpoint - distance)``.

    Args:
        distance: Plain or squared distances of any shape.
        scale: Steepness of the logistic curve, above 0 if a smaller distance means the same class.
        midpoint: Distance at which the probability is ½.
    """
    return scale * (midpoint - distance)


def same_up_to_rounding(ours: Tensor, stored: Tensor) -> bool:
    """Return whether two sets of embeddings come from the same network.

    The relative difference of the two must be at most 0.001, which allows for different devices and
    orders of summation. False if shapes differ or a value is not finite.
    """
    if ours.shape != stored.shape or not (ours.isfinite().all() and stored.isfinite().all()):
        return False
    ours, stored = ours.double(), stored.double()  # a square of 1e38 is infinite in 32 bits
    return bool((ours - stored).norm() <= 1e-3 * ours.norm())


def all_distances(embeddings: Tensor, squared: bool = False) -> Tensor:
    """Return the Euclidean distance of every row to every row.

    Memory grows with ``B**2`` and does not depend on D. Due to rounding, identical rows may have a
    distance of up to about 1e-3 of the largest norm in the batch. Distances are never negative, and
    the diagonal is exactly 0.

    Args:
        embeddings: Embeddings of shape ``(B, D)``.
        squared: If True, return squared distances.

    Returns:
        Distances of shape ``(B, B)``, symmetric up to rounding, float32 or float64.

    >>> all_distances(torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
    tensor([[0., 5.],
            [5., 0.]])
    """
    return _AllDistances.apply(at_least_float32(embeddings), squared)


class _AllDistances(torch.autograd.Function):
    """Table of all distances with a hand-written gradient, for speed.

    With ``d = |z_i - z_j|`` and incoming gradient G, each pair adds ``G / d * (z_i - z_j)`` to the
    gradient of ``z_i`` and subtracts it from that of ``z_j``. The sum over all pairs is one matrix
    product. Pairs with d = 0 contribute nothing.
    """

    @staticmethod
    def forward(ctx, z: Tensor, squared: bool) -> Tensor:
        with torch.autocast(z.device.type, enabled=False):
            # Distances do not change when all points move; near the origin the squares are small,
            # and so is the rounding of their differences.
            centred = z - z.mean(dim=0)
            norms = centred.square().sum(dim=1)
            table = torch.addmm(norms, centred, centred.T, alpha=-2).add_(norms[:, None])
        # Rounding: a little below zero, also on the diagonal, where the distance is zero.
        table.clamp_(min=0).fill_diagonal_(0)
        if not squared:
            table.sqrt_()
        ctx.squared = squared
        ctx.save_for_backward(z, table)
        return table

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        z, table = ctx.saved_tensors
        with torch.autocast(z.device.type, enabled=False):
            centred = z - z.mean(dim=0)
            if ctx.squared:
                pull = 2 * gradient
            elif torch.is_grad_enabled():  # a gradient of this gradient is wanted
                at_zero = table == 0
                pull = torch.where(at_zero, 0.0, gradient / table.masked_fill(at_zero, 1.0))
            else:
                pull = (gradient / table).masked_fill_(table == 0, 0.0)
            pull = pull + pull.T
            return pull.sum(dim=1, keepdim=True) * centred - pull @ centred, None

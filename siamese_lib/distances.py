"""Distances between embeddings, with gradients that stay finite where two of them coincide.

A distance is lower when closer. All are computed in at least 32 bits, also under autocast: in
bfloat16 the difference of two large squares would be noise.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def at_least_float32(embeddings: Tensor) -> Tensor:
    """Half-precision embeddings as float32; float32 and float64 stay as they are."""
    if embeddings.dtype in (torch.float16, torch.bfloat16):
        return embeddings.to(torch.float32)
    return embeddings


def safe_sqrt(squared: Tensor) -> Tensor:
    """The square root, with gradient 0 where ``squared`` is 0 (or below, by rounding).

    The slope of the square root at zero is infinite; times the zero slope of the squared
    distance that gives NaN, and one NaN spoils all weights.
    """
    positive = squared > 0
    return torch.where(positive, torch.where(positive, squared, 1.0).sqrt(), 0.0)


def pair_distances(z1: Tensor, z2: Tensor, squared: bool = False) -> Tensor:
    """Distance of each row of ``z1`` to the same row of ``z2``.

    Args:
        z1: ``(B, D)``.
        z2: ``(B, D)``.
        squared: Return the squared distance.

    Returns:
        ``(B,)``, float32 or float64.
    """
    difference = at_least_float32(z1) - at_least_float32(z2)
    of_squares = difference.square().sum(dim=1)
    return of_squares if squared else safe_sqrt(of_squares)


def cosines(z1: Tensor, z2: Tensor) -> Tensor:
    """Cosine similarity of every row of ``z1`` ``(A, D)`` to every row of ``z2`` ``(B, D)``.

    Returns:
        ``(A, B)``, -1 to 1, float32 or float64.
    """
    with torch.autocast(z1.device.type, enabled=False):
        return F.normalize(at_least_float32(z1)) @ F.normalize(at_least_float32(z2)).T


def logit_of_same(distance: Tensor, scale: Tensor | float, midpoint: Tensor | float) -> Tensor:
    """The logit of "same" on a logistic curve over the distance: ``scale * (midpoint - distance)``.

    Args:
        distance: of any shape, plain or squared.
        scale: how steep the curve is, above 0 when closer means the same.
        midpoint: the distance at which the probability is ½.
    """
    return scale * (midpoint - distance)


def same_up_to_rounding(ours: Tensor, stored: Tensor) -> bool:
    """Whether two sets of embeddings, of one shape, come from one network.

    Another device, or another order of summation, changes them by less than a thousandth of their
    length; other weights by far more. Embeddings that are not finite are no network's.
    """
    if ours.shape != stored.shape or not (ours.isfinite().all() and stored.isfinite().all()):
        return False
    ours, stored = ours.double(), stored.double()  # a square of 1e38 is infinite in 32 bits
    return bool((ours - stored).norm() <= 1e-3 * ours.norm())


def all_distances(embeddings: Tensor, squared: bool = False) -> Tensor:
    """Euclidean distance of every row to every row.

    One matrix product, so memory is linear in B squared and D does not matter. The price is
    rounding: rows that coincide come out at up to about 1e-3 of the largest norm in the batch,
    never below 0; the diagonal is exactly 0.

    Args:
        embeddings: ``(B, D)``.
        squared: return squared distances.

    Returns:
        ``(B, B)``, symmetric up to rounding, float32 or float64.

    >>> all_distances(torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
    tensor([[0., 5.],
            [5., 0.]])
    """
    return _AllDistances.apply(at_least_float32(embeddings), squared)


class _AllDistances(torch.autograd.Function):
    """The table and its gradient, by hand: a loss on a large batch spends its time here.

    With ``d = |z_i - z_j|`` and G the gradient that arrives, each pair pulls ``z_i`` by
    ``G / d * (z_i - z_j)`` and ``z_j`` the other way; summed over all pairs that is one matrix
    product. Where d is 0 there is no direction, and no pull.
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

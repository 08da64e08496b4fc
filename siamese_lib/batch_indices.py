"""Pairs and triplets of one batch, as indices into it."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Triplets(NamedTuple):
    """Indices of triplets, int64 ``(T,)`` each.

    ``anchor`` and ``positive`` are two images of one class, ``negative`` is of another.
    """

    anchor: Tensor
    positive: Tensor
    negative: Tensor


def same_class(labels: Tensor) -> Tensor:
    """Bool ``(B, B)``: whether two rows of a batch share a class."""
    return labels[:, None] == labels[None, :]


def positive_pairs(labels: Tensor) -> Tensor:
    """Bool ``(B, B)``: whether two *different* rows of a batch share a class."""
    return same_class(labels).fill_diagonal_(False)


def all_triplets(labels: Tensor) -> Triplets:
    """All triplets of a batch, int64 ``(T,)`` each.

    T is the sum over classes of ``n (n - 1) (B - n)``; take a miner for large batches.

    >>> import torch
    >>> all_triplets(torch.tensor([0, 0, 1]))
    Triplets(anchor=tensor([0, 1]), positive=tensor([1, 0]), negative=tensor([2, 2]))
    """
    anchor, positive = positive_pairs(labels).nonzero(as_tuple=True)
    pair, negative = (~same_class(labels)[anchor]).nonzero(as_tuple=True)
    return Triplets(anchor[pair], positive[pair], negative)

"""Pairs and triplets of a batch, as indices into the batch."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Triplets(NamedTuple):
    """Indices of triplets, int64 tensors of shape ``(T,)``.

    ``anchor`` and ``positive`` are two images of one class; ``negative`` is an image of a different
    class.
    """

    anchor: Tensor
    positive: Tensor
    negative: Tensor


def same_class(labels: Tensor) -> Tensor:
    """Return a bool tensor ``(B, B)``: True where two rows have the same class."""
    return labels[:, None] == labels[None, :]


def positive_pairs(labels: Tensor) -> Tensor:
    """Return a bool tensor ``(B, B)``: True where two *different* rows have the same class."""
    return same_class(labels).fill_diagonal_(False)


def all_triplets(labels: Tensor) -> Triplets:
    """Return all triplets of a batch, int64 tensors of shape ``(T,)``.

    T is the sum of ``n (n - 1) (B - n)`` over the classes, where n is the size of a class. For
    large batches, use a miner instead.

    >>> import torch
    >>> all_triplets(torch.tensor([0, 0, 1]))
    Triplets(anchor=tensor([0, 1]), positive=tensor([1, 0]), negative=tensor([2, 2]))
    """
    anchor, positive = positive_pairs(labels).nonzero(as_tuple=True)
    pair, negative = (~same_class(labels)[anchor]).nonzero(as_tuple=True)
    return Triplets(anchor[pair], positive[pair], negative)

"""The contrastive loss: pull pairs of one class together, push others apart up to a margin."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.checks import check_above_zero, check_same
from siamese_lib.losses.base import PairLoss


class ContrastiveLoss(PairLoss):
    r"""Contrastive loss on the distance d of a pair, with ``same = 1`` for the same class.

    .. math:: L = y\, d^2 + (1 - y)\, [m - d]_+^2

    This is equation 4 of Hadsell, Chopra and LeCun (2006) with :math:`y = 1 - Y` and without
    their ½ (see ``ArticleContrastiveLoss`` for both).

    Args:
        margin: the distance from which on negative pairs are left alone, above 0. On embeddings of
            length 1 no distance is above 2.
        squared: True for the formula above; False for ``y d + (1 - y) [m - d]_+``, which is
            pytorch-metric-learning's ContrastiveLoss up to its averaging.
        balanced: True takes the mean over the positive pairs plus the mean over the negative
            ones, so that the few of the one kind weigh as much as the many of the other.

    Raises:
        ValueError: a margin that is not above zero.

    >>> z = torch.tensor([[0.0], [0.5], [2.0]])
    >>> loss = ContrastiveLoss(margin=1.0)
    >>> loss(z, torch.tensor([0, 0, 1]))  # (0.5² + 0 + 0) / 3
    tensor(0.0833)
    >>> loss.n_terms, int(loss.n_active)
    (3, 1)
    >>> loss.of_pairs(z[:1], z[1:2], torch.tensor([0]))  # the same two, called different
    tensor(0.2500)
    """

    def __init__(self, margin: float = 1.0, squared: bool = True, balanced: bool = False) -> None:
        super().__init__(balanced)
        check_above_zero(margin=margin)
        self.margin, self.squared = margin, squared

    def terms(self, distance: Tensor, same: Tensor) -> Tensor:
        """The loss of each pair, from distances of any shape and ``same`` (bool) of that shape."""
        gap = (self.margin - distance).clamp(min=0)
        if self.squared:
            distance, gap = distance.square(), gap.square()
        return torch.where(same, distance, gap)


class ArticleContrastiveLoss(ContrastiveLoss):
    r"""The contrastive loss as the source article has it: ``Y = 1`` means *different*.

    .. math:: L = (1 - Y)\,\tfrac12 d^2 + Y\,\tfrac12 [m - d]_+^2

    Only ``of_pairs`` knows Y; labels of a batch mean the same everywhere.

    Args:
        margin: as for ``ContrastiveLoss``.
        half: True for the article's formula, which is equation 4 of Hadsell et al. (2006); False
            for the article's code, which leaves the ½ out.
    """

    def __init__(self, margin: float = 1.0, half: bool = True) -> None:
        super().__init__(margin)
        self.with_half = half  # "half" is a method of every module

    def of_pairs(self, z1: Tensor, z2: Tensor, different: Tensor) -> Tensor:
        """Embeddings ``(B, D)`` twice, and ``different`` ``(B,)``: 1 for different classes."""
        return super().of_pairs(z1, z2, 1 - check_same(different, z1, "different"))

    def terms(self, distance: Tensor, same: Tensor) -> Tensor:
        """As for ``ContrastiveLoss``, with the ½."""
        terms = super().terms(distance, same)
        return terms / 2 if self.with_half else terms

"""The contrastive loss: pull positive pairs together, push negative pairs apart up to a margin."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.checks import check_above_zero, check_same
from siamese_lib.losses.base import PairLoss


class ContrastiveLoss(PairLoss):
    r"""Contrastive loss on the distance d of a pair, with ``same = 1`` for the same class.

    .. math:: L = y\, d^2 + (1 - y)\, [m - d]_+^2

    This is equation 4 of Hadsell, Chopra and LeCun (2006) with :math:`y = 1 - Y` and without the
    factor ½. For the original form, see ``ArticleContrastiveLoss``.

    Args:
        margin: Distance beyond which a negative pair has no loss, above 0. Embeddings of length 1
            are at most 2 apart.
        squared: If True, use the formula above. If False, use ``y d + (1 - y) [m - d]_+``, which is
            ``ContrastiveLoss`` of pytorch-metric-learning except for its averaging.
        balanced: If True, the loss is the mean over the positive pairs plus the mean over the
            negative pairs, so that both kinds have the same weight.

    Raises:
        ValueError: If ``margin`` is not above 0.

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
        """Return the loss of each pair.

        Args:
            distance: Distances of any shape.
            same: Bool tensor of the same shape, True for positive pairs.
        """
        gap = (self.margin - distance).clamp(min=0)
        if self.squared:
            distance, gap = distance.square(), gap.square()
        return torch.where(same, distance, gap)


class ArticleContrastiveLoss(ContrastiveLoss):
    r"""Contrastive loss in the notation of the source article: ``Y = 1`` means *different* classes.

    .. math:: L = (1 - Y)\,\tfrac12 d^2 + Y\,\tfrac12 [m - d]_+^2

    Only ``of_pairs`` uses Y; class labels of a batch have the same meaning as in all losses.

    Args:
        margin: Distance beyond which a negative pair has no loss, above 0.
        half: If True, use the article's formula, which is equation 4 of Hadsell et al. (2006). If
            False, omit the factor ½, as the article's code does.

    Raises:
        ValueError: If ``margin`` is not above 0.
    """

    def __init__(self, margin: float = 1.0, half: bool = True) -> None:
        super().__init__(margin)
        self.with_half = half  # "half" is a method of every module

    def of_pairs(self, z1: Tensor, z2: Tensor, different: Tensor) -> Tensor:
        """Return the mean loss of the given pairs as a scalar tensor.

        Args:
            z1: Embeddings of shape ``(B, D)``.
            z2: Embeddings of shape ``(B, D)``; row i forms a pair with row i of ``z1``.
            different: Tensor of shape ``(B,)``, 1 for negative pairs and 0 for positive pairs.

        Raises:
            ValueError: If shapes do not match, if the embeddings contain NaN or infinity, or if
                ``different`` contains values other than 0 and 1. Values are checked on the CPU
                only.
            TypeError: If ``z1`` or ``z2`` is not a float tensor.
        """
        return super().of_pairs(z1, z2, 1 - check_same(different, z1, "different"))

    def terms(self, distance: Tensor, same: Tensor) -> Tensor:
        """Return the loss of each pair as in ``ContrastiveLoss``, halved if ``half`` is True."""
        terms = super().terms(distance, same)
        return terms / 2 if self.with_half else terms

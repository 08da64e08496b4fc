"""The contrastive loss: pull pairs of one class together, push others apart up to a margin."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.batch_checks import (
    check_above_zero,
    check_embeddings,
    check_labels,
    check_pair_truth,
    check_same_shape,
)
from siamese_lib.distances import all_distances, pair_distances
from siamese_lib.losses.reducing import CountingLoss, is_labels, same_class


class ContrastiveLoss(CountingLoss):
    r"""Contrastive loss on the distance d of a pair, with ``same = 1`` for the same class.

    .. math:: L = y\, d^2 + (1 - y)\, [m - d]_+^2

    This is equation 4 of Hadsell, Chopra and LeCun (2006) with :math:`y = 1 - Y` and without
    their ½ (see ``ArticleContrastiveLoss`` for both).

    It is called in one of two ways, and gives the mean over all pairs, also those at zero:

    - ``loss(z1, z2, same)``: embeddings ``(B, D)`` twice, and ``same`` ``(B,)`` of 0 and 1;
    - ``loss(embeddings, labels, indices_tuple=None)``: embeddings ``(B, D)`` and integer labels
      ``(B,)``: all pairs of the batch, each once. ``indices_tuple`` ``(a1, p, a2, n)``, as the
      ``PairMarginMiner`` gives it, chooses same pairs ``(a1, p)`` and different pairs ``(a2, n)``.

    Args:
        margin: the distance from which on different pairs are left alone, above 0. On embeddings of
            length 1 no distance is above 2.
        squared: True for the formula above; False for ``y d + (1 - y) [m - d]_+``, which is
            pytorch-metric-learning's ContrastiveLoss up to its averaging.
        balanced: True gives the mean over the same pairs plus the mean over the different ones,
            so that the few of the one kind weigh as much as the many of the other.

    Raises:
        ValueError: a margin that is not above zero, shapes that do not fit, NaN or infinity.
        TypeError: labels that are no integers, embeddings that are no floats.
    """

    def __init__(self, margin: float = 1.0, squared: bool = True, balanced: bool = False) -> None:
        super().__init__()
        check_above_zero(margin=margin)
        self.margin, self.squared, self.balanced = margin, squared, balanced

    def forward(self, z1: Tensor, z2: Tensor, same: Tensor | tuple | None = None) -> Tensor:
        """See the class: ``(z1, z2, same)`` or ``(embeddings, labels, indices_tuple)``."""
        check_embeddings("z1", z1)
        if is_labels(z2):
            check_labels(z2, z1)
            if same is None:
                truth = same_class(z2)
                terms = self.terms(all_distances(z1), truth)
                return self._mean_of_table(terms, truth, self.balanced)
            distance, truth = self._of_indices(z1, same)
        else:
            check_embeddings("z2", z2)
            check_same_shape(z1=z1, z2=z2)
            if same is None:
                raise TypeError("for pairs, call loss(z1, z2, same)")
            distance, truth = pair_distances(z1, z2), check_pair_truth(same, z1)
        terms = self.terms(distance, truth)
        if self.balanced:
            return self._balanced_mean(terms, truth, z1)
        return self._mean(terms, z1)

    def terms(self, distance: Tensor, same: Tensor) -> Tensor:
        """The loss of each pair, from distances of any shape, and ``same`` of that shape."""
        gap = (self.margin - distance).clamp(min=0)
        if self.squared:
            distance, gap = distance.square(), gap.square()
        return torch.where(same.bool(), distance, gap)

    def _of_indices(self, embeddings: Tensor, indices_tuple: tuple) -> tuple[Tensor, Tensor]:
        if len(indices_tuple) != 4:
            raise ValueError(
                f"indices_tuple must be (a1, p, a2, n), got {len(indices_tuple)} parts"
            )
        a1, p, a2, n = indices_tuple
        distance = pair_distances(embeddings[torch.cat([a1, a2])], embeddings[torch.cat([p, n])])
        return distance, (torch.arange(len(distance), device=distance.device) < len(a1)).float()


class ArticleContrastiveLoss(ContrastiveLoss):
    r"""The contrastive loss as the source article has it: ``Y = 1`` means *different*.

    .. math:: L = (1 - Y)\,\tfrac12 d^2 + Y\,\tfrac12 [m - d]_+^2

    Args:
        margin: as for ``ContrastiveLoss``.
        half: True for the article's formula, which is equation 4 of Hadsell et al. (2006); False
            for the article's code, which leaves the ½ out.
    """

    def __init__(self, margin: float = 1.0, half: bool = True) -> None:
        super().__init__(margin)
        self.half = half

    def forward(self, z1: Tensor, z2: Tensor, different: Tensor) -> Tensor:
        """Embeddings ``(B, D)`` twice, and ``different`` ``(B,)``: 1 for different classes."""
        check_embeddings("z1", z1)
        same = 1 - check_pair_truth(different, z1)
        loss = super().forward(z1, z2, same)
        return loss / 2 if self.half else loss

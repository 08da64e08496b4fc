"""The logistic loss on pairs: distance becomes a probability, and surprise is the loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siamese_lib.batch_checks import (
    check_above_zero,
    check_embeddings,
    check_labels,
    check_pair_truth,
    check_same_shape,
)
from siamese_lib.distances import all_distances, pair_distances
from siamese_lib.losses.reducing import CountingLoss, is_labels, same_class


def pair_logistic(logits: Tensor, same: Tensor) -> Tensor:
    """Mean binary cross-entropy of logits ``(B,)`` against ``same`` ``(B,)`` (Koch et al. 2015).

    Raises:
        ValueError: shapes that differ (``(B, 1)`` against ``(B,)`` would broadcast), or values of
            ``same`` other than 0 and 1.
    """
    if logits.ndim != 1 or len(logits) == 0:
        raise ValueError(f"logits must have shape (B,) with B > 0, got {tuple(logits.shape)}")
    return F.binary_cross_entropy_with_logits(logits.float(), check_pair_truth(same, logits))


class LogisticPairLoss(CountingLoss):
    r"""Logistic loss on the squared distance of a pair, as in chapter 1.

    .. math:: L = -y \log p - (1 - y) \log (1 - p), \quad p = \sigma(a\,(b - d^2))

    Called as ``ContrastiveLoss`` is: ``loss(z1, z2, same)``, or ``loss(embeddings, labels)`` for
    all pairs of a batch. ``a`` and ``b`` are learned: give the loss's parameters to the
    optimiser, too. Made for embeddings of length 1.

    Args:
        scale: the first ``a``, above 0. It is learned through its logarithm, and stays above 0.
        threshold: the first ``b``, the squared distance at which p is ½.
        balanced: as for ``ContrastiveLoss``.

    Raises:
        ValueError: a scale that is not above zero, shapes that do not fit, NaN or infinity.
        TypeError: labels that are no integers, embeddings that are no floats.
    """

    def __init__(self, scale: float = 10.0, threshold: float = 1.0, balanced: bool = False) -> None:
        super().__init__()
        check_above_zero(scale=scale)
        self.log_scale = nn.Parameter(torch.tensor(float(scale)).log())
        self.threshold = nn.Parameter(torch.tensor(float(threshold)))
        self.balanced = balanced

    def logits(self, squared_distance: Tensor) -> Tensor:
        """Logits of "same" from squared distances of any shape."""
        return self.log_scale.exp() * (self.threshold - squared_distance)

    def forward(self, z1: Tensor, z2: Tensor, same: Tensor | None = None) -> Tensor:
        """See the class: ``(z1, z2, same)`` or ``(embeddings, labels)``."""
        check_embeddings("z1", z1)
        if is_labels(z2):
            check_labels(z2, z1)
            truth = same_class(z2)
            terms = self._terms(all_distances(z1, squared=True), truth)
            return self._mean_of_table(terms, truth, self.balanced)
        check_embeddings("z2", z2)
        check_same_shape(z1=z1, z2=z2)
        if same is None:
            raise TypeError("for pairs, call loss(z1, z2, same)")
        truth = check_pair_truth(same, z1)
        terms = self._terms(pair_distances(z1, z2, squared=True), truth)
        if self.balanced:
            return self._balanced_mean(terms, truth, z1)
        return self._mean(terms, z1)

    def _terms(self, squared_distance: Tensor, same: Tensor) -> Tensor:
        """The surprise of each pair, of the shape of the distances."""
        logits = self.logits(squared_distance)
        return F.binary_cross_entropy_with_logits(logits, same.to(logits), reduction="none")

"""The logistic loss on pairs: cross entropy of a probability computed from the distance."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siamese_lib.checks import check_above_zero
from siamese_lib.distances import logit_of_same
from siamese_lib.losses.base import PairLoss


class LogisticPairLoss(PairLoss):
    r"""Logistic loss on the squared distance of a pair.

    .. math:: L = -y \log p - (1 - y) \log (1 - p), \quad p = \sigma(a\,(b - d^2))

    ``a`` and ``b`` are learned, so pass the parameters of the loss to the optimiser as well. The
    loss is meant for embeddings of length 1.

    Args:
        scale: Initial value of ``a``, above 0. Its logarithm is learned, so ``a`` stays above 0.
        midpoint: Initial value of ``b``, the squared distance at which p is ½.
        balanced: If True, the loss is the mean over the positive pairs plus the mean over the
            negative pairs, so that both kinds have the same weight.

    Raises:
        ValueError: If ``scale`` is not above 0.
    """

    def __init__(self, scale: float = 10.0, midpoint: float = 1.0, balanced: bool = False) -> None:
        super().__init__(balanced, squared_distance=True)
        check_above_zero(scale=scale)
        self.log_scale = nn.Parameter(torch.tensor(float(scale)).log())
        self.midpoint = nn.Parameter(torch.tensor(float(midpoint)))

    def logits(self, squared_distance: Tensor) -> Tensor:
        """Return the logits of "same class" from squared distances of any shape."""
        return logit_of_same(squared_distance, self.log_scale.exp(), self.midpoint)

    def terms(self, distance: Tensor, same: Tensor) -> Tensor:
        """Return the cross entropy of each pair from *squared* distances of any shape."""
        logits = self.logits(distance)
        return F.binary_cross_entropy_with_logits(logits, same.to(logits), reduction="none")

"""The logistic loss on pairs: distance becomes a probability, and surprise is the loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siamese_lib.checks import check_above_zero
from siamese_lib.distances import logit_of_same
from siamese_lib.losses.base import PairLoss


class LogisticPairLoss(PairLoss):
    r"""Logistic loss on the squared distance of a pair, as in chapter 1.

    .. math:: L = -y \log p - (1 - y) \log (1 - p), \quad p = \sigma(a\,(b - d^2))

    ``a`` and ``b`` are learned: give the loss's parameters to the optimiser, too. Made for
    embeddings of length 1.

    Args:
        scale: the first ``a``, above 0. It is learned through its logarithm, and stays above 0.
        midpoint: the first ``b``, the squared distance at which p is ½.
        balanced: as for ``ContrastiveLoss``.

    Raises:
        ValueError: a scale that is not above zero.
    """

    def __init__(self, scale: float = 10.0, midpoint: float = 1.0, balanced: bool = False) -> None:
        super().__init__(balanced, squared_distance=True)
        check_above_zero(scale=scale)
        self.log_scale = nn.Parameter(torch.tensor(float(scale)).log())
        self.midpoint = nn.Parameter(torch.tensor(float(midpoint)))

    def logits(self, squared_distance: Tensor) -> Tensor:
        """Logits of "same" from squared distances of any shape."""
        return logit_of_same(squared_distance, self.log_scale.exp(), self.midpoint)

    def terms(self, distance: Tensor, same: Tensor) -> Tensor:
        """The surprise of each pair, from *squared* distances of any shape."""
        logits = self.logits(distance)
        return F.binary_cross_entropy_with_logits(logits, same.to(logits), reduction="none")

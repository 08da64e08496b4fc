"""Calibration: convert a distance to the probability of "same class"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from siamese_lib.checks import check_share
from siamese_lib.distances import logit_of_same
from siamese_lib.metrics.pair_arrays import distance_array, truth_array, weight_array


@dataclass(frozen=True)
class DistanceCalibration:
    r"""Logistic curve over the distance (Platt 1999): :math:`p = \sigma(a (b - d))`.

    Attributes:
        scale: a, above 0 if smaller distances are more often positive pairs.
        midpoint: b, the distance at which positive and negative pairs are equally probable.
        prior: Fraction of positive pairs that the probabilities assume.
    """

    scale: float
    midpoint: float
    prior: float

    @classmethod
    def fit(
        cls, distance: Tensor, same: Tensor, prior: float = 0.5, weight: Tensor | None = None
    ) -> DistanceCalibration:
        """Fit the curve on pairs that were not used for anything else.

        Args:
            distance: Distances of shape ``(N,)``, smaller for more similar images.
            same: Tensor of shape ``(N,)``, 1 for positive pairs and 0 for negative pairs.
            prior: Fraction of positive pairs in the intended use, between 0 and 1. The pairs are
                weighted to this fraction, whatever their own fraction is.
            weight: Weight of each pair, ``(N,)``. If given, it determines the prior and ``prior``
                is ignored.

        Raises:
            ValueError: If shapes do not match, if ``distance`` contains NaN or infinity, if all
                pairs are of one kind, if the distances carry no information (all equal, or alike
                for both kinds), or if ``prior`` is not between 0 and 1.
        """
        check_share("prior", prior)
        values = distance_array("distance", distance)
        truth = truth_array(same, len(values))
        if values.min() == values.max():
            raise ValueError("all distances are equal, so they say nothing about same or different")
        spread = values.std()
        weights = weight_array(weight, truth)
        if weights is None:
            weights = np.where(truth, prior / truth.sum(), (1 - prior) / (~truth).sum())
        else:
            weights = weights / weights.sum()
            prior = float(weights[truth].sum())
        weights = weights * len(values)
        # C is 1 / (strength of the penalty): as good as none, and it keeps separable data finite.
        model = LogisticRegression(C=1e4, max_iter=1000)
        model.fit((values / spread)[:, None], truth, sample_weight=weights)
        slope, offset = model.coef_[0, 0] / spread, model.intercept_[0]
        if slope == 0:
            raise ValueError("same and different pairs lie at the same distances: nothing to fit")
        return cls(scale=float(-slope), midpoint=float(-offset / slope), prior=prior)

    def probability(self, distance: Tensor) -> Tensor:
        """Return the probability of "same class", float64, of the same shape as ``distance``."""
        distance = torch.as_tensor(distance, dtype=torch.float64)
        return torch.sigmoid(logit_of_same(distance, self.scale, self.midpoint))


def expected_calibration_error(probability: Tensor, same: Tensor, n_bins: int = 10) -> float:
    """Return the mean difference between predicted probabilities and observed fractions.

    Pairs are sorted by probability into bins of equal width. In each bin, the mean probability is
    compared with the fraction of positive pairs. The mean weights bins by their size (Naeini,
    Cooper and Hauskrecht 2015).

    Args:
        probability: Probabilities of shape ``(N,)``, 0 to 1.
        same: Tensor of shape ``(N,)``, 1 for positive pairs and 0 for negative pairs.
        n_bins: Number of bins.

    Returns:
        The error, from 0 (perfectly calibrated) to 1.

    Raises:
        ValueError: If shapes do not match, or if ``probability`` contains NaN or values outside 0
            to 1.
    """
    values = distance_array("probability", probability)
    truth = truth_array(same, len(values), both=False)
    if values.min() < 0 or values.max() > 1:
        raise ValueError(
            f"probabilities must lie in 0 to 1, got {values.min():.3g} to {values.max():.3g}"
        )
    bins = np.minimum((values * n_bins).astype(int), n_bins - 1)
    promised = np.bincount(bins, values, n_bins)
    kept = np.bincount(bins, truth.astype(float), n_bins)
    return float(np.abs(promised - kept).sum() / len(values))

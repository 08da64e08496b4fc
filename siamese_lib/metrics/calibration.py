"""From a distance to a probability of "same" that means what it says."""

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
    r"""A logistic curve over the distance (Platt 1999): :math:`p = \sigma(a (b - d))`.

    Attributes:
        scale: a, above 0 when closer pairs are more often the same.
        midpoint: b, the distance at which same and different are equally probable.
        prior: share of same pairs that the probabilities assume.
    """

    scale: float
    midpoint: float
    prior: float

    @classmethod
    def fit(
        cls, distance: Tensor, same: Tensor, prior: float = 0.5, weight: Tensor | None = None
    ) -> DistanceCalibration:
        """Fit on pairs that were used for nothing else.

        Args:
            distance: ``(N,)``, lower when closer.
            same: ``(N,)``, 1 for pairs of one class.
            prior: share of same pairs where the probability will be used. The share among the
                pairs given here does not matter: they are weighted to the prior.
            weight: ``(N,)``, how much each pair counts, in place of the prior.

        Raises:
            ValueError: shapes that do not fit, NaN, one kind only, distances that say nothing (all
                equal, or alike for both kinds), or a prior that is not between 0 and 1.
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
        """Probability of "same", float64, of the shape of ``distance``."""
        distance = torch.as_tensor(distance, dtype=torch.float64)
        return torch.sigmoid(logit_of_same(distance, self.scale, self.midpoint))


def expected_calibration_error(probability: Tensor, same: Tensor, n_bins: int = 10) -> float:
    """How far probabilities are from the shares that they promise, on average.

    Pairs are sorted into bins of equal width by their probability; in each bin the mean
    probability is compared with the share of same pairs; bins count by their size (Naeini,
    Cooper and Hauskrecht 2015).

    Args:
        probability: ``(N,)``, 0 to 1.
        same: ``(N,)``, 1 for pairs of one class.
        n_bins: how many bins.

    Returns:
        0 (all promises kept) to 1.

    Raises:
        ValueError: shapes that do not fit, NaN, or probabilities outside 0 to 1.
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

"""Verification: error rates at every threshold, and figures derived from them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from sklearn.metrics import auc
from torch import Tensor

from siamese_lib.checks import check_share
from siamese_lib.metrics.pair_arrays import distance_array, truth_array, weight_array


class ErrorCurve(NamedTuple):
    """Error rates at every relevant threshold, from the strictest to the most lenient.

    TAR over FAR is the ROC curve. FRR over FAR, on normal-deviate or logarithmic axes, is the DET
    curve.

    Attributes:
        threshold: Thresholds in ascending order, float64 of shape ``(T,)``. A pair at this distance
            or less is accepted. The first threshold is minus infinity, which accepts no pair.
        far: Fraction of negative pairs accepted, ``(T,)``, ascending from 0 to 1.
        frr: Fraction of positive pairs refused, ``(T,)``, descending from 1 to 0.
        n_different: Number of negative pairs.
    """

    threshold: np.ndarray
    far: np.ndarray
    frr: np.ndarray
    n_different: int

    @property
    def tar(self) -> np.ndarray:
        """Fraction of positive pairs accepted, ``(T,)``: 1 - FRR."""
        return 1 - self.frr

    @property
    def area(self) -> float:
        """Area under the ROC curve, 0 to 1; see ``area_under_curve``."""
        return float(auc(self.far, self.tar))


class SortedPairs:
    """Pairs sorted by distance once, for error curves under many weightings.

    ``curve(w)`` equals ``error_curve(distance, same, w)``, but does not sort or check the pairs
    again.

    Args:
        distance: Distances of shape ``(N,)``, smaller for more similar images.
        same: Tensor of shape ``(N,)``, 1 for positive pairs and 0 for negative pairs.

    Raises:
        ValueError: If shapes do not match, if ``distance`` contains NaN or infinity, or if all
            pairs are of one kind.
    """

    def __init__(self, distance: Tensor | np.ndarray, same: Tensor | np.ndarray) -> None:
        values = distance_array("distance", distance)
        truth = truth_array(same, len(values))
        self._order = np.argsort(values)
        values, self._truth = values[self._order], truth[self._order]
        # Pairs at one distance are accepted together: a threshold is the last of them.
        self._last = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)
        self._threshold = np.append(-np.inf, values[self._last])
        self._n_different = int((~truth).sum())

    def curve(self, weight: np.ndarray | None = None) -> ErrorCurve:
        """Return the error rates at each threshold.

        Args:
            weight: Weight of each pair, 0 or more, ``(N,)``, with a positive sum for either kind.
                Default: equal weights.
        """
        w = np.ones(len(self._order)) if weight is None else weight[self._order]
        shares = []
        for kind in (~self._truth, self._truth):
            accepted = np.cumsum(w * kind)
            shares.append(np.append(0, accepted[self._last]) / accepted[-1])
        far, tar = shares
        return ErrorCurve(self._threshold, far, 1 - tar, self._n_different)


def error_curve(distance: Tensor, same: Tensor, weight: Tensor | None = None) -> ErrorCurve:
    """Return the error rates at each threshold.

    Args:
        distance: Distances of shape ``(N,)``, smaller for more similar images.
        same: Tensor of shape ``(N,)``, 1 for positive pairs and 0 for negative pairs.
        weight: Weight of each pair, 0 or more, ``(N,)``. Default: equal weights. Pairs of weight 0
            are ignored.

    Raises:
        ValueError: If shapes do not match, if ``distance`` contains NaN or infinity, if all pairs
            are of one kind, or if a weight is negative or not finite or the weights of one kind are
            all 0.
    """
    values = distance_array("distance", distance)
    truth = truth_array(same, len(values))
    weights = weight_array(weight, truth)
    if weights is None:
        return SortedPairs(values, truth).curve()
    counts = weights > 0  # a pair that weighs nothing is no pair: it decides no threshold
    return SortedPairs(values[counts], truth[counts]).curve(weights[counts])


def area_under_curve(distance: Tensor, same: Tensor, weight: Tensor | None = None) -> float:
    """Return the area under the ROC curve: the probability that a positive pair is the closer one.

    A positive pair is compared with a negative pair; ties count half. 0.5 is guessing and 1 is
    perfect. The arguments and errors are those of ``error_curve``.
    """
    return error_curve(distance, same, weight).area


def equal_error_rate(curve: ErrorCurve) -> tuple[float, float]:
    """Return the error rate at which FAR and FRR are equal, and its threshold.

    Both rates are interpolated linearly between two thresholds.

    Returns:
        The error rate, 0 to 1, and the threshold nearest to the crossing.
    """
    gap = curve.far - curve.frr  # rises from -1 to 1
    after = int(np.argmax(gap >= 0))
    before = after - 1
    share = -gap[before] / (gap[after] - gap[before])
    rate = curve.far[before] + share * (curve.far[after] - curve.far[before])
    nearest = after if abs(gap[after]) <= abs(gap[before]) else before
    threshold = curve.threshold[nearest if np.isfinite(curve.threshold[nearest]) else after]
    return float(rate), float(threshold)


def tar_at_far(curve: ErrorCurve, far: float) -> tuple[float, float]:
    """Return the TAR at the most lenient threshold whose FAR is at most ``far``.

    There is no interpolation.

    Args:
        curve: Error curve from ``error_curve``.
        far: Largest permitted false accept rate, between 0 and 1.

    Returns:
        TAR and the threshold (minus infinity if no pair can be accepted).

    Raises:
        ValueError: If ``far`` is not between 0 and 1, or is below one over the number of negative
            pairs.
    """
    check_share("far", far)
    if far * curve.n_different < 1 - 1e-9:
        raise ValueError(
            f"a FAR of {far:.3g} is finer than {curve.n_different:,} different pairs can tell: "
            f"compare {math.ceil(1 / far - 1e-9):,} or more, or allow more"
        )
    last = int(np.searchsorted(curve.far, far, side="right")) - 1
    return float(curve.tar[last]), float(curve.threshold[last])

"""Verification: the errors at every threshold, and the figures read off them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from sklearn.metrics import auc
from torch import Tensor

from siamese_lib.checks import check_share
from siamese_lib.metrics.pair_arrays import distance_array, truth_array, weight_array


class ErrorCurve(NamedTuple):
    """Error rates at every threshold that matters, from the strictest to the most lenient.

    Draw TAR over FAR and you have the ROC curve; FRR over FAR on normal-deviate or logarithmic
    axes, and you have the DET curve.

    Attributes:
        threshold: float64 ``(T,)``, ascending; a pair at this distance or less is accepted. The
            first is minus infinity: nobody is accepted.
        far: ``(T,)``, share of different pairs accepted, ascending from 0 to 1.
        frr: ``(T,)``, share of same pairs refused, descending from 1 to 0.
        n_different: how many different pairs the FAR is a share of.
    """

    threshold: np.ndarray
    far: np.ndarray
    frr: np.ndarray
    n_different: int

    @property
    def tar(self) -> np.ndarray:
        """``(T,)``, share of same pairs accepted: 1 - FRR."""
        return 1 - self.frr

    @property
    def area(self) -> float:
        """Area under the ROC curve, 0 to 1; see ``area_under_curve``."""
        return float(auc(self.far, self.tar))


class SortedPairs:
    """Pairs sorted by their distance once, for error curves under many weightings.

    ``curve(w)`` is ``error_curve(distance, same, w)``; a bootstrap that asks for hundreds of them
    need not sort, nor check, hundreds of times.

    Args:
        distance: ``(N,)``, lower when closer.
        same: ``(N,)``, 1 for pairs of one class.

    Raises:
        ValueError: shapes that do not fit, NaN, or pairs of one kind only.
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
        """Errors at each threshold.

        Args:
            weight: 0 or more, ``(N,)``, how much each pair counts, with something on both kinds;
                by default all the same.
        """
        w = np.ones(len(self._order)) if weight is None else weight[self._order]
        shares = []
        for kind in (~self._truth, self._truth):
            accepted = np.cumsum(w * kind)
            shares.append(np.append(0, accepted[self._last]) / accepted[-1])
        far, tar = shares
        return ErrorCurve(self._threshold, far, 1 - tar, self._n_different)


def error_curve(distance: Tensor, same: Tensor, weight: Tensor | None = None) -> ErrorCurve:
    """Errors at each threshold.

    Args:
        distance: ``(N,)``, lower when closer.
        same: ``(N,)``, 1 for pairs of one class.
        weight: ``(N,)``, how much each pair counts; by default all the same.

    Raises:
        ValueError: shapes that do not fit, NaN, or pairs of one kind only.
    """
    values = distance_array("distance", distance)
    truth = truth_array(same, len(values))
    weights = weight_array(weight, truth)
    if weights is None:
        return SortedPairs(values, truth).curve()
    counts = weights > 0  # a pair that weighs nothing is no pair: it decides no threshold
    return SortedPairs(values[counts], truth[counts]).curve(weights[counts])


def area_under_curve(distance: Tensor, same: Tensor, weight: Tensor | None = None) -> float:
    """Area under the ROC curve: the chance that a same pair is closer than a different one.

    Args and errors as for ``error_curve``. 0.5 is guessing, 1 is perfect; ties count half.
    """
    return error_curve(distance, same, weight).area


def equal_error_rate(curve: ErrorCurve) -> tuple[float, float]:
    """Where FAR and FRR cross.

    Between two thresholds both rates are taken to change in straight lines.

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
    """The share of same pairs accepted at the most lenient threshold that keeps the FAR.

    There is no interpolation: the threshold can be used, and its FAR is at most ``far``.

    Args:
        curve: from ``error_curve``.
        far: the false-accept rate that is allowed, between 0 and 1.

    Returns:
        TAR, and the threshold (minus infinity when nobody can be accepted).

    Raises:
        ValueError: ``far`` is not between 0 and 1, or finer than so many pairs can tell: with
            1,000 different pairs, one accepted is 0.1 %.
    """
    check_share("far", far)
    if far * curve.n_different < 1 - 1e-9:
        raise ValueError(
            f"a FAR of {far:.3g} is finer than {curve.n_different:,} different pairs can tell: "
            f"compare {math.ceil(1 / far - 1e-9):,} or more, or allow more"
        )
    last = int(np.searchsorted(curve.far, far, side="right")) - 1
    return float(curve.tar[last]), float(curve.threshold[last])

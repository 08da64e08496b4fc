"""Accuracy over folds, with the threshold chosen on the others: the protocol of LFW."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from siamese_lib.checks import check_ids
from siamese_lib.metrics.curves import error_curve
from siamese_lib.metrics.pair_arrays import distance_array, truth_array


class FoldAccuracy(NamedTuple):
    """Accuracy over folds.

    Attributes:
        mean: of the folds, 0 to 1.
        standard_error: of the mean, over folds: their standard deviation over the root of their
            number.
        accuracies: float64 ``(n_folds,)``.
        thresholds: float64 ``(n_folds,)``, each chosen on all other folds.
    """

    mean: float
    standard_error: float
    accuracies: np.ndarray
    thresholds: np.ndarray


def accuracy_over_folds(distance: Tensor, same: Tensor, fold: Tensor) -> FoldAccuracy:
    """The share of pairs that is told right, each fold at a threshold chosen on the others.

    How results on the second view of Labeled Faces in the Wild are reported (Huang et al. 2007):
    ten folds, none of whose people are in another fold. The threshold is the one that is right
    most often on the other folds.

    Args:
        distance: ``(N,)``, lower when closer.
        same: ``(N,)``, 1 for pairs of one person.
        fold: integers ``(N,)``, the fold of each pair.

    Raises:
        ValueError: shapes that do not fit, NaN, fewer than two folds, or folds whose complement
            holds pairs of one kind only.

    >>> fold = torch.tensor([0, 0, 1, 1])
    >>> same = torch.tensor([1, 0, 1, 0])
    >>> accuracy_over_folds(torch.tensor([0.1, 0.9, 0.2, 0.8]), same, fold).mean
    1.0
    """
    values = distance_array("distance", distance)
    truth = truth_array(same, len(values))
    numbers = check_ids("fold", fold, len(values)).numpy()
    folds = np.unique(numbers)
    if len(folds) < 2:
        raise ValueError("fold must name two folds or more: the threshold comes from the others")
    accuracies, thresholds = [], []
    for number in folds:
        here = numbers == number
        threshold = _most_often_right(values[~here], truth[~here])
        thresholds.append(threshold)
        accuracies.append(np.mean((values[here] <= threshold) == truth[here]))
    right = np.array(accuracies)
    error = right.std(ddof=1) / np.sqrt(len(folds))
    return FoldAccuracy(float(right.mean()), float(error), right, np.array(thresholds))


def _most_often_right(values: np.ndarray, truth: np.ndarray) -> float:
    """The threshold with the most pairs on the right side, half-way to the next distance."""
    curve = error_curve(torch.from_numpy(values), torch.from_numpy(truth.astype(np.float64)))
    n_same = int(truth.sum())
    right = (1 - curve.frr) * n_same + (1 - curve.far) * curve.n_different
    best = int(np.argmax(right))
    if best == 0:  # below the smallest distance, however large or small distances are
        return float(np.nextafter(values.min(), -np.inf))
    following = curve.threshold[min(best + 1, len(curve.threshold) - 1)]
    return float((curve.threshold[best] + following) / 2)

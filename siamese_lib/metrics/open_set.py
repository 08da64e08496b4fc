"""Open-set identification: who is a visitor, if the visitor is enrolled at all?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from siamese_lib.metrics.pair_arrays import distance_array, truth_array


class OpenSetCurve(NamedTuple):
    """Identification rates at every threshold, from the strictest to the most lenient.

    Attributes:
        threshold: Thresholds in ascending order, from minus infinity, float64 of shape ``(T,)``. A
            visitor whose nearest person is at this distance or less is let in under that person's
            name.
        fpir: False positive identification rate, ``(T,)``: fraction of unknown visitors who are let
            in.
        identified: Detection and identification rate, ``(T,)``: fraction of known visitors who are
            let in under their own name.
        misnamed: Fraction of known visitors who are let in under a different name, ``(T,)``.
    """

    threshold: np.ndarray
    fpir: np.ndarray
    identified: np.ndarray
    misnamed: np.ndarray


def open_set_curve(
    known_distance: Tensor, known_right: Tensor, unknown_distance: Tensor
) -> OpenSetCurve:
    """Return the rates from the best match of each visitor (Phillips, Grother and Micheals 2011).

    Args:
        known_distance: Distance of each known visitor to the nearest enrolled person, ``(K,)``. May
            be infinite.
        known_right: Tensor of shape ``(K,)``, 1 if that person is the visitor and 0 otherwise.
        unknown_distance: Distance of each visitor who is not enrolled to the nearest enrolled
            person, ``(U,)``. May be infinite.

    Raises:
        ValueError: If an argument is empty, if shapes do not match, if a distance is NaN, or if
            ``known_right`` contains values other than 0 and 1.
    """
    known = distance_array("known_distance", known_distance, allow_infinite=True)
    unknown = distance_array("unknown_distance", unknown_distance, allow_infinite=True)
    right = truth_array(torch.as_tensor(known_right), len(known), False, "known_right")
    everyone = np.unique(np.concatenate([known, unknown]))
    threshold = np.concatenate([[-np.inf], everyone[np.isfinite(everyone)]])

    def share_within(distances: np.ndarray, total: int) -> np.ndarray:
        return np.searchsorted(np.sort(distances), threshold, side="right") / total

    return OpenSetCurve(
        threshold,
        share_within(unknown, len(unknown)),
        share_within(known[right], len(known)),
        share_within(known[~right], len(known)),
    )

"""Open-set identification: who is it, if it is anybody whom we know?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from siamese_lib.metrics.pair_arrays import distance_array, truth_array


class OpenSetCurve(NamedTuple):
    """Rates at every threshold, from the strictest to the most lenient.

    Attributes:
        threshold: float64 ``(T,)``, ascending, from minus infinity; a visitor whose nearest person
            is at this distance or less is let in under that name.
        fpir: ``(T,)``, false-positive identification rate: share of the unknown visitors who are
            let in.
        identified: ``(T,)``, share of the known visitors who are let in under their own name:
            the detection and identification rate.
        misnamed: ``(T,)``, share of the known visitors who are let in under another's name.
    """

    threshold: np.ndarray
    fpir: np.ndarray
    identified: np.ndarray
    misnamed: np.ndarray


def open_set_curve(
    known_distance: Tensor, known_right: Tensor, unknown_distance: Tensor
) -> OpenSetCurve:
    """The rates from the best match of each visitor (Phillips, Grother and Micheals 2011).

    Args:
        known_distance: ``(K,)``, distance of each known visitor to the nearest person enrolled.
        known_right: ``(K,)``, 1 where that person is the visitor.
        unknown_distance: ``(U,)``, the same distance for visitors who are not enrolled.

    Raises:
        ValueError: empty, shapes that do not fit, or NaN.
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

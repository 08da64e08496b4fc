"""Validation of distances, labels and weights of pairs as NumPy arrays."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from siamese_lib.checks import as_float64


def distance_array(
    name: str, distance: Tensor | np.ndarray, allow_infinite: bool = False
) -> np.ndarray:
    """Return distances ``(N,)``, N above 0, as a float64 array without NaN.

    Args:
        name: Name of the argument, for messages.
        distance: Values to convert.
        allow_infinite: If True, infinite values are allowed ("nobody nearby").

    Raises:
        ValueError: If ``distance`` is empty, not one-dimensional, or contains NaN (or infinity,
            unless allowed).
    """
    values = as_float64(distance).numpy()
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"{name} must have shape (N,) with N > 0, got {values.shape}")
    broken = np.isnan(values) if allow_infinite else ~np.isfinite(values)
    if broken.any():
        what = "NaN" if allow_infinite else "NaN or infinity"
        raise ValueError(f"{name} holds {what} in {int(broken.sum())} of {len(values)} places")
    return values


def truth_array(
    same: Tensor | np.ndarray, length: int, both: bool = True, name: str = "same"
) -> np.ndarray:
    """Return ``same`` as a bool array ``(N,)``.

    Args:
        same: Values 0 and 1, or bool.
        length: Required length N.
        both: If True, both values must occur.
        name: Name of the argument, for messages.

    Raises:
        ValueError: If the shape is not ``(N,)``, if there are other values, or if only one value
            occurs and ``both`` is True.
    """
    values = torch.as_tensor(same).detach().cpu().numpy()
    if values.shape != (length,):
        raise ValueError(
            f"{name} must have shape ({length},), one for each distance, got {values.shape}"
        )
    if not ((values == 0) | (values == 1)).all():
        raise ValueError(f"{name} must be 0 or 1 for each distance")
    truth = values.astype(bool)
    if both and (truth.all() or not truth.any()):
        kind = "same" if truth.all() else "different"
        raise ValueError(f"all {length} pairs are {kind}: both kinds are needed")
    return truth


def weight_array(weight: Tensor | np.ndarray | None, truth: np.ndarray) -> np.ndarray | None:
    """Return ``weight`` as a float64 array ``(N,)``; None stays None.

    Raises:
        ValueError: If lengths differ, if a weight is NaN, infinite or negative, or if the weights
            of the positive or of the negative pairs are all 0.
    """
    if weight is None:
        return None
    values = as_float64(weight).numpy()
    if values.shape != truth.shape or not np.isfinite(values).all() or (values < 0).any():
        raise ValueError(f"weight must be {len(truth)} finite numbers of 0 or more")
    if not values[truth].any() or not values[~truth].any():
        raise ValueError("the weights leave no same pair, or no different pair")
    return values

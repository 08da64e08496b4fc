"""Distances, truth and weights of pairs as NumPy arrays, checked: what every metric begins with."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from siamese_lib.checks import as_float64


def distance_array(
    name: str, distance: Tensor | np.ndarray, allow_infinite: bool = False
) -> np.ndarray:
    """Distances ``(N,)`` as float64, N above 0, without NaN.

    Args:
        name: the argument's name.
        distance: the values.
        allow_infinite: infinity is allowed ("nobody near").

    Raises:
        ValueError: empty, of another shape, or NaN (or infinite).
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
    """``same`` as bool ``(N,)``.

    Args:
        same: 0 and 1, or bool.
        length: N.
        both: both kinds must occur.
        name: the argument's name.

    Raises:
        ValueError: another length, other values, or one kind only.
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
    """``weight`` as float64 ``(N,)``, 0 or more, something on both kinds; None stays None.

    Raises:
        ValueError: another length, NaN, infinite or negative, or one kind weighs nothing.
    """
    if weight is None:
        return None
    values = as_float64(weight).numpy()
    if values.shape != truth.shape or not np.isfinite(values).all() or (values < 0).any():
        raise ValueError(f"weight must be {len(truth)} finite numbers of 0 or more")
    if not values[truth].any() or not values[~truth].any():
        raise ValueError("the weights leave no same pair, or no different pair")
    return values

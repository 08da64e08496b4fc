"""Hold what an answer returned against what is right, and against what is typically wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

RELATIVE, ABSOLUTE = 1e-3, 1e-5


def close(got: Any, right: Any, absolute: float = ABSOLUTE, relative: float = RELATIVE) -> bool:
    """Whether two plain values have one shape and (nearly) the same finite numbers."""
    got, right = _numbers(got), _numbers(right)
    if got is None or right is None or got.shape != right.shape:
        return False
    if not np.isfinite(got).all():
        return False
    return bool((np.abs(got - right) <= absolute + relative * np.abs(right)).all())


def diagnose(got: Any, right: Any, mistakes: Mapping[str, Any], otherwise: str) -> str | None:
    """None if ``got`` is right; else the hint of the mistake that gives exactly this.

    Args:
        got: what the answer returned, plain.
        right: what it should have returned.
        mistakes: for each hint, what an answer with that mistake returns on the same inputs. The
            first that fits is told, so the more special one comes first.
        otherwise: the hint when none fits.
    """
    numbers = _numbers(got)
    if numbers is None:
        return shape_hint(got, right) or otherwise
    got = numbers  # made once, and compared many times
    if close(got, right):
        return None
    for hint, wrong in mistakes.items():
        if not close(wrong, right) and close(got, wrong):
            return hint
    return shape_hint(got, right) or not_finite_hint(got) or otherwise


def shape_hint(got: Any, right: Any) -> str | None:
    """What is wrong with the shape of ``got``, if something is."""
    if got is None:
        return "it returns None: is there a return?"
    numbers, wanted = _numbers(got), _numbers(right)
    if numbers is None:
        kind = {"list": "several things", "str": "a text"}.get(type(got).__name__, "something")
        return f"it returns {kind}, where numbers are expected"
    if wanted is None or numbers.shape == wanted.shape:
        return None
    if wanted.ndim == 0:
        return f"it returns a tensor of shape {numbers.shape}, where one number is expected"
    return f"it returns shape {numbers.shape}, where {wanted.shape} is expected"


def not_finite_hint(got: Any) -> str | None:
    """Whether NaN or infinity is in ``got``."""
    numbers = _numbers(got)
    if numbers is None or np.isfinite(numbers).all():
        return None
    return "there is NaN or infinity in what it returns"


def _numbers(value: Any) -> np.ndarray | None:
    """``value`` as one float64 array; None if it is none (texts, parts of several shapes)."""
    if isinstance(value, (bool, int, float)):
        return np.asarray(float(value))
    if isinstance(value, list) and value:
        parts = [part for part in map(_numbers, value) if part is not None]
        alike = len(parts) == len(value) and len({part.shape for part in parts}) == 1
        return np.stack(parts) if alike else None
    if isinstance(value, np.ndarray):
        return value.astype(np.float64)
    return None


def index_list(value: Any) -> list[int]:
    """Indices in one list, from an array, a list of numbers, or a list of arrays.

    Raises:
        ValueError: some are no whole numbers.
    """
    numbers = np.asarray(value, dtype=np.float64).reshape(-1)
    if not (numbers == np.floor(numbers)).all():
        raise ValueError("indices are whole numbers")
    return [int(number) for number in numbers]


def index_rows(value: Any, n_parts: int) -> list[list[int]]:
    """Rows of indices from ``n_parts`` columns of one length, or an array of either layout.

    Raises:
        ValueError: there are not so many columns, or they differ in length.
    """
    if isinstance(value, np.ndarray) and value.ndim == 2:
        # It is turned as a whole: to walk through a million rows takes long.
        if n_parts not in value.shape:
            raise ValueError(f"{n_parts} lists of indices of one length are expected")
        value = value if len(value) == n_parts else value.T
    parts = [index_list(part) for part in value]
    if len(parts) != n_parts and all(len(part) == n_parts for part in parts):
        return parts  # a table (T, parts), in lists
    if len(parts) != n_parts or len({len(part) for part in parts}) != 1:
        raise ValueError(f"{n_parts} lists of indices of one length are expected")
    return [list(row) for row in zip(*parts, strict=True)]

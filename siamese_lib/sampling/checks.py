"""What every sampler asks of its arguments."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def check_ids(name: str, values: Tensor | Sequence[int], length: int | None = None) -> Tensor:
    """``values`` as int64 ``(N,)`` on the CPU, where indices are drawn.

    Raises:
        TypeError: they are no integers.
        ValueError: they are not one-dimensional, are empty, or are not ``length`` many.
    """
    values = torch.as_tensor(values)
    if values.is_floating_point() or values.is_complex() or values.dtype == torch.bool:
        raise TypeError(f"{name} must be integers, got {values.dtype}")
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"{name} must have shape (N,) with N > 0, got {tuple(values.shape)}")
    if length is not None and len(values) != length:
        raise ValueError(f"{name} must be one for each of the {length} labels, got {len(values)}")
    return values.to("cpu", torch.int64)


def check_counts(**numbers: int) -> None:
    """Raise ValueError unless every number is an int of 1 or more; the message names it."""
    for name, number in numbers.items():
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise ValueError(f"{name} must be an int of 1 or more, got {number!r}")


def check_room(what: str, names: Tensor, counts: Tensor, needed: int, unit: str, cure: str) -> None:
    """Raise ValueError when a bucket holds fewer than ``needed``; the first one is named."""
    short = (counts < needed).nonzero().squeeze(1)
    if len(short):
        worst = int(short[counts[short].argmin()])
        raise ValueError(
            f"{what} {int(names[worst])} has {int(counts[worst])} {unit}, but {needed} are needed "
            f"({len(short)} of {len(names)} are too small). {cure}"
        )

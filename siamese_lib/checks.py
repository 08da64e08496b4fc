"""Argument checks with uniform error messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral

import torch
from torch import Tensor


def check_one_of(name: str, value: object, choices: Iterable[object]) -> None:
    """Raise ValueError unless ``value`` is one of ``choices``; the message lists them."""
    choices = list(choices)
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}, got {value!r}")


def check_counts(**numbers: int) -> None:
    """Raise ValueError unless every number is an int of 1 or more; the message names it."""
    for name, number in numbers.items():
        # NumPy's integers count as well.
        is_whole = isinstance(number, Integral) and not isinstance(number, bool)
        if not is_whole or number < 1:
            raise ValueError(f"{name} must be an int of 1 or more, got {number!r}")


def check_channels(channels: int) -> None:
    """Raise ValueError unless ``channels`` is 1 (grey) or 3 (RGB)."""
    if channels not in (1, 3):
        raise ValueError(f"channels must be 1 (grey) or 3 (RGB), got {channels}")


def height_and_width(size: int | Sequence[int]) -> tuple[int, int]:
    """Return the height and width given by ``size``; a single number means a square.

    Raises:
        ValueError: If ``size`` is not one or two ints of 1 or more.
    """
    if not isinstance(size, Sequence):
        check_counts(size=size)
        return size, size
    if len(size) != 2:
        raise ValueError(f"size must be one side, or (height, width), got {size!r}")
    height, width = size
    check_counts(height=height, width=width)
    return height, width


def check_at_least_zero(**numbers: float) -> None:
    """Raise ValueError if a number is negative or NaN; the message names it."""
    for name, number in numbers.items():
        if not number >= 0:
            raise ValueError(f"{name} must be 0 or more, got {number}")


def check_above_zero(**numbers: float) -> None:
    """Raise ValueError if a number is not above zero; the message names it."""
    for name, number in numbers.items():
        if not number > 0:
            raise ValueError(f"{name} must be above 0, got {number}")


def check_share(name: str, value: float) -> None:
    """Raise ValueError unless ``value`` is strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {value!r}")


def check_ids(name: str, values: Tensor | Sequence[int], length: int | None = None) -> Tensor:
    """Return ``values`` as an int64 tensor ``(N,)`` on the CPU.

    Args:
        name: Name of the argument, for messages.
        values: Integers of shape ``(N,)``, N above 0.
        length: Required length N. Default: any length.

    Raises:
        TypeError: If ``values`` are not integers.
        ValueError: If ``values`` are empty, are not one-dimensional, or do not have length
            ``length``.
    """
    try:
        values = torch.as_tensor(values)
    except (TypeError, ValueError) as error:  # names, or rows of different lengths
        raise TypeError(f"{name} must be integers, got {shortened(values)}") from error
    if values.is_floating_point() or values.is_complex() or values.dtype == torch.bool:
        raise TypeError(f"{name} must be integers, got {values.dtype}")
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"{name} must have shape (N,) with N > 0, got {tuple(values.shape)}")
    if length is not None and len(values) != length:
        raise ValueError(f"{name} must hold {length} integers, got {len(values)}")
    return values.to("cpu", torch.int64)


def shortened(value: object) -> str:
    """Return ``repr(value)``, shortened to fit into a message."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def as_float64(values: object) -> Tensor:
    """Return ``values`` as a float64 tensor on the CPU, without rounding to float32 first."""
    if isinstance(values, Tensor):
        return values.detach().to("cpu", torch.float64)
    return torch.as_tensor(values, dtype=torch.float64)


def check_embeddings(name: str, embeddings: Tensor) -> None:
    """Raise an error unless ``embeddings`` are finite floats ``(B, D)`` with B and D above 0.

    Args:
        name: Name of the argument, for messages.
        embeddings: Value to check.

    Raises:
        TypeError: If ``embeddings`` is not a float tensor.
        ValueError: If the shape is different, if B or D is 0, or if a value is NaN or infinite.
            Values are checked on the CPU only.
    """
    if not isinstance(embeddings, Tensor) or not embeddings.is_floating_point():
        kind = getattr(embeddings, "dtype", type(embeddings).__name__)
        raise TypeError(f"{name} must be a floating-point tensor (B, D), got {kind}")
    if embeddings.ndim != 2 or embeddings.numel() == 0:
        raise ValueError(
            f"{name} must have shape (B, D), neither of them 0, got {tuple(embeddings.shape)}"
        )
    if embeddings.device.type == "cpu":
        check_finite(name, embeddings)


def check_finite(name: str, embeddings: Tensor) -> None:
    """Raise ValueError if ``embeddings``, ``(B, D)``, contain NaN or infinity."""
    broken = ~torch.isfinite(embeddings).all(dim=1)
    if broken.any():
        raise ValueError(
            f"{name} hold NaN or infinity in {int(broken.sum())} of {len(embeddings)} rows. "
            "Usual causes: a learning rate that is too high, or a division by a norm of zero."
        )


def check_same_shape(**tensors: Tensor) -> None:
    """Raise ValueError unless all tensors have the same shape; nothing broadcasts."""
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    first, *others = shapes.values()
    # One by one: torch.jit.trace makes sizes into tensors, which a set would tell apart.
    if any(shape != first for shape in others):
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"shapes must be equal, got {listed}")


def check_labels(labels: Tensor, embeddings: Tensor) -> None:
    """Raise an error unless ``labels`` are integers ``(B,)``, one for each row of ``embeddings``.

    Raises:
        TypeError: If ``labels`` is not an integer tensor.
        ValueError: If ``labels`` does not have shape ``(B,)``.
    """
    if not isinstance(labels, Tensor) or labels.is_floating_point() or labels.dtype == torch.bool:
        kind = getattr(labels, "dtype", type(labels).__name__)
        raise TypeError(f"labels must be an integer tensor (B,), got {kind}")
    if labels.shape != embeddings.shape[:1]:
        raise ValueError(
            f"labels must have shape ({len(embeddings)},), one for each embedding, got "
            f"{tuple(labels.shape)}"
        )


def check_indices(indices_tuple: Sequence[Tensor], names: Sequence[str]) -> None:
    """Raise ValueError unless ``indices_tuple`` has one part for each of ``names``."""
    if len(indices_tuple) != len(names):
        raise ValueError(
            f"indices_tuple must be ({', '.join(names)}), got {len(indices_tuple)} parts"
        )


def check_same(same: Tensor, like: Tensor, name: str = "same") -> Tensor:
    """Return ``same`` as float32 ``(B,)`` of 0 and 1, one value for each row of ``like``.

    Args:
        same: Bool, integer or float tensor of shape ``(B,)``, 1 for positive pairs and 0 for
            negative pairs.
        like: Tensor whose first dimension is B.
        name: Name of the argument, for messages.

    Raises:
        ValueError: If ``same`` does not have shape ``(B,)``, or contains other values (checked on
            the CPU only).
    """
    if same.shape != like.shape[:1]:
        raise ValueError(
            f"{name} must have shape ({len(like)},), one for each pair, got {tuple(same.shape)}"
        )
    if same.device.type == "cpu" and not ((same == 0) | (same == 1)).all():
        raise ValueError(f"{name} must be 0 or 1 for each pair, same = 1 for the same class")
    return same.to(torch.float32)

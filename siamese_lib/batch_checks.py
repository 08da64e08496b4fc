"""What every loss and miner asks of a batch, in one place and with one wording."""

from __future__ import annotations

import torch
from torch import Tensor


def check_embeddings(name: str, embeddings: Tensor) -> None:
    """Raise unless ``embeddings`` are finite floats of shape ``(B, D)`` with B and D above 0.

    Raises:
        TypeError: no floating-point tensor.
        ValueError: another shape, an empty batch, or a value that is NaN or infinite.
    """
    if not isinstance(embeddings, Tensor) or not embeddings.is_floating_point():
        kind = getattr(embeddings, "dtype", type(embeddings).__name__)
        raise TypeError(f"{name} must be a floating-point tensor (B, D), got {kind}")
    if embeddings.ndim != 2 or embeddings.numel() == 0:
        raise ValueError(
            f"{name} must have shape (B, D), neither of them 0, got {tuple(embeddings.shape)}"
        )
    broken = ~torch.isfinite(embeddings).all(dim=1)
    if broken.any():
        raise ValueError(
            f"{name} hold NaN or infinity in {int(broken.sum())} of {len(embeddings)} rows. "
            "Usual causes: a learning rate that is too high, or a division by a norm of zero."
        )


def check_same_shape(**tensors: Tensor) -> None:
    """Raise ValueError unless all have one shape: nothing broadcasts here."""
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if len(set(shapes.values())) > 1:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"shapes must be equal, got {listed}")


def check_labels(labels: Tensor, embeddings: Tensor) -> None:
    """Raise unless ``labels`` are integers ``(B,)``, one for each row of ``embeddings``.

    Raises:
        TypeError: no integers.
        ValueError: another shape or length.
    """
    if not isinstance(labels, Tensor) or labels.is_floating_point() or labels.dtype == torch.bool:
        kind = getattr(labels, "dtype", type(labels).__name__)
        raise TypeError(f"labels must be an integer tensor (B,), got {kind}")
    if labels.shape != embeddings.shape[:1]:
        raise ValueError(
            f"labels must have shape ({len(embeddings)},), one for each embedding, got "
            f"{tuple(labels.shape)}"
        )


def check_pair_truth(same: Tensor, like: Tensor) -> Tensor:
    """``same`` as floats of 0 and 1, of the shape of ``like`` without its last dimensions.

    Args:
        same: bool, integer or float ``(B,)``, 1 where both images are of one class.
        like: a tensor whose first dimension is B.

    Raises:
        ValueError: another shape (``(B, 1)`` would broadcast to ``(B, B)``), or other values.
    """
    if same.shape != like.shape[:1]:
        raise ValueError(
            f"same must have shape ({len(like)},), one for each pair, got {tuple(same.shape)}"
        )
    truth = same.to(torch.float32)
    if not ((truth == 0) | (truth == 1)).all():
        raise ValueError("same must be 0 (different class) or 1 (same class) for each pair")
    return truth


def check_at_least_zero(**numbers: float) -> None:
    """Raise ValueError for a number that is negative or NaN; the message names it."""
    for name, number in numbers.items():
        if not number >= 0:
            raise ValueError(f"{name} must be 0 or more, got {number}")


def check_above_zero(**numbers: float) -> None:
    """Raise ValueError for a number that is not above zero; the message names it."""
    for name, number in numbers.items():
        if not number > 0:
            raise ValueError(f"{name} must be above 0, got {number}")

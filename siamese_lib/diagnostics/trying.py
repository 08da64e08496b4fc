"""Try things out on a copy, and leave everything as it was."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from siamese_lib.checks import check_labels

Loss = Callable[..., Tensor]


def copied(thing: Any) -> Any:
    """A copy of a module, with the same mode; anything else as it is."""
    return copy.deepcopy(thing) if isinstance(thing, nn.Module) else thing


def device_of(network: object, otherwise: torch.device) -> torch.device:
    """Where a network's weights are."""
    weight = next(network.parameters(), None) if isinstance(network, nn.Module) else None
    return otherwise if weight is None else weight.device


def check_images_and_labels(images: Tensor, labels: Tensor) -> None:
    """Raise unless these are float images ``(B, C, H, W)`` with B > 1 and integers ``(B,)``.

    Raises:
        TypeError: images that are not floats, labels that are not integers.
        ValueError: other shapes.
    """
    if not isinstance(images, Tensor) or not images.is_floating_point():
        kind = getattr(images, "dtype", type(images).__name__)
        raise TypeError(
            f"images must be floats (B, C, H, W) in [0, 1], got {kind}: data.batch(rows) and "
            "as_floats(images) make them of uint8"
        )
    if images.ndim != 4 or len(images) < 2:
        raise ValueError(f"images must be (B, C, H, W) with B > 1, got {tuple(images.shape)}")
    check_labels(labels, images)


def check_output(embeddings: Tensor, images: Tensor) -> None:
    """Raise ValueError unless a network gave embeddings ``(B, D)``."""
    if not isinstance(embeddings, Tensor) or embeddings.ndim != 2:
        got = getattr(embeddings, "shape", type(embeddings).__name__)
        raise ValueError(f"network must return embeddings (B, D), got {got}: flatten them")
    if len(embeddings) != len(images):
        raise ValueError(
            f"network must return one embedding for each image, got {len(embeddings)} for "
            f"{len(images)} images"
        )


def value_of(loss: Loss, *arguments: Any) -> Tensor | None:
    """The value of a loss without dimensions; None where it refuses, or gives something else.

    A loss that raises on what it is not made for is right to do so: nothing follows from that.
    """
    try:
        value = loss(*arguments)
    except Exception:
        return None
    return value if isinstance(value, Tensor) and value.ndim == 0 else None


def gradient_of(loss: Loss, embeddings: Tensor, *arguments: Any) -> Tensor | None:
    """The gradient of a loss with respect to embeddings ``(B, D)``; None where there is none."""
    leaf = embeddings.detach().clone().requires_grad_()
    value = value_of(loss, leaf, *arguments)
    if value is None or not value.requires_grad:
        return None
    try:
        return torch.autograd.grad(value, leaf, allow_unused=True)[0]
    except Exception:  # operations that have no gradient in this precision
        return None


def has_proxies(loss: object) -> bool:
    """Whether a loss has vectors of its own, one for each class, so that labels are not free."""
    return isinstance(loss, nn.Module) and any(p.ndim > 1 for p in loss.parameters())


def relative_spread(embeddings: Tensor) -> float:
    """Root mean square distance to the mean, over the root mean square length; 0 to 1."""
    z = embeddings.detach().double()
    length = z.square().sum(1).mean().sqrt()
    if length == 0:
        return 0.0
    return ((z - z.mean(0)).square().sum(1).mean().sqrt() / length).item()

"""Drawings as another pen, or another way of making pictures smaller, would have left them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese_lib.checks import check_counts
from siamese_lib.data.labelled_images import LabelledImages

# Drawings that are changed at once: larger pieces fall out of the processor's cache.
CHUNK = 1024


def with_other_pens(data: LabelledImages, size: int = 28) -> LabelledImages:
    """Each drawing in five ways, as five drawings of its class.

    A network that trains on them learns that the same letter can be thick or thin, soft or ragged.
    The five: made smaller with anti-aliasing, as ``load_characters`` does it; bilinear without
    anti-aliasing; by the nearest dot; and with anti-aliasing, drawn with a pen that is wider by 4
    dots of 105, or narrower by 2 (Omniglot's pen is about 5 dots wide). A pen changes by one pixel
    on each side at least, so give large images.

    Args:
        data: ink 255 on paper 0 in large images, such as ``load_characters(size=105)``.
        size: side of the images to make, in pixels; no larger than those of ``data``.

    Returns:
        Five times as many images of ``size``, each way behind the other; the rest is as in
        ``data``.

    Raises:
        ValueError: a size below 1, or above that of the images.
    """
    check_counts(size=size)
    sides = data.images.shape[2:]
    if size > min(sides):
        raise ValueError(f"size={size} is larger than the images, {tuple(sides)}")
    dots = max(sides) / 105
    wider, narrower = max(1, round(2 * dots)), max(1, round(dots))
    soft = partial(F.interpolate, size=(size, size), mode="bilinear", antialias=True)
    ways: list[Callable[[Tensor], Tensor]] = [
        soft,
        partial(F.interpolate, size=(size, size), mode="bilinear"),
        partial(F.interpolate, size=(size, size), mode="nearest"),
        lambda ink: soft(widened(ink, wider)),
        lambda ink: soft(1 - widened(1 - ink, narrower)),
    ]
    return replace(
        data,
        images=torch.cat([_changed(data.images, way) for way in ways]),
        labels=data.labels.repeat(len(ways)),
        groups=data.groups.repeat(len(ways)),
        makers=data.makers.repeat(len(ways)),
        name=f"{data.name}, with other pens",
    )


def widened(ink: Tensor, dots: int) -> Tensor:
    """Ink ``(B, C, H, W)`` that reaches ``dots`` further on every side: a square pen's mark."""
    for axis in (2, 3):
        reached = ink.clone()
        for by in range(1, dots + 1):
            ahead, behind = (ink.narrow(axis, start, ink.shape[axis] - by) for start in (by, 0))
            for place, other in ((0, ahead), (by, behind)):
                part = reached.narrow(axis, place, ink.shape[axis] - by)
                torch.maximum(part, other, out=part)
        ink = reached
    return ink


def _changed(images: Tensor, way: Callable[[Tensor], Tensor]) -> Tensor:
    """uint8 to uint8, through numbers between 0 and 1."""
    parts = [way(part.float() / 255) for part in images.split(CHUNK)]
    return torch.cat([(255 * part).round().clamp(0, 255).to(torch.uint8) for part in parts])

"""Drawings brought to one place and one size, before any weight looks at them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from siamese_lib.checks import check_above_zero, check_counts
from siamese_lib.distances import at_least_float32


class SizeNormalized(nn.Module):
    """Moves and scales each drawing: the mean place of its ink to the middle, its spread to a size.

    The first layer of a network, without weights: moment normalisation (Casey 1970), for place and
    size alone. Where a letter stands on the paper, and how large it is, says nothing about which
    letter it is. Width and height are scaled alike, so that a long letter stays long; nothing is
    turned. What then lies beyond the paper is cut off.

    Args:
        spread: root of the mean square distance of the ink from its mean place, along one axis, as
            a fraction of the (mean) side.
        largest: a drawing's share of the paper grows at most so many times: a dot stays a dot.
        side: of the square images to return, in pixels; None: as large as they come in. A drawing
            that fills a corner of a large image loses less on its way to a small one than a
            drawing that was small before.

    Raises:
        ValueError: a spread or largest that is not above 0, or a side below 1.
    """

    def __init__(self, spread: float = 0.2, largest: float = 4.0, side: int | None = None) -> None:
        super().__init__()
        check_above_zero(spread=spread, largest=largest)
        if side is not None:
            check_counts(side=side)
        self.spread, self.largest, self.side = spread, largest, side

    def forward(self, images: Tensor) -> Tensor:
        """Images ``(B, C, H, W)`` of ink above 0 on paper 0; returns the same type.

        The shape is the same too, or ``(B, C, side, side)``. A drawing without ink stays as it is.

        Raises:
            ValueError: images of another shape.
        """
        if images.ndim != 4:
            raise ValueError(f"images must be (B, C, H, W), got {tuple(images.shape)}")
        with torch.autocast(images.device.type, enabled=False):
            exact = at_least_float32(images)
            ink = exact.sum(dim=1)
            y, y_variance = _mean_and_variance(ink.sum(dim=2))
            x, x_variance = _mean_and_variance(ink.sum(dim=1))
            height, width = images.shape[2:]
            to_height, to_width = (self.side or height), (self.side or width)
            # The spread is wanted in pixels of the result; the least one is in pixels of the
            # image, and taken before the root, whose slope is infinite at 0, where all ink is in
            # one place.
            wanted = self.spread * (to_height + to_width) / 2
            least = self.spread * (height + width) / 2 / self.largest
            found = ((y_variance + x_variance) / 2).clamp(min=least**2).sqrt()
            step = found / wanted  # pixels of the image for one pixel of the result
            as_it_is = (height + width) / (to_height + to_width)
            step = step.where(ink.sum(dim=(1, 2)) > 0, as_it_is)
            # Along each axis a pixel of the result is a weighted mean of pixels of the image, so
            # that two matrix products do the work of a general transform.
            down = _weights(y, step, height, to_height)
            across = _weights(x, step, width, to_width)
            moved = down[:, None] @ exact @ across[:, None].mT
        return moved.to(images.dtype)

    def extra_repr(self) -> str:
        """The arguments, for ``print``."""
        side = "" if self.side is None else f", side={self.side}"
        return f"spread={self.spread}, largest={self.largest}{side}"


def _mean_and_variance(ink: Tensor) -> tuple[Tensor, Tensor]:
    """Of the place of the ink along an axis, in pixels: ``(B, S)`` to ``(B,)`` each.

    Without ink the mean is the middle, and the variance 0.
    """
    places = torch.arange(ink.shape[1], device=ink.device, dtype=ink.dtype)
    total = ink.sum(dim=1)
    share = ink / total.where(total > 0, 1.0)[:, None]
    mean = (share * places).sum(dim=1).where(total > 0, (ink.shape[1] - 1) / 2)
    return mean, (share * (places - mean[:, None]).square()).sum(dim=1)


def _weights(mean: Tensor, step: Tensor, side: int, to_side: int) -> Tensor:
    """How much each pixel of the image counts in each of the result: ``(B, to_side, side)``.

    Pixels of the result are ``step`` apart, and the middle of the result lies on ``mean``. The
    weights are those of bilinear interpolation; where the image is made smaller they reach as far
    as the pixels of the result lie apart, so that no stroke falls between two of them.
    """
    places = torch.arange(side, device=mean.device, dtype=mean.dtype)
    results = torch.arange(to_side, device=mean.device, dtype=mean.dtype)
    looked_at = mean[:, None] + step[:, None] * (results - (to_side - 1) / 2)
    reach = step.clamp(min=1.0)[:, None, None]
    return (1 - (looked_at[:, :, None] - places).abs() / reach).clamp(min=0) / reach

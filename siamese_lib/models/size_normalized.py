"""Normalisation of the position and size of drawings, as the first layer of a network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from siamese_lib.checks import check_above_zero, check_counts
from siamese_lib.distances import at_least_float32


class SizeNormalized(nn.Module):
    """Move the mean position of the ink to the centre, and scale the drawing to a common spread.

    This layer has no parameters. It performs moment normalisation (Casey 1970) of position and
    size. Width and height are scaled by the same factor, and nothing is rotated. Ink beyond the
    border of the result is cut off.

    Args:
        spread: Root mean square distance of the ink from its mean position, along one axis, as a
            fraction of the mean side. Above 0.
        largest: Largest factor by which a drawing's share of the image grows, above 0, so that a
            dot stays a dot.
        side: Side of the returned square images in pixels. Default: the size of the input.

    Raises:
        ValueError: If ``spread`` or ``largest`` is not above 0, or if ``side`` is below 1.
    """

    def __init__(self, spread: float = 0.2, largest: float = 4.0, side: int | None = None) -> None:
        super().__init__()
        check_above_zero(spread=spread, largest=largest)
        if side is not None:
            check_counts(side=side)
        self.spread, self.largest, self.side = spread, largest, side

    def forward(self, images: Tensor) -> Tensor:
        """Normalise images ``(B, C, H, W)``, with ink above 0 on paper 0.

        Returns:
            Images of the same shape, or ``(B, C, side, side)``, with the same data type. A drawing
            without ink is not moved.

        Raises:
            ValueError: If images have a different shape.
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
        """Return the arguments as text, for ``print``."""
        side = "" if self.side is None else f", side={self.side}"
        return f"spread={self.spread}, largest={self.largest}{side}"


def _mean_and_variance(ink: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance of the ink's position in pixels, ``(B, S)`` to ``(B,)`` each.

    Without ink, the mean is the centre and the variance is 0.
    """
    places = torch.arange(ink.shape[1], device=ink.device, dtype=ink.dtype)
    total = ink.sum(dim=1)
    share = ink / total.where(total > 0, 1.0)[:, None]
    mean = (share * places).sum(dim=1).where(total > 0, (ink.shape[1] - 1) / 2)
    return mean, (share * (places - mean[:, None]).square()).sum(dim=1)


def _weights(mean: Tensor, step: Tensor, side: int, to_side: int) -> Tensor:
    """Return the weight of each input pixel in each output pixel: ``(B, to_side, side)``.

    Output pixels are ``step`` apart, and the centre of the output is at ``mean``. The weights are
    those of bilinear interpolation, widened to ``step`` if the image shrinks.
    """
    places = torch.arange(side, device=mean.device, dtype=mean.dtype)
    results = torch.arange(to_side, device=mean.device, dtype=mean.dtype)
    looked_at = mean[:, None] + step[:, None] * (results - (to_side - 1) / 2)
    reach = step.clamp(min=1.0)[:, None, None]
    return (1 - (looked_at[:, :, None] - places).abs() / reach).clamp(min=0) / reach

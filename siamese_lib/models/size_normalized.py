"""Drawings brought to one place and one size, before any weight looks at them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from siamese_lib.checks import check_above_zero
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
        largest: drawings are enlarged at most so many times: a dot stays a dot.

    Raises:
        ValueError: an argument that is not above 0.
    """

    def __init__(self, spread: float = 0.2, largest: float = 4.0) -> None:
        super().__init__()
        check_above_zero(spread=spread, largest=largest)
        self.spread, self.largest = spread, largest

    def forward(self, images: Tensor) -> Tensor:
        """Images ``(B, C, H, W)`` of ink above 0 on paper 0; returns the same shape and type.

        A drawing without ink stays as it is.

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
            wanted = self.spread * (height + width) / 2
            # Pixels of the image for one pixel of the result. The least is taken before the root,
            # whose slope is infinite at 0, where all ink is in one place.
            least = (wanted / self.largest) ** 2
            step = ((y_variance + x_variance) / 2).clamp(min=least).sqrt() / wanted
            step = step.where(ink.sum(dim=(1, 2)) > 0, 1.0)
            # Along each axis a pixel of the result is a weighted mean of pixels of the image, so
            # that two matrix products do the work of a general transform.
            down, across = _weights(y, step, height), _weights(x, step, width)
            moved = down[:, None] @ exact @ across[:, None].mT
        return moved.to(images.dtype)

    def extra_repr(self) -> str:
        """The arguments, for ``print``."""
        return f"spread={self.spread}, largest={self.largest}"


def _mean_and_variance(ink: Tensor) -> tuple[Tensor, Tensor]:
    """Of the place of the ink along an axis, in pixels: ``(B, S)`` to ``(B,)`` each.

    Without ink the mean is the middle, and the variance 0.
    """
    places = torch.arange(ink.shape[1], device=ink.device, dtype=ink.dtype)
    total = ink.sum(dim=1)
    share = ink / total.where(total > 0, 1.0)[:, None]
    mean = (share * places).sum(dim=1).where(total > 0, (ink.shape[1] - 1) / 2)
    return mean, (share * (places - mean[:, None]).square()).sum(dim=1)


def _weights(mean: Tensor, step: Tensor, side: int) -> Tensor:
    """How much each pixel of the image counts in each pixel of the result: ``(B, side, side)``.

    Pixels of the result are ``step`` apart, and the middle of the result lies on ``mean``. The
    weights are those of bilinear interpolation; where the image is made smaller they reach as far
    as the pixels of the result lie apart, so that no stroke falls between two of them.
    """
    places = torch.arange(side, device=mean.device, dtype=mean.dtype)
    looked_at = mean[:, None] + step[:, None] * (places - (side - 1) / 2)
    reach = step.clamp(min=1.0)[:, None, None]
    return (1 - (looked_at[:, :, None] - places).abs() / reach).clamp(min=0) / reach

"""Painting shapes on many pictures at once, with soft edges one pixel wide."""

from __future__ import annotations

import copy

from torch import Tensor


class Canvas:
    """B colour pictures, and the place of each pixel in the coordinates of what is painted.

    Args:
        x: float ``(B, H, W)``, to the right.
        y: float ``(B, H, W)``, down.
        pixel: float ``(B, 1, 1)``, the side of a pixel in these coordinates.
        colour: float ``(B, 3)`` in [0, 1], of the background.
    """

    def __init__(self, x: Tensor, y: Tensor, pixel: Tensor, colour: Tensor) -> None:
        self.x, self.y, self.pixel = x, y, pixel
        self.picture = colour[:, :, None, None].repeat(1, 1, *x.shape[1:])
        self.place: tuple[slice, ...] = (slice(None),) * 3  # of a window, in the whole

    def window(self, x: Tensor, y: Tensor, width: float, height: float) -> Canvas:
        """The smallest part that holds, in each picture, all around a point: painted much faster.

        Args:
            x: float ``(B,)``, the point.
            y: float ``(B,)``.
            width: how far to see on either side of it.
            height: how far above and below.
        """
        near = ((self.x - each(x)).abs() < width) & ((self.y - each(y)).abs() < height)
        rows, columns = (near.any(dim=0).any(dim=other).nonzero() for other in (1, 0))
        part = copy.copy(self)
        part.place = (slice(None), *(_from_first_to_last(line) for line in (rows, columns)))
        part.x, part.y = self.x[part.place], self.y[part.place]
        part.picture = self.picture[(slice(None), *part.place)]  # a view: paint stays
        return part

    def inside(self, distance: Tensor) -> Tensor:
        """How much of each pixel is inside of a shape, 0 to 1.

        Args:
            distance: float ``(B, H, W)`` from its outline, negative inside.
        """
        return (0.5 - distance / self.pixel).clamp_(0, 1)

    def ellipse(self, x: Tensor, y: Tensor, a: Tensor, b: Tensor, turn: Tensor | None = None):
        """Coverage ``(B, H, W)`` of an ellipse with half-axes ``a`` and ``b``, each ``(B,)``."""
        u, v = self.x - each(x), self.y - each(y)
        if turn is not None:
            cos, sin = each(turn.cos()), each(turn.sin())
            u, v = u * cos + v * sin, v * cos - u * sin
        u, v = u / each(a), v / each(b)
        # First-order distance: how far the ellipse's equation is from 1, over its gradient.
        level = (u.square() + v.square()).sqrt_()
        slope = ((u / each(a)).square_() + (v / each(b)).square_()).sqrt_().clamp_(min=1e-4)
        return self.inside(level * (level - 1) / slope)

    def band(self, distance: Tensor, half_width: Tensor) -> Tensor:
        """Coverage of a line of some thickness; thinner than a pixel it grows faint.

        Args:
            distance: float ``(B, H, W)`` from the middle of the line.
            half_width: float ``(B,)``, or ``(B, H, W)`` where it changes along the line.
        """
        half = half_width if half_width.ndim == 3 else each(half_width)
        away = distance.abs()
        return self.inside(away - half) - self.inside(away + half)

    def paint(self, coverage: Tensor, colour: Tensor, strength: Tensor | float = 1.0) -> None:
        """Lay a colour over the pictures.

        Args:
            coverage: float ``(B, H, W)``, 0 to 1.
            colour: float ``(B, 3)``, or ``(B, 3, H, W)``.
            strength: 0 to 1, for all or ``(B,)``.
        """
        if isinstance(strength, Tensor):
            strength = each(strength)
        if colour.ndim == 2:
            colour = colour[:, :, None, None]
        self.picture.add_((coverage * strength)[:, None] * (colour - self.picture))

    def shade(self, coverage: Tensor, factor: Tensor | float) -> None:
        """Darken (below 1) or lighten: multiply by a factor for all, ``(B,)`` or ``(B, H, W)``."""
        if isinstance(factor, Tensor) and factor.ndim == 1:
            factor = each(factor)
        self.picture.mul_((1 + coverage * (factor - 1))[:, None])


def _from_first_to_last(numbers: Tensor) -> slice:
    return slice(int(numbers[0]), int(numbers[-1]) + 1) if len(numbers) else slice(0)


def each(values: Tensor) -> Tensor:
    """``(B,)`` to ``(B, 1, 1)``."""
    return values[:, None, None]

"""People who draw: each has a slant, a size, a pen and an unsteadiness of their own."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.data.glyphs.alphabets import Characters, strokes_to_paths
from siamese_lib.data.rendering import render
from siamese_lib.randomness import draws


class Drawers(NamedTuple):
    """D people.

    Attributes:
        frame: ``(D, 2, 2)``, the person's slant, turn, size and proportions as one matrix.
        pen: ``(D,)``, width of the pen as a fraction of the image's side.
        unsteady: ``(D,)``, how far a knot strays, in units of half the image's side.
        rounding: ``(D,)``, how much rounder (or straighter) than the ideal this person draws.
    """

    frame: Tensor
    pen: Tensor
    unsteady: Tensor
    rounding: Tensor


def meet_drawers(n: int, generator: torch.Generator) -> Drawers:
    """Make up ``n`` people on the device of ``generator``."""

    _, randn = draws(generator)

    return Drawers(
        frame=_frame(0.10 * randn(n), 0.06 * randn(n), 0.76 * torch.exp(0.11 * randn(n)), randn(n)),
        pen=0.047 * torch.exp(0.12 * randn(n)),
        unsteady=0.05 * torch.exp(0.35 * randn(n)),
        rounding=0.2 * randn(n),
    )


def _frame(slant: Tensor, turn: Tensor, size: Tensor, proportion: Tensor) -> Tensor:
    """The matrix that turns ``x, y`` of the ideal into those of the drawing."""
    cos, sin = turn.cos(), turn.sin()
    wide = torch.exp(0.06 * proportion)
    turned = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
    slanted = torch.stack(
        [torch.stack([wide, -slant], -1), torch.stack([torch.zeros_like(wide), 1 / wide], -1)], -2
    )
    return size[:, None, None] * turned @ slanted


def draw(
    characters: Characters,
    drawers: Drawers,
    size: int,
    generator: torch.Generator,
) -> Tensor:
    """One drawing for each row: character ``i`` by drawer ``i``.

    Args:
        characters: N characters (repeat a character to have it drawn again).
        drawers: N drawers.
        size: side of the images in pixels.
        generator: where the unsteadiness comes from.

    Returns:
        uint8 ``(N, 1, size, size)``, ink 255 on 0.
    """
    paths, lengths = pen_paths(characters, drawers, generator)
    return render(paths, lengths, drawers.pen, size)


def pen_paths(
    characters: Characters, drawers: Drawers, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Where the pen goes when drawer ``i`` draws character ``i``.

    Args:
        characters: N characters.
        drawers: N drawers.
        generator: where the unsteadiness comes from.

    Returns:
        Paths ``(N, STROKES, POINTS, 2)`` and the length of path at each point, 0 where a stroke is
        not used: what ``strokes_to_paths`` returns and ``render`` draws.
    """
    n, n_strokes, n_knots, _ = characters.knots.shape

    _, randn = draws(generator)

    unsteady = drawers.unsteady[:, None, None, None]
    # Each stroke is set down a little off its place, a little too long or short, and turned.
    middle = characters.knots.mean(2, keepdim=True)
    warp = torch.eye(2, device=generator.device) + 1.8 * unsteady * randn(n, n_strokes, 2, 2)
    knots = middle + (characters.knots - middle) @ warp + 1.2 * unsteady * randn(n, n_strokes, 1, 2)
    # Then the knots stray. A hand drifts rather than shakes: neighbours stray together.
    stray = randn(n, n_strokes, n_knots + 2, 2)
    stray = (stray[:, :, :-2] + 2 * stray[:, :, 1:-1] + stray[:, :, 2:]) / 4
    knots = knots + 1.3 * unsteady * stray
    knots = torch.einsum("nij,nskj->nski", drawers.frame, knots)
    knots = knots + 0.09 * randn(n, 1, 1, 2)
    smooth = (characters.smooth + drawers.rounding).clamp(0, 1)
    return strokes_to_paths(knots, characters.used, smooth)

"""From pen paths to pictures: anti-aliased at any size, a whole batch at once.

A path is a row of points. Each point leaves a small round Gaussian blot, and because a Gaussian
in two dimensions is one along x times one along y, all blots of an image together are one matrix
product. A long straight row of blots of width ``s`` sums to ``exp(-d**2 / (2 s**2))`` at the
distance ``d`` from the line, so the logarithm of the sum gives the distance to the pen path, and
from that follows how much of a pixel the pen covers. Where the pen is pressed harder, the blots are
heavier, and the same logarithm makes the line wider.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from siamese_lib.checks import height_and_width

# Standard deviation, in pixels, of the soft edge: about that of a pixel's own square.
EDGE = 0.35
# A blot narrower than this (in pixels) would fall between the pixel centres.
NARROWEST_BLOT = 0.6
# Images drawn at once: larger pieces fall out of the processor's cache.
CHUNK = 512


def render(
    paths: Tensor,
    lengths: Tensor,
    pen: Tensor,
    size: int | tuple[int, int],
    pressure: Tensor | None = None,
) -> Tensor:
    """Draw pen paths.

    Args:
        paths: float ``(N, S, T, 2)``: for each image, S strokes of T points (x to the right, y
            down); the picture spans -1 to 1 from top to bottom, and as much to each pixel from
            left to right: -1 to 1 if it is square.
        lengths: float ``(N, S, T)``: how much of the path each point stands for, in the same
            unit; 0 leaves it out.
        pen: float ``(N,)``: width of the pen as a fraction of the image's height.
        size: side of the images in pixels, or their height and width.
        pressure: float ``(N, S, T)``: width of the line at each point, as a multiple of ``pen``;
            1 by default. Below about 1/2 the line gets paler rather than thinner.

    Returns:
        uint8 ``(N, 1, height, width)`` on the same device, ink 255 on 0.
    """
    height, width = height_and_width(size)
    if pressure is not None:
        # A blot of width s, made exp(q) times as heavy, moves the edge of a line from r to
        # sqrt(r^2 + 2 q s^2); the pen's blots have s = r.
        lengths = lengths * torch.exp((pressure.square() - 1) / 2)
    images = torch.empty(len(paths), 1, height, width, dtype=torch.uint8, device=paths.device)
    for start in range(0, len(paths), CHUNK):
        part = slice(start, start + CHUNK)
        images[part, 0] = _render_chunk(paths[part], lengths[part], pen[part], height, width)
    return images


def _render_chunk(paths: Tensor, lengths: Tensor, pen: Tensor, height: int, width: int) -> Tensor:
    half_width = (pen * height / 2).clamp(min=0.25)[:, None, None]
    blot = half_width.clamp(min=NARROWEST_BLOT)  # (N, 1, 1)

    # In units of one full blot. Half a blot more at both ends lets a stroke reach as far as its
    # points do, and makes a dot of a stroke that has no length.
    ink = lengths * (height / 2) / (math.sqrt(2 * math.pi) * blot)
    used = lengths[..., 0] > 0
    ink[..., 0] += 0.5 * used
    ink[..., -1] += 0.5 * used
    ink = ink.flatten(1)

    scale = -0.5 / blot.square()
    across = _spread(paths[..., 0] + width / height, width, height, scale)
    down = _spread(paths[..., 1] + 1, height, height, scale)
    blots = torch.bmm((down * ink[:, :, None]).transpose(1, 2), across)

    distance = (blots.clamp_(min=1e-12).log_() / scale).clamp_(min=0).sqrt_()
    edge = EDGE * math.sqrt(2)
    covered = torch.erf((half_width - distance) / edge) + torch.erf((half_width + distance) / edge)
    return covered.mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)


def _spread(place: Tensor, n_pixels: int, height: int, scale: Tensor) -> Tensor:
    """How much of each blot ``(N, S, T)`` falls to each pixel of one side: ``(N, S * T, P)``."""
    centres = torch.arange(n_pixels, device=place.device, dtype=place.dtype) + 0.5
    points = (place * (height / 2)).flatten(1)
    return torch.exp((points[:, :, None] - centres).square_().mul_(scale))

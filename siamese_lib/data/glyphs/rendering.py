"""From pen paths to pictures: anti-aliased at any size, a whole batch at once.

A path is a row of points. Each point leaves a small round Gaussian blot, and because a Gaussian
in two dimensions is one along x times one along y, all blots of an image together are one matrix
product. A long straight row of blots of width ``s`` sums to ``exp(-d**2 / (2 s**2))`` at the
distance ``d`` from the line, so the logarithm of the sum gives the distance to the pen path, and
from that follows how much of a pixel the pen covers.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

# Standard deviation, in pixels, of the soft edge: about that of a pixel's own square.
EDGE = 0.35
# A blot narrower than this (in pixels) would fall between the pixel centres.
NARROWEST_BLOT = 0.6
# Images drawn at once: larger pieces fall out of the processor's cache.
CHUNK = 512


def render(paths: Tensor, lengths: Tensor, pen: Tensor, size: int) -> Tensor:
    """Draw pen paths.

    Args:
        paths: float ``(N, S, T, 2)``: for each image, S strokes of T points (x to the right, y
            down); the picture spans -1 to 1 in both directions.
        lengths: float ``(N, S, T)``: how much of the path each point stands for, in the same
            unit; 0 leaves it out.
        pen: float ``(N,)``: width of the pen as a fraction of the image's side.
        size: side of the images in pixels.

    Returns:
        uint8 ``(N, 1, size, size)`` on the same device, ink 255 on 0.
    """
    images = torch.empty(len(paths), 1, size, size, dtype=torch.uint8, device=paths.device)
    for start in range(0, len(paths), CHUNK):
        part = slice(start, start + CHUNK)
        images[part, 0] = _render_chunk(paths[part], lengths[part], pen[part], size)
    return images


def _render_chunk(paths: Tensor, lengths: Tensor, pen: Tensor, size: int) -> Tensor:
    half_width = (pen * size / 2).clamp(min=0.25)[:, None, None]
    blot = half_width.clamp(min=NARROWEST_BLOT)  # (N, 1, 1)

    # In units of one full blot. Half a blot more at both ends lets a stroke reach as far as its
    # points do, and makes a dot of a stroke that has no length.
    ink = lengths * (size / 2) / (math.sqrt(2 * math.pi) * blot)
    used = lengths[..., 0] > 0
    ink[..., 0] += 0.5 * used
    ink[..., -1] += 0.5 * used
    ink = ink.flatten(1)

    points = ((paths + 1) * (size / 2)).flatten(1, 2)
    centres = torch.arange(size, device=paths.device, dtype=paths.dtype) + 0.5
    scale = -0.5 / blot.square()
    across = torch.exp((points[:, :, 0, None] - centres).square_().mul_(scale))
    down = torch.exp((points[:, :, 1, None] - centres).square_().mul_(scale))
    blots = torch.bmm((down * ink[:, :, None]).transpose(1, 2), across)

    distance = (blots.clamp_(min=1e-12).log_() / scale).clamp_(min=0).sqrt_()
    edge = EDGE * math.sqrt(2)
    covered = torch.erf((half_width - distance) / edge) + torch.erf((half_width + distance) / edge)
    return covered.mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)

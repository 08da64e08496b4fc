"""The oldest attack on a door: hold up a photograph of somebody who works there."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese_lib.randomness import as_generator, draws


def hold_up(
    images: Tensor, close: bool = False, generator: torch.Generator | int | None = None
) -> Tensor:
    """Photograph printed photographs that are held in front of a camera.

    A print is paler than the picture, is held a little askew, and reflects some light. From
    further away its white border and the room behind it are seen as well.

    Args:
        images: uint8 ``(N, 3, S, S)``.
        close: hold it so near that it fills the picture.
        generator: a generator or a seed.

    Returns:
        uint8 ``(N, 3, S, S)``.

    Raises:
        ValueError: images of another shape or type.
    """
    if images.ndim != 4 or images.dtype != torch.uint8 or images.shape[2] != images.shape[3]:
        raise ValueError(
            f"images must be uint8 (N, 3, S, S), got {images.dtype} {tuple(images.shape)}"
        )
    generator = as_generator(generator, images.device)
    n, _, size, _ = images.shape

    rand, _ = draws(generator)

    turn, scale = 0.16 * (rand(n) - 0.5), (1.06 if close else 0.80) + 0.08 * rand(n)
    cos, sin = turn.cos() / scale, turn.sin() / scale
    shift = 0.08 * (rand(n, 2) - 0.5)
    rows = [torch.stack([cos, sin, shift[:, 0]], 1), torch.stack([-sin, cos, shift[:, 1]], 1)]
    places = F.affine_grid(torch.stack(rows, 1), [n, 3, size, size], align_corners=False)
    # Beyond the edge of the picture comes white paper, and beyond that the room.
    reach = places.abs().amax(dim=3)[:, None]
    room = 0.25 + 0.5 * rand(n, 3, 1, 1)
    floats = images.float() / 255
    picture = F.grid_sample(floats, places, padding_mode="border", align_corners=False)
    printed = 0.10 + 0.80 * picture
    printed = torch.where(reach > 1, torch.tensor(0.93, device=images.device), printed)
    glare = 1 - (places[..., 0] - places[..., 1] - 2 * (rand(n, 1, 1) - 0.5)).abs() / 0.25
    printed = printed + 0.12 * glare.clamp(min=0)[:, None]
    held = torch.where(reach > 1.1, room.expand_as(printed), printed)
    return (255 * held).round().clamp(0, 255).to(torch.uint8)

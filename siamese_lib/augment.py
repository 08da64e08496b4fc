"""Augmentation of whole batches on their device."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese_lib.checks import check_at_least_zero, check_one_of
from siamese_lib.data import LabelledImages
from siamese_lib.randomness import as_generator


class RandomAffine:
    """Rotate, shear, scale and shift each image of a batch by its own random amounts.

    Args:
        degrees: Rotation is drawn from -degrees to degrees.
        shear: Shear of each axis is drawn from -shear to shear: x moves by that multiple of y, and
            y by that multiple of x.
        scale: Each axis is scaled by a factor drawn from exp(-scale) to exp(scale).
        shift: Shift along each axis is drawn from -shift to shift, as a fraction of the side.
        fill: Value of the pixels that come from outside the image. Default: 0, for ink on paper.
            ``"border"`` repeats the pixel at the edge, which suits photographs.
        device: Device of the images.
        generator: A seed, or a ``torch.Generator`` on ``device``.

    Raises:
        ValueError: If an amount is negative, or if ``fill`` is a string other than ``"border"``.
    """

    def __init__(
        self,
        degrees: float = 10.0,
        shear: float = 0.15,
        scale: float = 0.15,
        shift: float = 0.08,
        fill: float | str = 0.0,
        device: torch.device | str = "cpu",
        generator: torch.Generator | int | None = None,
    ) -> None:
        check_at_least_zero(degrees=degrees, shear=shear, scale=scale, shift=shift)
        if isinstance(fill, str):
            check_one_of("fill", fill, ["border"])
        self.degrees, self.shear, self.scale, self.shift = degrees, shear, scale, shift
        self.fill = fill
        self.generator = as_generator(generator, device)

    def __call__(self, images: Tensor) -> Tensor:
        """Augment float images ``(B, C, H, W)``; shape, data type and device stay the same.

        Raises:
            ValueError: If images are not floats of this shape.
        """
        if images.ndim != 4 or not images.is_floating_point():
            raise ValueError(
                f"images must be floats of shape (B, C, H, W), got {images.dtype} "
                f"{tuple(images.shape)}"
            )
        grid = _places(self._matrices(images), *images.shape[2:])
        if isinstance(self.fill, str):
            return F.grid_sample(images, grid, padding_mode="border", align_corners=False)
        if self.fill == 0:
            return F.grid_sample(images, grid, align_corners=False)
        # grid_sample fills with 0, so the background is moved there and back.
        return F.grid_sample(images - self.fill, grid, align_corners=False) + self.fill

    def _matrices(self, images: Tensor) -> Tensor:
        """Return a ``(2, 3)`` matrix for each image that maps new pixel coordinates to old ones."""
        n = len(images)
        amounts = torch.rand(n, 7, generator=self.generator, device=images.device) * 2 - 1
        amounts = amounts.to(images.dtype)
        angle = amounts[:, 0] * math.radians(self.degrees)
        shear_x, shear_y = (amounts[:, 1:3] * self.shear).unbind(1)
        scales = torch.exp(amounts[:, 3:5] * self.scale)
        shift = amounts[:, 5:7] * (2 * self.shift)  # the picture spans -1 to 1
        turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(n, 2, 2)
        one = torch.ones_like(shear_x)
        slant = torch.stack([one, shear_x, shear_y, one], 1).view(n, 2, 2)
        matrices = turn @ slant @ torch.diag_embed(1 / scales)
        height, width = images.shape[2:]
        if height != width:  # both sides run from -1 to 1, so a turn there would be a slant
            sides = matrices.new_tensor([width, height])
            matrices = matrices * (sides / sides[:, None])
        return torch.cat([matrices, shift[:, :, None]], dim=2)


def _places(matrices: Tensor, height: int, width: int) -> Tensor:
    """Return the sampling grid, from ``(n, 2, 3)`` to ``(n, H, W, 2)``, x and y from -1 to 1.

    The result is that of ``F.affine_grid``, which is slower on a CPU.
    """
    x, y = (
        (2 * torch.arange(side, device=matrices.device, dtype=matrices.dtype) + 1) / side - 1
        for side in (width, height)
    )
    along, across, shift = matrices[:, :, None, None, :].unbind(-1)  # (n, 2, 1, 1) each
    return (along * x + (across * y[:, None] + shift)).movedim(1, 3).contiguous()


def quarter_turns(images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Add the quarter turns of each class as classes of their own: four times as many classes.

    Args:
        images: Tensor of shape ``(B, C, S, S)`` and any data type.
        labels: Integer class labels of shape ``(B,)``, 0 or more.

    Returns:
        Images of shape ``(4 B, C, S, S)`` and int64 labels of shape ``(4 B,)``. Class c rotated by
        k quarter turns is class ``4 c + k``.

    Raises:
        ValueError: If images are not square.
    """
    if images.ndim != 4 or images.shape[2] != images.shape[3]:
        raise ValueError(f"images must be square, (B, C, S, S), got {tuple(images.shape)}")
    labels = labels.long()  # four times the classes may be more than 8 bits can count
    # Turn by turn into their place: all images four times over can be gigabytes.
    turned = images.new_empty(4, *images.shape)
    for k, place in enumerate(turned):
        place.copy_(torch.rot90(images, k, dims=(2, 3)))
    return turned.flatten(0, 1), torch.cat([4 * labels + k for k in range(4)])


def with_quarter_turns(data: LabelledImages) -> LabelledImages:
    """Return a data set in which each quarter turn of a class is a class of its own.

    Labels are those of ``quarter_turns``. Groups and makers stay the same.

    Raises:
        ValueError: If images are not square.
    """
    images, labels = quarter_turns(data.images, data.labels)
    return replace(
        data,
        images=images,
        labels=labels,
        groups=data.groups.repeat(4),
        makers=data.makers.repeat(4),
        class_names=tuple(
            f"{name} turned by {90 * k}°" for name in data.class_names for k in range(4)
        ),
        name=f"{data.name}, with quarter turns",
    )


def with_turns_and_mirrors(data: LabelledImages) -> LabelledImages:
    """Return a data set with the quarter turns of each class and of its mirror image as classes.

    There are eight times as many classes. A symmetric letter becomes the same class under two
    names, so that a negative pair may show the same letter.

    Raises:
        ValueError: If images are not square.
    """
    mirrored = replace(
        data,
        images=torch.cat([data.images, data.images.flip(3)]),
        labels=torch.cat([2 * data.labels, 2 * data.labels + 1]),
        groups=data.groups.repeat(2),
        makers=data.makers.repeat(2),
        class_names=tuple(f"{name}{how}" for name in data.class_names for how in ("", " mirrored")),
    )
    return replace(with_quarter_turns(mirrored), name=f"{data.name}, turned and mirrored")

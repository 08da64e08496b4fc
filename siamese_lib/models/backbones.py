"""Backbones: networks that map an image to an embedding.

Each takes images ``(B, C, H, W)`` and returns embeddings ``(B, D)``. D is stored in
``out_features``.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siamese_lib.checks import check_counts, height_and_width


class Backbone(nn.Module):
    """Convolutions followed by linear layers, for images of a fixed size.

    Args:
        convolutions: Module that maps images ``(B, C, H, W)`` to feature maps.
        head: Function that takes the number of flattened features and returns the layers that
            follow.
        channels: Number of channels C of the images.
        size: Side of the images in pixels, or their height and width.
        out_features: Size D of an embedding.
        name: Name of the backbone in messages.
        smallest: Smallest side of an image, in pixels, for which features remain.

    Raises:
        ValueError: If images are smaller than ``smallest``, or if a number is below 1.
    """

    def __init__(
        self,
        convolutions: nn.Module,
        head: Callable[[int], nn.Module],
        channels: int,
        size: int | tuple[int, int],
        out_features: int,
        name: str,
        smallest: int,
    ) -> None:
        super().__init__()
        check_counts(channels=channels, out_features=out_features)
        sides = height_and_width(size)
        if min(sides) < smallest:
            raise ValueError(f"{name} needs images of {smallest} px or more, got size={size}")
        self.name, self.out_features = name, out_features
        self.image_shape = (channels, *sides)
        self.convolutions = convolutions
        # The size of what comes out is worked out from an image, where many a tutorial writes
        # down the number for its own images. In evaluation mode, so that BatchNorm does not learn
        # from it.
        with torch.no_grad():
            n_features = convolutions.eval()(torch.zeros(1, *self.image_shape)).numel()
        convolutions.train()
        self.layers = head(n_features)

    def forward(self, images: Tensor) -> Tensor:
        """Map images ``(B, C, H, W)`` to embeddings ``(B, D)``.

        Raises:
            ValueError: If images have a different shape; the message names the expected shape.
        """
        if images.ndim != 4 or tuple(images.shape[1:]) != self.image_shape:
            wanted = ", ".join(map(str, self.image_shape))
            raise ValueError(
                f"{self.name} was made for images (B, {wanted}), got {tuple(images.shape)}"
            )
        return self.layers(self.convolutions(images).flatten(1))


def _block(n_in: int, n_out: int, side: int = 3, stride: int = 1) -> list[nn.Module]:
    """Return a convolution that keeps the size at stride 1, batch norm and ReLU."""
    convolution = nn.Conv2d(n_in, n_out, side, stride, padding=side // 2, bias=False)
    return [convolution, nn.BatchNorm2d(n_out), nn.ReLU()]


def _linear(out_features: int, dropout: float = 0.0) -> Callable[[int], nn.Module]:
    """Return a head of one linear layer, with dropout before it if ``dropout`` is above 0."""

    def head(n_features: int) -> nn.Module:
        linear = nn.Linear(n_features, out_features)
        return nn.Sequential(nn.Dropout(dropout), linear) if dropout else linear

    return head


def koch(
    channels: int = 1, size: int | tuple[int, int] = 105, out_features: int = 4096
) -> Backbone:
    """Return the network of Koch, Zemel and Salakhutdinov (2015, figure 4), for 105 x 105 pixels.

    The layers are 64 @ 10x10, pool, 128 @ 7x7, pool, 128 @ 4x4, pool, 256 @ 4x4, then linear from
    9,216 to 4,096 with a sigmoid. The network has 38,947,648 parameters; with the weighted L1
    distance of the paper on top, it has 38,951,745.
    """
    convolutions = nn.Sequential(
        *(nn.Conv2d(channels, 64, 10), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 128, 7), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(128, 128, 4), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(128, 256, 4), nn.ReLU()),
    )

    def layers(n_features: int) -> nn.Module:
        return nn.Sequential(nn.Linear(n_features, out_features), nn.Sigmoid())

    return Backbone(convolutions, layers, channels, size, out_features, "koch", 105)


def conv4(channels: int = 1, size: int | tuple[int, int] = 28, out_features: int = 64) -> Backbone:
    """Return Conv4-64: four blocks of 3x3 convolution, batch norm, ReLU and pooling.

    As in Vinyals et al. (2016) and Snell et al. (2017), the embedding consists of the flattened 64
    feature maps: 64 numbers at 28 px. If ``out_features`` is different, a linear layer follows.
    """

    def block(n_in: int) -> list[nn.Module]:
        return [nn.Conv2d(n_in, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)]

    convolutions = nn.Sequential(*block(channels), *block(64), *block(64), *block(64))

    def layers(n_features: int) -> nn.Module:
        return nn.Identity() if n_features == out_features else nn.Linear(n_features, out_features)

    return Backbone(convolutions, layers, channels, size, out_features, "conv4", 16)


def fast(
    channels: int = 1, size: int | tuple[int, int] = 28, out_features: int = 128, width: int = 32
) -> Backbone:
    """Return a small network for the CPU: three convolutions with stride 2 and a linear layer.

    At 28 px and the default ``width``, the number of channels of the first convolution, it has
    about 355,000 parameters.
    """
    check_counts(width=width)

    convolutions = nn.Sequential(
        *_block(channels, width, side=5, stride=2),
        *_block(width, 2 * width, stride=2),
        *_block(2 * width, 4 * width, stride=2),
    )

    return Backbone(convolutions, _linear(out_features), channels, size, out_features, "fast", 8)


def compact(
    channels: int = 1,
    size: int | tuple[int, int] = 28,
    out_features: int = 128,
    dropout: float = 0.1,
) -> Backbone:
    """Return a network of four convolutions with pooling: slower and more accurate than ``fast``.

    At 28 px it has about 334,000 parameters.
    """

    convolutions = nn.Sequential(
        *_block(channels, 32, side=5, stride=2),
        *(*_block(32, 64), nn.MaxPool2d(2)),
        *(*_block(64, 96), nn.MaxPool2d(2)),
        *_block(96, 128),
    )

    return Backbone(
        convolutions, _linear(out_features, dropout), channels, size, out_features, "compact", 16
    )


def sharp(
    channels: int = 1,
    size: int | tuple[int, int] = 28,
    out_features: int = 128,
    width: int = 32,
    dropout: float = 0.1,
) -> Backbone:
    """Return a network of four convolutions of growing width whose first layer has stride 1.

    Unlike ``fast`` and ``compact``, it computes features at every pixel, which preserves the
    details that distinguish letters of one alphabet. The first three convolutions are pooled before
    batch norm. ``width`` is the number of channels of the first convolution. At 28 px and the
    default width it has about 503,000 parameters.
    """
    check_counts(width=width)

    def pooled(n_in: int, n_out: int) -> list[nn.Module]:
        convolution, *others = _block(n_in, n_out)
        return [convolution, nn.MaxPool2d(2, ceil_mode=True), *others]

    convolutions = nn.Sequential(
        *pooled(channels, width),
        *pooled(width, 2 * width),
        *pooled(2 * width, 4 * width),
        *_block(4 * width, 4 * width),
    )

    return Backbone(
        convolutions, _linear(out_features, dropout), channels, size, out_features, "sharp", 16
    )


class UnitLength(nn.Module):
    """Scale embeddings ``(B, D)`` to length 1.

    Add it after a backbone if a loss requires unit vectors. The distance d of two such embeddings
    is at most 2, and ``d ** 2 = 2 - 2 * cosine``.
    """

    def forward(self, embeddings: Tensor) -> Tensor:
        """Map ``(B, D)`` to ``(B, D)``; an embedding of zeros is unchanged."""
        return F.normalize(embeddings)

"""Backbones: networks that turn an image into an embedding.

Each takes images ``(B, C, H, W)`` and returns embeddings ``(B, D)``. ``D`` is in ``out_features``.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siamese_lib.checks import check_counts, height_and_width


class Backbone(nn.Module):
    """Convolutions, then linear layers, for one size of image.

    Args:
        convolutions: images ``(B, C, H, W)`` to feature maps.
        head: takes the number of flattened features and returns the layers behind them.
        channels: C of the images.
        size: their side in pixels, or their height and width.
        out_features: D.
        name: what the backbone is called in messages.
        smallest: the smallest side, in pixels, that leaves something to flatten.

    Raises:
        ValueError: images that are too small, or numbers below 1.
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
        """Images ``(B, C, H, W)`` to embeddings ``(B, D)``.

        Raises:
            ValueError: images of another shape; the message says which one is expected.
        """
        if images.ndim != 4 or tuple(images.shape[1:]) != self.image_shape:
            wanted = ", ".join(map(str, self.image_shape))
            raise ValueError(
                f"{self.name} was made for images (B, {wanted}), got {tuple(images.shape)}"
            )
        return self.layers(self.convolutions(images).flatten(1))


def _block(n_in: int, n_out: int, side: int = 3, stride: int = 1) -> list[nn.Module]:
    """A convolution that keeps the size (at stride 1), batch norm, ReLU."""
    convolution = nn.Conv2d(n_in, n_out, side, stride, padding=side // 2, bias=False)
    return [convolution, nn.BatchNorm2d(n_out), nn.ReLU()]


def _linear(out_features: int, dropout: float = 0.0) -> Callable[[int], nn.Module]:
    """A head of one linear layer, behind dropout if there is any."""

    def head(n_features: int) -> nn.Module:
        linear = nn.Linear(n_features, out_features)
        return nn.Sequential(nn.Dropout(dropout), linear) if dropout else linear

    return head


def koch(
    channels: int = 1, size: int | tuple[int, int] = 105, out_features: int = 4096
) -> Backbone:
    """The network of Koch, Zemel and Salakhutdinov (2015, figure 4), for 105 x 105.

    64 @ 10x10, pool, 128 @ 7x7, pool, 128 @ 4x4, pool, 256 @ 4x4, then 9,216 to 4,096 and a
    sigmoid. With the ``"l1"`` head it has 38,951,745 parameters.
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
    """The field's Conv4-64: four blocks of 3x3 convolution, batch norm, ReLU and pooling.

    As in Vinyals et al. (2016) and Snell et al. (2017), whose embedding is the 64 feature maps,
    flattened: 64 numbers at 28 px. With another ``out_features`` a linear layer follows.
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
    """Made for two CPU cores: three convolutions with stride 2, so that the maps shrink early.

    At 28 px and the default width it has about 355,000 parameters.
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
    """One convolution more than ``fast``, and pooling: slower, better, and small enough to store.

    At 28 px it has about 334,000 parameters: the first convolution has stride 2, so that the
    other three work on small maps.
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
    """Four convolutions like ``conv4``, growing in width, each pooled before its batch norm.

    The first one looks at every pixel, where ``fast`` and ``compact`` look at every other one:
    letters of one alphabet differ in details. Pooling before batch norm and ReLU leaves these a
    quarter of the numbers to work on. At 28 px and the default width it has about 503,000
    parameters.
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
    """Scales embeddings ``(B, D)`` to length 1; put it behind a backbone when a loss wants that.

    On the unit sphere the distance d of two embeddings is at most 2, and
    ``d ** 2 = 2 - 2 * cosine``.
    """

    def forward(self, embeddings: Tensor) -> Tensor:
        """``(B, D)`` to ``(B, D)``; an embedding of zeros stays as it is."""
        return F.normalize(embeddings)

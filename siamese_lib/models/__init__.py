"""Backbones, and twins made of them."""

from siamese_lib.models.backbones import (
    Backbone,
    UnitLength,
    article_cnn,
    compact,
    conv4,
    fast,
    koch,
    sharp,
)
from siamese_lib.models.joined_turns import JoinedTurns
from siamese_lib.models.siamese import SiameseNetwork
from siamese_lib.models.size_normalized import SizeNormalized
from siamese_lib.models.torchvision_backbone import TorchvisionBackbone

__all__ = [
    "Backbone",
    "JoinedTurns",
    "SiameseNetwork",
    "SizeNormalized",
    "TorchvisionBackbone",
    "UnitLength",
    "article_cnn",
    "compact",
    "conv4",
    "fast",
    "koch",
    "sharp",
]

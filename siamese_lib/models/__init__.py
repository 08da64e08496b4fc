"""Backbones: networks that turn images into embeddings."""

from siamese_lib.models.backbones import (
    Backbone,
    UnitLength,
    compact,
    conv4,
    fast,
    koch,
    sharp,
)
from siamese_lib.models.joined_turns import JoinedTurns
from siamese_lib.models.pretrained_backbone import PretrainedBackbone
from siamese_lib.models.size_normalized import SizeNormalized

__all__ = [
    "Backbone",
    "JoinedTurns",
    "PretrainedBackbone",
    "SizeNormalized",
    "UnitLength",
    "compact",
    "conv4",
    "fast",
    "koch",
    "sharp",
]

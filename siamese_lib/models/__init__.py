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
from siamese_lib.models.siamese import SiameseNetwork

__all__ = [
    "Backbone",
    "SiameseNetwork",
    "UnitLength",
    "article_cnn",
    "compact",
    "conv4",
    "fast",
    "koch",
    "sharp",
]

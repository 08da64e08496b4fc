"""Backbones, twins made of them, and a trained network."""

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
from siamese_lib.models.pretrained import card, pretrained, untrained
from siamese_lib.models.siamese import SiameseNetwork

__all__ = [
    "Backbone",
    "SiameseNetwork",
    "UnitLength",
    "article_cnn",
    "card",
    "compact",
    "conv4",
    "fast",
    "koch",
    "pretrained",
    "sharp",
    "untrained",
]

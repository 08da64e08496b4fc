"""Recipes: what a training run depends on, as plain data, and the networks that came of them."""

from siamese_lib.recipes.measuring import measure
from siamese_lib.recipes.photographs import (
    PhotographFeatures,
    PhotographParts,
    grocery_features,
    packed_features,
    photograph_features,
    split_photographs,
)
from siamese_lib.recipes.pretrained import card, pretrained, untrained, weights_fingerprint
from siamese_lib.recipes.recipes import RECIPES, Recipe, recipe_named
from siamese_lib.recipes.run import build_network, train, training_data

__all__ = [
    "RECIPES",
    "PhotographFeatures",
    "PhotographParts",
    "Recipe",
    "build_network",
    "card",
    "grocery_features",
    "measure",
    "packed_features",
    "photograph_features",
    "pretrained",
    "recipe_named",
    "split_photographs",
    "train",
    "training_data",
    "untrained",
    "weights_fingerprint",
]

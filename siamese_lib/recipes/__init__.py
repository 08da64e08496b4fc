"""Recipes: all that a training run depends on, as plain data, and what carries them out."""

from siamese_lib.recipes.exams import measure
from siamese_lib.recipes.recipes import RECIPES, Recipe, recipe_named
from siamese_lib.recipes.run import build_network, train, training_data

__all__ = [
    "RECIPES",
    "Recipe",
    "build_network",
    "measure",
    "recipe_named",
    "train",
    "training_data",
]

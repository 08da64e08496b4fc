"""Carry a recipe out."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from siamese_lib import models
from siamese_lib.augment import RandomAffine
from siamese_lib.data import LabelledImages, join, load_characters, make_glyphs, with_other_pens
from siamese_lib.losses import SupConLoss
from siamese_lib.recipes.recipes import SYMMETRIES, Recipe
from siamese_lib.training import History, fit

CHARACTERS_PER_ALPHABET = 32
LARGE = 105  # pixels: the side at which pens are changed, that of Omniglot's own drawings
# Made-up alphabets are made from seeds of their own, far from those of the fixed Glyphs set.
GLYPH_SEED = 1_000_000


def training_data(
    recipe: Recipe,
    source: str = "auto",
    seed: int = 0,
    keep: Callable[[LabelledImages], LabelledImages] = lambda data: data,
) -> LabelledImages:
    """The images that a recipe trains on, with their symmetries as classes, on the CPU.

    Args:
        recipe: the recipe.
        source: as for ``load_characters``; a recipe without a split uses made-up alphabets only.
        seed: of the made-up alphabets.
        keep: what to take of the real alphabets, for example to hold some out; by default all.

    Raises:
        ValueError: a recipe without any data.
    """
    sets = []
    if recipe.split is not None:
        if recipe.other_pens:
            large = load_characters(source, recipe.split, size=LARGE)
            sets.append(with_other_pens(keep(large), recipe.size))
        else:
            sets.append(keep(load_characters(source, recipe.split, size=recipe.size)))
    if recipe.glyph_alphabets:
        sizes = [CHARACTERS_PER_ALPHABET] * recipe.glyph_alphabets
        sets.append(make_glyphs(sizes, size=recipe.size, seed=GLYPH_SEED + seed))
    if not sets:
        raise ValueError(f"recipe {recipe.name!r} has neither a split nor glyph_alphabets")
    data = sets[0] if len(sets) == 1 else join(sets, " and ".join(part.name for part in sets))
    return SYMMETRIES[recipe.symmetries](data)


def build_network(recipe: Recipe) -> nn.Module:
    """The recipe's network with fresh weights, from the global generator, as PyTorch does it."""
    arguments = recipe.backbone_arguments
    if recipe.spread is None:
        arguments = {**arguments, "size": recipe.size}  # nothing brings images to another side
    backbone = getattr(models, recipe.backbone)(**arguments)
    first = []
    if recipe.spread is not None:
        inside = backbone.image_shape[-1]
        side = None if inside == recipe.size else inside
        first = [models.SizeNormalized(recipe.spread, side=side)]
    network = nn.Sequential(*first, backbone, models.UnitLength())
    return models.JoinedTurns(network) if recipe.joined_turns else network


def train(
    recipe: Recipe,
    source: str = "auto",
    seed: int = 0,
    device: torch.device | str = "cpu",
    progress: bool = True,
    data: LabelledImages | None = None,
    augment: Callable[[Tensor], Tensor] | None = None,
    checkpoint: str | Path | None = None,
) -> tuple[nn.Module, History, float]:
    """Train a network by a recipe. No evaluation alphabet is loaded.

    Args:
        recipe: the recipe.
        source: where real alphabets come from, as for ``load_characters``.
        seed: of the first weights, the batches, the augmentation and the made-up alphabets.
        device: where to train.
        progress: show a progress bar.
        data: train on this instead of ``training_data(recipe, source, seed)``, for example with
            some alphabets held out.
        augment: in place of the recipe's ``RandomAffine``.
        checkpoint: a file to save the run to, and to go on from, as for ``fit``.

    Returns:
        The network in evaluation mode, the history, and the seconds of training (without the
        making of the data).
    """
    data = (training_data(recipe, source, seed) if data is None else data).to(device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build_network(recipe)
    network.to(device)
    if augment is None:
        augment = RandomAffine(**recipe.augment, device=device, generator=seed)
    began = time.perf_counter()
    history = fit(
        network,
        SupConLoss(recipe.temperature),
        data,
        recipe.settings.but(seed=seed),
        augment=augment,
        checkpoint=checkpoint,
        progress=progress,
    )
    return network, history, time.perf_counter() - began

"""Trained networks that come with the library, for the chapters that need one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from torch import nn

from siamese_lib.checks import check_one_of
from siamese_lib.recipes.recipes import Recipe
from siamese_lib.recipes.run import build_network
from siamese_lib.training import load_weights

FOLDER = Path(__file__).parent / "weights"
NAMES = ("omniglot",)


def weights_file(name: str = "omniglot") -> Path:
    """Where the weights of a stored network lie."""
    return FOLDER / f"{name}.safetensors"


def weights_fingerprint(name: str = "omniglot") -> str:
    """Twelve hexadecimal digits that are others for other weights.

    A result that was measured with a stored network keeps them, so that it cannot pass for one of
    the network that took its place.
    """
    return hashlib.sha256(weights_file(name).read_bytes()).hexdigest()[:12]


def untrained(name: str) -> nn.Module:
    """The architecture of a stored network, with fresh weights.

    Raises:
        ValueError: there is no such network; the error lists the known names.
    """
    return build_network(Recipe.from_dict(card(name)["recipe"]))


def pretrained(name: str = "omniglot") -> nn.Module:
    """A trained network, in evaluation mode on the CPU; embeddings of length 1.

    ``"omniglot"``: trained by the recipe on its card on the 30 background alphabets of Omniglot
    alone, for images ``(B, 1, 28, 28)`` with ink = 1. Its weights are stored in 16 bits and used
    in 32. Its card says how it was made, and how well it does.

    Raises:
        ValueError: there is no such network.
        CheckpointError: the stored file is damaged.
    """
    network = untrained(name)
    load_weights(network, weights_file(name))
    return network.eval()


def card(name: str = "omniglot") -> dict:
    """What is known about a stored network: data, recipe, seed, scores, how to make it again.

    Raises:
        ValueError: there is no such network.
    """
    check_one_of("network", name, NAMES)
    return json.loads((FOLDER / f"{name}.json").read_text("utf8"))

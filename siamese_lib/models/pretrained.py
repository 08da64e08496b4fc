"""Trained networks that come with the library, for the chapters that need one."""

from __future__ import annotations

import json
from pathlib import Path

from torch import nn

from siamese_lib.models.backbones import UnitLength, compact

FOLDER = Path(__file__).parent / "weights"


def untrained(name: str) -> nn.Module:
    """The architecture of a stored network, with fresh weights.

    Raises:
        ValueError: there is no such network; those that there are are named.
    """
    known = {"omniglot": compact}
    if name not in known:
        raise ValueError(f"there is no network {name!r}; there are: {', '.join(known)}")
    return nn.Sequential(known[name](), UnitLength())


def pretrained(name: str = "omniglot") -> nn.Module:
    """A trained network, in evaluation mode on the CPU; embeddings of length 1.

    ``"omniglot"``: ``compact``, trained on the 30 background alphabets of Omniglot alone, for
    images ``(B, 1, 28, 28)`` with ink = 1. Its card says how, and how well it does.

    Raises:
        ValueError: there is no such network.
        CheckpointError: the stored file is damaged.
    """
    # Here, as training imports models.
    from siamese_lib.training.checkpoint import load_weights

    network = untrained(name)
    load_weights(network, FOLDER / f"{name}.safetensors")
    return network.eval()


def card(name: str = "omniglot") -> dict:
    """What is known about a stored network: data, recipe, seed, scores, how to make it again.

    Raises:
        ValueError: there is no such network.
    """
    untrained(name)
    return json.loads((FOLDER / f"{name}.json").read_text("utf8"))

"""What a run was made of, as plain values: two runs that differ in any of it are not the same."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from siamese_lib.data import LabelledImages

# What an object learns or counts while it is used is not a setting of it.
CHANGES_WITH_USE = {"training", "n_terms", "n_active"}

PLAIN = (bool, int, float, str)
# How many objects inside objects are looked into.
DEEPEST = 12


def describe_run(settings: dict, data: LabelledImages, **parts: object) -> dict:
    """All that shapes a run, as flat JSON values by name.

    Args:
        settings: plain values by name.
        data: the training images; every byte of them counts.
        parts: the model, the loss, the miner, the augmentation, the validation.
    """
    described = {**settings, "data": _fingerprint(data)}
    for name, part in parts.items():
        described |= describe(name, part)
    return json.loads(json.dumps(described))  # as it will come back from the file


def first_difference(there: dict, here: dict) -> str | None:
    """The first value that differs, in words; None if there is none."""
    for name in [*here, *(there.keys() - here.keys())]:
        if there.get(name) != here.get(name):
            theirs, ours = repr(there.get(name))[:200], repr(here.get(name))[:200]
            return f"{name[:200]} is {theirs} there and {ours} here"
    return None


def describe(name: str, part: object) -> dict[str, Any]:
    """An object's kind and its plain attributes, also those of the modules inside it.

    Private attributes are left out, and so are a module's weights: these are what is trained. A
    function is known by its name alone, so two lambdas of one place look alike.
    """
    if isinstance(part, functools.partial):
        arguments = {f"{name}.{key}": repr(value) for key, value in part.keywords.items()}
        return {**describe(name, part.func), f"{name}.args": repr(part.args), **arguments}
    if part is None or isinstance(part, PLAIN):
        return {name: part}
    described = {name: getattr(part, "__qualname__", type(part).__qualname__)}
    for key, value in getattr(part, "__dict__", {}).items():
        if not key.startswith("_") and key not in CHANGES_WITH_USE:
            described |= _describe_attribute(f"{name}.{key}", value)
    if isinstance(part, nn.Module):
        for key, child in part.named_children():
            described |= describe(f"{name}.{key}", child)
    return described


def _describe_attribute(name: str, value: object) -> dict[str, Any]:
    if name.count(".") > DEEPEST:
        return {}
    if value is None or isinstance(value, PLAIN):
        return {name: value}
    if isinstance(value, (tuple, list)) and all(isinstance(each, PLAIN) for each in value):
        return {name: repr(value)}
    if isinstance(value, torch.Generator):
        return {name: f"seed {value.initial_seed()}"}
    if isinstance(value, (torch.dtype, torch.device, Path)):
        return {name: str(value)}
    if isinstance(value, Tensor):
        return {name: _digest(value)}
    if isinstance(value, LabelledImages):
        return {name: _fingerprint(value)}
    if isinstance(value, np.generic):
        return {name: value.item()}
    if isinstance(value, dict):
        value = {str(key): each for key, each in value.items()}
    elif isinstance(value, (tuple, list)):
        value = {str(place): each for place, each in enumerate(value)}
    else:  # an object inside the object
        return describe(name, value)
    described = {name: len(value)}
    for key, each in value.items():
        described |= _describe_attribute(f"{name}.{key}", each)
    return described


def _fingerprint(data: LabelledImages) -> str:
    parts = (data.images, data.labels, data.groups, data.makers)
    return f"{data.name}, {len(data):,} images, {_digest(*parts)}"


def _digest(*tensors: Tensor) -> str:
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()[:12]

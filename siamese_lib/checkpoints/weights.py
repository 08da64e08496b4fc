"""Weights in a file, and back into a network of the same architecture."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from siamese_lib.files import display_path
from siamese_lib.stored_tensors import StoredFileError, read_tensors, write_tensors


class CheckpointError(StoredFileError):
    """A checkpoint cannot be written, cannot be read, or belongs to something else."""


def save_weights(model: nn.Module, path: str | Path, **about: object) -> None:
    """Save a model's weights, with JSON values that say how they came about.

    Raises:
        CheckpointError: the file cannot be written.
    """
    write_tensors(path, model.state_dict(), about, CheckpointError)


def load_weights(model: nn.Module, path: str | Path) -> dict:
    """Load weights into a model of the same architecture; returns what was saved about them.

    Raises:
        FileNotFoundError: no such file.
        CheckpointError: damaged, or of another architecture; the first difference is named.
    """
    tensors, about = read_tensors(path, "checkpoint", CheckpointError)
    load_into(model, tensors, display_path(path))
    return about


def load_into(
    model: nn.Module, tensors: dict[str, Tensor], name: str, check_only: bool = False
) -> None:
    """``load_state_dict`` with an error that says what differs; the model changes only if all fits.

    Args:
        model: the model.
        tensors: its weights by name.
        name: the file they come from, for the message.
        check_only: load nothing.

    Raises:
        CheckpointError: a weight is missing, unknown, or of another shape.
    """
    own = model.state_dict()
    for problem, names in (("lacks", own.keys() - tensors), ("has an extra", tensors.keys() - own)):
        if names:
            raise CheckpointError(
                f"{name} is of another architecture: it {problem} {min(names)[:200]!r} "
                f"({len(names)} such)"
            )
    for key, value in own.items():
        if value.shape != tensors[key].shape:
            raise CheckpointError(
                f"{name} is of another architecture: {key!r} has shape "
                f"{tuple(tensors[key].shape)}, the model expects {tuple(value.shape)}"
            )
    if check_only:
        return
    with torch.no_grad():
        model.load_state_dict(tensors)

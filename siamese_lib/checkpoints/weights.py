"""Weights in a file, and back into a network of the same architecture."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from siamese_lib.files import display_path
from siamese_lib.stored_tensors import StoredFileError, read_tensors, write_tensors


class CheckpointError(StoredFileError):
    """A checkpoint cannot be written, cannot be read, or belongs to something else."""


# What DataParallel and DistributedDataParallel, and torch.compile, put before all names.
WRAPPINGS = ("module.", "_orig_mod.")
MOST_WRAPPINGS = 8  # a file may name any number of them


def without_wrapping(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return weights under the names that they have in the network itself, in the same order."""
    for _ in range(MOST_WRAPPINGS):
        for prefix in WRAPPINGS:
            if all(name.startswith(prefix) for name in tensors):
                tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
    return tensors


def save_weights(model: nn.Module, path: str | Path, **about: object) -> None:
    """Save a model's weights, with JSON values that say how they came about.

    The file is the same whether or not the model is wrapped in ``DataParallel`` or compiled.

    Raises:
        CheckpointError: the file cannot be written.
    """
    tensors = without_wrapping(model.state_dict())
    write_tensors(path, tensors, about, CheckpointError)


def load_weights(model: nn.Module, path: str | Path) -> dict:
    """Load weights into a model of the same architecture; returns what was saved about them.

    The model may be wrapped in ``DataParallel`` or compiled, and so may have been the one that was
    saved.

    Raises:
        FileNotFoundError: no such file.
        CheckpointError: damaged, or of another architecture; the first difference is named.
    """
    tensors, about = read_tensors(path, "checkpoint", CheckpointError)
    load_into(model, tensors, display_path(path))
    return about


def _is_number_of(own: Tensor, stored: Tensor) -> bool:
    """Whether a stored weight can replace one of the model: finite, and real if that one is."""
    if own.is_floating_point():
        return stored.is_floating_point() and bool(stored.to(own.dtype).isfinite().all())
    return own.dtype == stored.dtype


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
    wrapped = model.state_dict()
    own, tensors = without_wrapping(wrapped), without_wrapping(tensors)
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
        if not _is_number_of(value, tensors[key]):
            raise CheckpointError(
                f"{name} is damaged: {key!r} is {tensors[key].dtype}, or holds NaN or infinity, "
                f"where the model expects finite numbers of {value.dtype}"
            )
    if check_only:
        return
    with torch.no_grad():
        as_wrapped = zip(wrapped, own, strict=True)
        model.load_state_dict({name: tensors[plain] for name, plain in as_wrapped})

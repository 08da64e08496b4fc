"""Weights and whole training states in safetensors: nothing is unpickled.

A file is written beside its place and renamed, so the last good one is there whatever happens.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from siamese_lib.notes import display_path

FORMAT = "siamese_lib 1"


class CheckpointError(ValueError):
    """A checkpoint cannot be written, cannot be read, or belongs to something else."""


def write_tensors(path: str | Path, tensors: dict[str, Tensor], about: dict) -> None:
    """Write tensors and JSON values to one safetensors file, whole or not at all.

    Raises:
        CheckpointError: the file cannot be written (disk full, no such folder, not allowed). An
            older file in this place stays as it was.
    """
    path = Path(path)
    beside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        os.close(handle)
        # Parameters that share memory may not be saved twice, and views not at all.
        whole = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
        save_file(whole, beside, metadata={"format": FORMAT, "about": json.dumps(about)})
        os.replace(beside, path)
        beside = None
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{display_path(path)} could not be written ({error}); what was there before is "
            "unchanged"
        ) from error
    finally:
        if beside is not None:
            Path(beside).unlink(missing_ok=True)


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict]:
    """Read what ``write_tensors`` wrote: the tensors, and the JSON values.

    Raises:
        FileNotFoundError: no such file.
        CheckpointError: cut short, damaged, or not written by this library.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint {display_path(path)}")
    try:
        with safe_open(path, framework="pt") as stored:
            metadata = stored.metadata() or {}
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{display_path(path)} is cut short or no safetensors file ({error}). Delete it, or "
            "put a good copy in its place."
        ) from error
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{display_path(path)} was not written by this library: its format is "
            f"{metadata.get('format')!r}, expected {FORMAT!r}"
        )
    return tensors, json.loads(metadata["about"])


def save_weights(model: nn.Module, path: str | Path, **about: object) -> None:
    """Save a model's weights, with JSON values that say how they came about.

    Raises:
        CheckpointError: the file cannot be written.
    """
    write_tensors(path, model.state_dict(), about)


def load_weights(model: nn.Module, path: str | Path) -> dict:
    """Load weights into a model of the same architecture; gives what was saved about them.

    Raises:
        FileNotFoundError: no such file.
        CheckpointError: damaged, or of another architecture; the first difference is named.
    """
    tensors, about = read_tensors(path)
    load_into(model, tensors, display_path(path))
    return about


def load_into(model: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    """``load_state_dict`` with an error that says what differs; the model changes only if all fits.

    Raises:
        CheckpointError: a weight is missing, unknown, or of another shape.
    """
    own = model.state_dict()
    for problem, names in (("lacks", own.keys() - tensors), ("has an extra", tensors.keys() - own)):
        if names:
            raise CheckpointError(
                f"{name} is of another architecture: it {problem} {min(names)!r} "
                f"({len(names)} such)"
            )
    for key, value in own.items():
        if value.shape != tensors[key].shape:
            raise CheckpointError(
                f"{name} is of another architecture: {key!r} has shape "
                f"{tuple(tensors[key].shape)}, the model expects {tuple(value.shape)}"
            )
    with torch.no_grad():
        model.load_state_dict(tensors)

"""Tensors and JSON values in one safetensors file: nothing is unpickled."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from siamese_lib.files import display_path, written_whole

FORMAT = "siamese_lib 1"


class StoredFileError(ValueError):
    """A file cannot be written, cannot be read, or belongs to something else."""


def write_tensors(
    path: str | Path,
    tensors: dict[str, Tensor],
    about: dict,
    error: type[StoredFileError] = StoredFileError,
) -> None:
    """Write tensors and JSON values to one safetensors file, whole or not at all.

    Args:
        path: the file.
        tensors: what to store, by name.
        about: JSON values to store with them.
        error: what to raise.

    Raises:
        StoredFileError: (or ``error``) the file cannot be written: disk full, no such folder, not
            allowed. An older file in this place stays as it was.
    """
    path = Path(path).expanduser()
    try:
        with written_whole(path) as beside:
            # Parameters that share memory may not be saved twice, and views not at all.
            whole = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
            save_file(whole, beside, metadata={"format": FORMAT, "about": json.dumps(about)})
    except (OSError, SafetensorError) as failure:
        raise error(
            f"{display_path(path)} could not be written ({failure}); what was there before is "
            "unchanged"
        ) from failure


def read_tensors(
    path: str | Path, what: str, error: type[StoredFileError] = StoredFileError
) -> tuple[dict[str, Tensor], dict]:
    """Read what ``write_tensors`` wrote: the tensors, and the JSON values.

    Args:
        path: the file.
        what: what it should be, in words.
        error: what to raise.

    Raises:
        FileNotFoundError: no such file.
        StoredFileError: (or ``error``) cut short, damaged, or not written by this library.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"there is no {what} {display_path(path)}")
    try:
        with safe_open(path, framework="pt") as stored:
            metadata = stored.metadata() or {}
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as failure:
        raise error(
            f"{display_path(path)} is cut short or not a safetensors file ({failure}). Delete it, "
            "or put a good copy in its place."
        ) from failure
    if metadata.get("format") != FORMAT:
        raise error(
            f"{display_path(path)} was not written by this library: its format is "
            f"{metadata.get('format')!r}, expected {FORMAT!r}"
        )
    try:
        about = json.loads(metadata["about"])
        about.keys()  # a JSON object
        return tensors, about
    except (KeyError, AttributeError, ValueError) as failure:
        raise error(
            f"{display_path(path)} is damaged: what it says of itself is not JSON"
        ) from failure

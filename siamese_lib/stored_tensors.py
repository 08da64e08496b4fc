"""Tensors and JSON values in one safetensors file: nothing is unpickled."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from siamese_lib.files import MAX_JSON_BYTES, display_path, parse_json, written_whole

FORMAT = "siamese_lib 1"
# The header of a file holds the JSON text, in which it may double each character, and for each
# tensor two lists, for which safetensors takes about a kilobyte.
MAX_HEADER_BYTES = 2 * MAX_JSON_BYTES
MAX_HEADER_LISTS = 200_000


class StoredFileError(ValueError):
    """A file cannot be written, cannot be read, or belongs to something else."""


# How files of other kinds begin.
OF_TORCH = "a file of torch.save, or a zip file"
OTHER_KINDS = {
    b"PK\3\4": OF_TORCH,
    b"\x80\2": OF_TORCH,
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"<": "a web page",
}


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

    A file from a stranger takes little more memory than it has bytes: safetensors refuses shapes
    that the file has no bytes for, and header, tensors and JSON are counted before they are made.

    Args:
        path: the file.
        what: what it should be, in words.
        error: what to raise.

    Raises:
        FileNotFoundError: no such file.
        StoredFileError: (or ``error``) If the file is cut short, damaged, or was not written by
            this library.
    """
    path = Path(path).expanduser()
    tensors, metadata = read_safetensors(path, what, error)
    if metadata.get("format") != FORMAT:
        raise error(
            f"{display_path(path)} was not written by this library: its format is "
            f"{metadata.get('format')!r}, expected {FORMAT!r}"
        )
    try:
        about = parse_json(metadata["about"])
        about.keys()  # a JSON object
        return tensors, about
    except (KeyError, AttributeError, ValueError) as failure:
        raise error(
            f"{display_path(path)} is damaged: what it says of itself is not the JSON that this "
            f"library writes ({type(failure).__name__}: {str(failure)[:200]})"
        ) from failure


def read_safetensors(
    path: Path, what: str, error: type[StoredFileError] = StoredFileError
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read any safetensors file: the tensors by name, and the texts stored with them.

    Raises:
        FileNotFoundError: If there is no such file.
        StoredFileError: (or ``error``) If the file is of a different kind, cut short or damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no {what} {display_path(path)}")
    try:
        _check_kind(path, what, error)
        _check_header(path, error)
        with safe_open(path, framework="pt") as stored:
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            return tensors, stored.metadata() or {}
    except (SafetensorError, OSError) as failure:
        raise error(
            f"{display_path(path)} is cut short or damaged ({failure}). Put a good copy in its "
            "place."
        ) from failure


def _check_kind(path: Path, what: str, error: type[StoredFileError]) -> None:
    """Raise ``error`` if a file is of a different kind: it must not be called damaged."""
    with path.open("rb") as file:
        start = file.read(10)
    # A safetensors file begins with the length of its header, 8 bytes, and the header with a brace.
    if len(start) < 9 or start[8:9] == b"{":
        return
    kinds = [kind for begins, kind in OTHER_KINDS.items() if start.startswith(begins)]
    is_of_torch = kinds[:1] == [OF_TORCH]
    cure = "; read it with torch.load(path, weights_only=True) and save it as one" * is_of_torch
    raise error(
        f"{display_path(path)} is {kinds[0] if kinds else 'a file of a different kind'}, and no "
        f"{what} in safetensors format{cure}"
    )


def _check_header(path: Path, error: type[StoredFileError]) -> None:
    """Raise ``error`` if the header of a safetensors file is too large to be read safely."""
    with path.open("rb") as file:
        n_bytes = int.from_bytes(file.read(8), "little")
        n_lists = 0 if n_bytes > MAX_HEADER_BYTES else file.read(n_bytes).count(b"[")
    if MAX_HEADER_BYTES < n_bytes < path.stat().st_size:  # else safetensors says what is wrong
        raise error(
            f"{display_path(path)} is damaged: its header has {n_bytes:,} bytes, more than "
            f"{MAX_HEADER_BYTES:,}"
        )
    if n_lists > MAX_HEADER_LISTS:
        raise error(
            f"{display_path(path)} is damaged: its header holds {n_lists:,} lists, more than "
            f"{MAX_HEADER_LISTS:,}, of which each tensor needs two"
        )

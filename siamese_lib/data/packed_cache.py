"""Arrays that are slow to make, kept on disk in one file and loaded back in a moment.

A cache is a convenience: when it cannot be read it is made again, and when it cannot be written
the work goes on without it, with a note.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from siamese_lib.files import display_path, written_whole
from siamese_lib.messages import note

# Raised when what is inside a packed file changes, so that older files are not read.
FORMAT = 2

Arrays = dict[str, np.ndarray]


def cache_folder() -> Path:
    """The folder for packed files: ``$SIAMESE_CACHE``, or ``~/.cache/siamese_lib``."""
    chosen = os.environ.get("SIAMESE_CACHE")
    return Path(chosen).expanduser() if chosen else Path("~/.cache/siamese_lib").expanduser()


def packed(name: str, made_from: dict, make: Callable[[], Arrays]) -> Arrays:
    """The arrays that ``make()`` returns, from the cache when they are there.

    Args:
        name: the start of the file's name.
        made_from: all that the arrays depend on (JSON values): another value, another file.
        make: makes the arrays when they are not cached. What it raises passes through.

    Returns:
        The arrays by name.
    """
    key = json.dumps({"format": FORMAT, **made_from}, sort_keys=True)
    path = cache_folder() / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npz"
    arrays = _read(path)
    if arrays is None:
        arrays = make()
        _write(path, arrays)
    return arrays


def source_fingerprint(*places: Path) -> str:
    """Changes when code in these files and folders does, so that nothing stale is read."""
    digest = hashlib.sha256(np.__version__.encode() + torch.__version__.encode())
    for place in places:
        for path in sorted(place.glob("*.py")) if place.is_dir() else [place]:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> Arrays | None:
    if not path.is_file():  # to open a named pipe would wait for ever
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            if not _is_as_written(archive.infolist(), path.stat().st_size):
                return None
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return arrays if all(isinstance(one, np.ndarray) for one in arrays.values()) else None
    except Exception:  # damaged or unreadable, in whatever way: make it again and write over it
        return None


def _is_as_written(members: list[zipfile.ZipInfo], n_bytes: int) -> bool:
    """Whether members can be those that ``_write`` wrote: apart, and without compression.

    Members that lie inside each other would unpack to more than the bytes of the file.
    """
    names = {member.filename for member in members}
    return (
        len(names) == len(members)
        and all(member.compress_type == zipfile.ZIP_STORED for member in members)
        and sum(member.file_size for member in members) <= n_bytes
    )


def _write(path: Path, arrays: Arrays) -> None:
    try:
        with written_whole(path) as beside, beside.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
    except OSError as error:
        note(
            f"the cache folder {display_path(path.parent)} cannot be written "
            f"({error.strerror or error}), so the data is prepared again each time. "
            "Set SIAMESE_CACHE to a folder that can be written."
        )

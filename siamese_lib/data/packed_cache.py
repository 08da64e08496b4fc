"""Arrays that are slow to make, kept on disk in one file and loaded back in a moment.

The file is written beside its place and then renamed, which is atomic: another process sees the
old file, or the whole new one, and a process that dies leaves nothing half-written behind. A
cache is a convenience: when it cannot be read it is made again, and when it cannot be written the
work goes on without it, with a note.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from siamese_lib.notes import display_path, note

# Raised when what is inside a packed file changes, so that older files are not read.
FORMAT = 1

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


def _read(path: Path) -> Arrays | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None  # damaged or unreadable: make it again and write over it


def _write(path: Path, arrays: Arrays) -> None:
    beside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)
        os.replace(beside, path)
        beside = None
    except OSError as error:
        note(
            f"the cache folder {display_path(path.parent)} cannot be written "
            f"({error.strerror or error}), so the data is prepared again each time. "
            "Set SIAMESE_CACHE to a folder that can be written."
        )
    finally:
        if beside is not None:
            Path(beside).unlink(missing_ok=True)

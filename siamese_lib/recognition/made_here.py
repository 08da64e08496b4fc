"""Which databases this user has made: those of strangers are not opened without a word.

Milvus Lite reads a database as if it were a part of the program. A folder from a stranger can
delete files through a link, send names and keys to an address of its choice when somebody is
enrolled, and take gigabytes from some kilobytes. So a database that is made here gets a mark that
only this user can make.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from siamese_lib.data import cache_folder

MARK = "made_here"
KEY_BYTES = 32


def mark_as_made_here(folder: Path) -> None:
    """Write the mark into a new folder; without a key of the user, write none.

    The mark belongs to this folder: in a copy, or in a folder of a stranger, it is worth nothing.
    """
    key = _key()
    if key is not None:
        with (folder / MARK).open("x", encoding="utf8") as file:  # nor through a link
            file.write(_mark(key, folder))


def is_made_here(folder: Path) -> bool:
    """Whether the mark in the folder of a database was made by this user."""
    path, key = folder / MARK, _key()
    if key is None or path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        text = file.read(200)
    return hmac.compare_digest(text, _mark(key, folder).encode())


def links_inside(folder: Path) -> list[Path]:
    """Return all links below a folder: a database has none."""
    return [path for path in folder.rglob("*") if path.is_symlink()]


def _mark(key: bytes, folder: Path) -> str:
    about = folder.stat()
    which = f"{about.st_dev} {about.st_ino}"
    return hmac.new(key, which.encode(), "sha256").hexdigest()


def _key() -> bytes | None:
    """The key of this user, made when it is first needed; None if it cannot be kept."""
    path = cache_folder() / "galleries.key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
        key = path.read_bytes()
    except OSError:
        return None
    return key if len(key) == KEY_BYTES else None

"""What files have in common: paths as a person would write them, and writing that is atomic."""

from __future__ import annotations

import os
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def display_path(path: str | Path) -> str:
    """The path as a person would write it: the home folder shortened to ``~``.

    Pages of the book are public, so they do not show where somebody's home folder is. Characters
    that a name may hold but a screen must not get are escaped, as ``printable`` does it.
    """
    path = Path(path).expanduser()
    try:
        return printable((Path("~") / path.relative_to(Path.home())).as_posix())
    except (ValueError, RuntimeError):  # outside the home folder, or there is no home folder
        return printable(str(path))


def printable(text: str) -> str:
    r"""Escape control characters, text direction marks, line separators and halves of surrogates.

    A file from a stranger may have a name that clears the screen, or one that cannot be printed.

    >>> print(printable("caf\u00e9 \x1b[2J.png"))
    café \x1b[2J.png
    """
    return "".join(map(_printable_character, text))


def _printable_character(character: str) -> str:
    kind = unicodedata.category(character)
    # C: control, format, surrogate, unassigned; Zl and Zp separate lines and paragraphs.
    if not kind.startswith("C") and kind not in ("Zl", "Zp"):
        return character
    return character.encode("unicode_escape").decode("ascii")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to; at the end it takes the place of ``path``.

    Another process sees the old file or the whole new one. When the block raises, or the process
    dies, the old file is unchanged. Access rights of an older file are kept.

    Args:
        path: the file; its folder is made when it is missing.

    Raises:
        OSError: the folder cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        beside.touch(exist_ok=False)
        # Others keep the rights that they have: some writers make files for their owner alone.
        rights = (path if path.exists() else beside).stat().st_mode
        yield beside
        os.chmod(beside, rights)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)

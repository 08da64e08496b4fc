"""What files have in common: paths as a person would write them, atomic writing, bounded JSON."""

from __future__ import annotations

import json
import os
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Zero-width characters that names of many scripts need.
JOINERS = "\u200c\u200d"
# JSON that a stranger may have written: a million names fit.
MAX_JSON_BYTES = 1 << 25
# Lists and objects in it, each of which takes up to a hundred times the memory of its text.
MAX_JSON_PARTS = 1_000_000
# Digits of a whole number with 64 bits, and its sign.
MAX_DIGITS = 20


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
    if (not kind.startswith("C") and kind not in ("Zl", "Zp")) or character in JOINERS:
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


def parse_json(text: str) -> Any:
    """Read JSON that a stranger may have written; sizes are checked before memory is taken.

    Args:
        text: The JSON text.

    Returns:
        Its value. Numbers may be infinite or NaN: check them where they are used.

    Raises:
        ValueError: If the text is not JSON, is longer than ``MAX_JSON_BYTES``, holds more than
            ``MAX_JSON_PARTS`` lists and objects, is nested too deep for Python, or holds a whole
            number of more than 20 digits.
    """
    if len(text) > MAX_JSON_BYTES:
        raise ValueError(f"{len(text):,} characters of JSON, more than {MAX_JSON_BYTES:,}")
    n_parts = text.count("[") + text.count("{")
    if n_parts > MAX_JSON_PARTS:
        raise ValueError(f"{n_parts:,} lists and objects in JSON, more than {MAX_JSON_PARTS:,}")
    try:
        return json.loads(text, parse_int=_whole_number)
    except RecursionError:
        raise ValueError("JSON that is nested too deep") from None


def read_json(path: Path) -> Any:
    """Read a JSON file as ``parse_json`` reads its text.

    Raises:
        OSError: If the file cannot be read.
        ValueError: As for ``parse_json``.
    """
    if path.exists() and not path.is_file():  # to read a pipe or a device may never end
        raise ValueError("it is no file")
    with path.open("rb") as file:
        content = file.read(MAX_JSON_BYTES + 1)
    if len(content) > MAX_JSON_BYTES:
        raise ValueError(f"more than {MAX_JSON_BYTES:,} bytes of JSON")
    return parse_json(content.decode("utf8"))


def _whole_number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a whole number of {len(digits):,} digits in JSON")
    return int(digits)

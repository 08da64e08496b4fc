"""The roster of a class: who has handed in nothing, and who is not on it."""

from __future__ import annotations

import csv
import io
import unicodedata
from pathlib import Path

LARGEST = 5_000_000
NAMES = ("student", "name", "full name", "id")


class RosterError(ValueError):
    """A file that is no roster; the message says what is expected."""


def read_roster(path: Path) -> list[str]:
    """Return the students of a roster, in its order.

    Args:
        path: A CSV with one line for each student, in UTF-8, divided by commas, semicolons or
            tabs. Its column ``student`` (or ``name``, ``full name``, ``id``) holds the names that
            the folders of submissions have.

    Raises:
        RosterError: If the file cannot be read, has no such column, or names somebody twice.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise RosterError(f"{path.name} is larger than {LARGEST // 1_000_000} MB: no roster")
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RosterError(f"{path.name} cannot be read as text in UTF-8: {error}") from error
    head = text.split("\n", 1)[0]
    divider = max(",;\t", key=head.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=divider))
    except csv.Error as error:
        raise RosterError(f"{path.name} is no CSV: {error}") from error
    columns = {name.strip().casefold(): name for name in (rows[0] if rows else {}) if name}
    column = next((columns[name] for name in NAMES if name in columns), None)
    if column is None:
        raise RosterError(f"{path.name} needs a column named one of: {', '.join(NAMES)}")
    students = [row[column].strip() for row in rows if (row[column] or "").strip()]
    seen: set[str] = set()
    for student in students:
        if key(student) in seen:
            raise RosterError(f"{path.name} names {student!r} more than once")
        seen.add(key(student))
    return students


def key(student: str) -> str:
    """What two spellings of a name have in common: ``Lee, Kim`` and ``kim lee``."""
    composed = unicodedata.normalize("NFKC", student).casefold()
    return " ".join(sorted(composed.replace(",", " ").replace("_", " ").split()))

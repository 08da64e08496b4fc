"""Names and texts of strangers, for a terminal, a table and a file name."""

from __future__ import annotations

import functools
import re
import unicodedata

from siamese_lib.files import printable

__all__ = ["has_long_marks", "name_of_file", "printable", "shortened"]

# Marks behind one letter: no language has more (Unicode's stream-safe format, UAX 15), and to put
# thousands of them in order takes hours.
MOST_MARKS = 30
FOREIGN = re.compile(r"[^\x00-\x7f]{16,}")  # one character may stand for two marks


def has_long_marks(text: str) -> bool:
    """Return whether a text has so many marks in a row that it cannot be normalised in time."""
    for found in FOREIGN.finditer(text):
        run = 0
        for character in found[0]:
            run = run + _n_marks(character) if _n_marks(character) else 0
            if run > MOST_MARKS:
                return True
    return False


@functools.lru_cache(maxsize=10_000)
def _n_marks(character: str) -> int:
    """Return the number of combining marks that a character consists of; 0 for a letter."""
    parts = unicodedata.normalize("NFKD", character)
    return len(parts) if all(unicodedata.combining(part) for part in parts) else 0


def name_of_file(name: str) -> str:
    """Return the name of a file or folder as it is shown; different names stay different.

    Letters with marks are composed, as macOS takes them apart and others do not.
    """
    name = name.replace("\\", "\\\\")
    return printable(name if has_long_marks(name) else unicodedata.normalize("NFC", name))


def shortened(text: str, longest: int) -> str:
    """Return the text, cut to at most ``longest`` characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"

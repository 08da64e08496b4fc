"""Names and texts of strangers, for a terminal, a table and a file name."""

from __future__ import annotations

import unicodedata

from siamese_lib.files import printable

__all__ = ["name_of_file", "printable", "shortened"]


def name_of_file(name: str) -> str:
    """Return the name of a file or folder as it is shown; different names stay different.

    Letters with marks are composed, as macOS takes them apart and others do not.
    """
    return printable(unicodedata.normalize("NFC", name.replace("\\", "\\\\")))


def shortened(text: str, longest: int) -> str:
    """Return the text, cut to at most ``longest`` characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"

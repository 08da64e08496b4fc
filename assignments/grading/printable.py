"""Names and texts of strangers, for a terminal, a table and a file name."""

from __future__ import annotations

import unicodedata

# Between letters of Persian, of Indian scripts and of emoji: part of a name, and harmless.
JOINERS = "\u200c\u200d"
# Control characters (Cc), those that reorder or hide text (Cf), and ends of lines (Zl, Zp). Half
# characters (Cs) are what Python makes of a name that is not UTF-8.
HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def printable(text: str) -> str:
    r"""Return a text in which every character can be seen: ``\x1b`` in place of an escape.

    The result is one line of valid Unicode, so it can be printed, written and encoded. A text that
    has nothing to hide is returned as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(one) for one in text)


def name_of_file(name: str) -> str:
    """Return the name of a file or folder as it is shown; different names stay different.

    Letters with marks are composed, as macOS takes them apart and others do not.
    """
    return printable(unicodedata.normalize("NFC", name.replace("\\", "\\\\")))


def shortened(text: str, longest: int) -> str:
    """Return the text, cut to at most ``longest`` characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _seen(one: str) -> str:
    if one in JOINERS or unicodedata.category(one) not in HIDDEN:
        return one
    number = ord(one)
    if 0xDC80 <= number <= 0xDCFF:  # a byte of a name that is not UTF-8
        number -= 0xDC00
    if number < 0x100:
        return {"\n": r"\n", "\t": r"\t", "\r": r"\r"}.get(one, f"\\x{number:02x}")
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"

"""Notes to the reader: visible in the page, never an error.

A note goes to standard output, not to ``warnings``: a reader of the built book must see on which
data a page ran, and a warning on standard error is hidden there.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

LINE = 88  # characters that fit beside the side bars of a page


def note(text: str) -> None:
    """Print one visible note, marked as such, in lines that fit a page."""
    print(textwrap.fill(f"Note: {text}", LINE, break_long_words=False, break_on_hyphens=False))


def display_path(path: str | Path) -> str:
    """The path as a person would write it: the home folder shortened to ``~``.

    Pages of the book are public, so they do not show where somebody's home folder is.
    """
    path = Path(path).expanduser()
    try:
        return (Path("~") / path.relative_to(Path.home())).as_posix()
    except (ValueError, RuntimeError):  # outside the home folder, or there is no home folder
        return str(path)

"""Notes to the reader: visible in the page, never an error.

A note goes to standard output, not to ``warnings``: a reader of the built book must see on which
data a page ran, and a warning on standard error is hidden there.
"""

from __future__ import annotations

from pathlib import Path


def note(text: str) -> None:
    """Print one visible note, marked as such."""
    print(f"Note: {text}")


def display_path(path: str | Path) -> str:
    """The path as a person would write it: the home folder shortened to ``~``.

    Pages of the book are public, so they do not show where somebody's home folder is.
    """
    path = Path(path).expanduser()
    try:
        return (Path("~") / path.relative_to(Path.home())).as_posix()
    except (ValueError, RuntimeError):  # outside the home folder, or there is no home folder
        return str(path)

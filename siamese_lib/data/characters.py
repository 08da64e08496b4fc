"""Load handwritten characters from Omniglot or Glyphs."""

from __future__ import annotations

import os
from pathlib import Path

from siamese_lib.checks import check_one_of
from siamese_lib.data import glyphs
from siamese_lib.data.download import NotAvailableError, data_folder, ensure_archive
from siamese_lib.data.labelled_images import LabelledImages
from siamese_lib.data.omniglot import read_omniglot
from siamese_lib.data.splits import SPLITS, stored_split
from siamese_lib.messages import note

SOURCES = ("auto", "omniglot", "glyphs")

# Folders for which Omniglot could not be had in this process: asked once, not in every cell.
_not_available: set[Path] = set()


def load_characters(
    source: str = "auto",
    split: str = "background",
    size: int = 28,
    root: str | Path | None = None,
) -> LabelledImages:
    """Load handwritten characters: Omniglot if it is available, otherwise Glyphs.

    Both sources have 30 background alphabets (964 characters) and 20 evaluation alphabets (659
    characters), with 20 drawings of each character by 20 drawers.

    Args:
        source: ``"omniglot"`` (Lake et al. 2015), ``"glyphs"`` (procedural, always available), or
            ``"auto"``: the value of ``$SIAMESE_SOURCE`` if it is set, else Omniglot if it is on
            this machine or can be downloaded, else Glyphs with a note.
        split: ``"background"`` for training and validation, ``"evaluation"`` for the test, or the
            five-alphabet subsets ``"small1"`` and ``"small2"`` of the background.
        size: Side of the square images in pixels, 8 or more.
        root: Folder that contains, or will contain, ``omniglot-py/``. Default: ``$SIAMESE_DATA``,
            else ``~/.cache/siamese_lib``.

    Returns:
        The characters, ink 255 on paper 0, on the CPU.

    Raises:
        ValueError: If ``source`` or ``split`` is unknown, or if ``size`` is not an int of 8 or
            more.
        NotAvailableError: If ``source`` is ``"omniglot"`` and Omniglot is not available.
        BrokenArchiveError: If an archive is damaged. The message names the file.
    """
    check_one_of("split", split, SPLITS)
    check_size(size)
    if resolve_source(source, root) == "glyphs":
        return glyphs.load_glyphs(split, size)
    folder = data_folder(root)
    ensure_archive(f"images_{stored_split(split)}.zip", folder)
    return read_omniglot(folder, split, size)


def resolve_source(source: str = "auto", root: str | Path | None = None) -> str:
    """Return the source to use for ``source``: ``"omniglot"`` or ``"glyphs"``.

    ``"auto"`` prefers Omniglot; a note says if it is not available.

    Raises:
        ValueError: If ``source`` or ``$SIAMESE_SOURCE`` is not one of ``SOURCES``.
    """
    said_by = "source"
    if source == "auto" and os.environ.get("SIAMESE_SOURCE"):
        source, said_by = os.environ["SIAMESE_SOURCE"], "the environment variable SIAMESE_SOURCE"
    check_one_of(said_by, source, SOURCES)
    if source != "auto":
        return source
    folder = data_folder(root)
    if folder not in _not_available:
        try:
            for split in ("background", "evaluation"):
                ensure_archive(f"images_{split}.zip", folder)
            return "omniglot"
        except NotAvailableError:
            _not_available.add(folder)
            note(
                "real Omniglot is not on this machine and could not be downloaded, so this page "
                "runs on Glyphs, the procedural characters that come with the book. Its numbers "
                "differ from those on Omniglot, its statements hold on both."
            )
    return "glyphs"


def check_size(size: int) -> None:
    """Raise ValueError unless ``size`` is an int of 8 or more, in pixels."""
    if not isinstance(size, int) or isinstance(size, bool) or size < 8:
        raise ValueError(f"size is the side of the images in pixels, an int from 8, got {size!r}")

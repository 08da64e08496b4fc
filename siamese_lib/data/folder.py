"""Read a folder with one subfolder for each class as labelled images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sized
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from siamese_lib.checks import check_channels, check_counts, height_and_width
from siamese_lib.data.image_file import (
    MAX_PIXELS,
    UnreadableImageError,
    read_image_and_colour,
)
from siamese_lib.data.labelled_images import LabelledImages
from siamese_lib.files import display_path
from siamese_lib.messages import note

Some = TypeVar("Some", bound=Sized)

ENDINGS = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp"),
    *(".pgm", ".ppm", ".pbm"),
)
# Pictures of kinds that are not read: they are counted in a note.
OTHER_ENDINGS = (".avif", ".heic", ".heif", ".jp2", ".jxl", ".svg", ".eps", ".pdf", ".dng", ".raw")
# Drawings of more ink than this are rather light ink on dark paper.
MOST_INK = 0.6


def load_folder(
    folder: str | Path,
    size: int | tuple[int, int] = 28,
    channels: int = 1,
    ink_is_dark: bool = False,
    name: str | None = None,
    maker: Callable[[Path], str] | None = None,
    at_least: int = 1,
    skip_unreadable: bool = False,
    *,
    max_pixels: int = MAX_PIXELS,
) -> LabelledImages:
    """Read ``folder/class/image`` files, or ``folder/class/.../image`` with folders in between.

    Images may have any size, and any mode with 8 bits, 16 bits or floats from 0 to 1. An image is
    converted to grey (or RGB), placed on white if it is transparent, resized with anti-aliasing at
    constant proportions, and centred on a canvas of its own corner colour. Hidden files and files
    without an image extension are skipped. Links are followed. Notes count images in formats that
    are not read, such as HEIC, and colour images that are converted to grey.

    Args:
        folder: Folder with one subfolder for each class.
        size: Side of the images in pixels, or their height and width.
        channels: 1 for grey, 3 for RGB.
        ink_is_dark: If True, values are inverted, for dark ink on light paper, so that ink has high
            values. Use False for photographs.
        name: Name of the data set. Default: the name of the folder.
        maker: Function that maps a file's path relative to ``folder`` to the name of its maker or
            session, so that samplers can keep makers apart. For ``person/session/image`` files:
            ``lambda path: path.parts[1]``.
        at_least: Minimum number of images of a class, 1 or more. Smaller classes are left out, and
            a note counts them. Pairs and triplets need 2.
        skip_unreadable: If True, files that cannot be read are left out and counted in a note. If
            False, the first such file raises an error.
        max_pixels: Largest number of pixels of one image, 1 or more. Default: 50 million. The size
            is checked before the image is decoded.

    Returns:
        The images, with classes sorted by name, all in one group. Without ``maker`` there is one
        maker, ``"unknown"``. With it, there is one maker for each class and returned name, called
        ``"class name"``.

    Raises:
        FileNotFoundError: If ``folder`` does not exist.
        ValueError: If there is no class folder with an image, if a class folder is empty (with
            ``at_least=1``), if no class has ``at_least`` images, if ``size``, ``at_least`` or
            ``max_pixels`` is below 1, or if ``channels`` is not 1 or 3.
        TypeError: If ``maker`` returns something other than text.
        UnreadableImageError: If a file cannot be read as an image (or has more than ``max_pixels``
            pixels) and ``skip_unreadable`` is False. The message names the file.
    """
    folder = Path(folder).expanduser()
    sides = height_and_width(size)
    check_counts(at_least=at_least, max_pixels=max_pixels)
    check_channels(channels)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {display_path(folder)}")
    files_by_class = class_files(folder, at_least)

    made_grey: list[Path] = []

    def read_one(file: Path) -> np.ndarray:
        picture, loses_colour = read_image_and_colour(
            file, sides, channels, ink_is_dark, max_pixels=max_pixels
        )
        if loses_colour:
            made_grey.append(file)
        return picture

    read = _read_all(files_by_class, read_one, skip_unreadable)
    if made_grey:
        note(
            f"{len(made_grey):,} colour pictures were made grey, {display_path(made_grey[0])} "
            "first. Pass channels=3 to keep their colours."
        )
    kept = with_enough(read, at_least, display_path(folder), "readable image(s)")
    files = {path: list(pictures) for path, pictures in kept.items()}
    images = np.stack([picture for pictures in kept.values() for picture in pictures.values()])
    if ink_is_dark and images.mean() > MOST_INK * 255:
        note(
            f"{images.mean() / 255:.0%} of these pictures would be ink. If they show light ink on "
            "dark paper, pass ink_is_dark=False."
        )
    makers, maker_names = makers_of(folder, files, maker)
    counts = torch.tensor([len(images) for images in files.values()])
    labels = torch.arange(len(counts)).repeat_interleave(counts)
    return LabelledImages(
        images=torch.from_numpy(images),
        labels=labels,
        groups=torch.zeros_like(labels),
        makers=makers,
        class_names=tuple(path.name for path in kept),
        group_names=("all",),
        maker_names=maker_names,
        name=name or folder.name,
    )


def image_files(folder: Path) -> list[Path]:
    """Return all files below a folder with an image extension, sorted, without hidden files."""
    return sorted(file for file in _files(folder, set()) if file.suffix.lower() in ENDINGS)


def _files(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path]:
    """Yield all files below a folder that are not hidden; follow links, read each folder once."""
    about = folder.stat()
    if (about.st_dev, about.st_ino) in seen:
        return
    seen.add((about.st_dev, about.st_ino))
    # A folder is read under its own name rather than under that of a link.
    for path in sorted(folder.iterdir(), key=lambda path: (path.is_symlink(), path.name)):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _files(path, seen)
        else:
            yield path


def class_files(folder: Path, at_least: int) -> dict[Path, list[Path]]:
    """Return the image files of each class folder; raise if one is empty and ``at_least`` is 1."""
    classes = sorted(
        path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")
    )
    files = {path: image_files(path) for path in classes}
    others = [file for path in classes for file in _files(path, set()) if _is_other(file)]
    if others:
        note(
            f"{len(others):,} pictures are of a kind that is not read, {others[0].name} first. "
            "Convert them to PNG or JPEG."
        )
    if not any(files.values()):
        raise ValueError(
            f"{display_path(folder)} holds no image. Expected are folders, one for each class, "
            f"with files that end in {', '.join(ENDINGS)}."
        )
    empty = [path.name for path, images in files.items() if not images]
    if empty and at_least == 1:
        raise ValueError(
            f"class folder(s) without an image in {display_path(folder)}: {', '.join(empty)}. "
            "Remove them or put images into them."
        )
    return files


def _is_other(file: Path) -> bool:
    return file.suffix.lower() in OTHER_ENDINGS


def _read_all(
    files: dict[Path, list[Path]],
    read_one: Callable[[Path], np.ndarray],
    skip_unreadable: bool,
) -> dict[Path, dict[Path, np.ndarray]]:
    """Return the image of each readable file, for each class folder."""
    read: dict[Path, dict[Path, np.ndarray]] = {path: {} for path in files}
    unreadable = []
    for path, images in files.items():
        for file in images:
            try:
                read[path][file] = read_one(file)
            except UnreadableImageError as error:
                if not skip_unreadable:
                    raise
                unreadable.append(str(error))
    if unreadable:
        n_files = sum(map(len, files.values()))
        note(f"{len(unreadable)} of {n_files:,} files skipped. The first: {unreadable[0]}")
    return read


def with_enough(found: dict[Path, Some], at_least: int, folder: str, what: str) -> dict[Path, Some]:
    """Return the classes with at least ``at_least`` images; a note counts the others.

    Args:
        found: Files or pictures of each class folder.
        at_least: Minimum number of them.
        folder: Folder of the classes, as it is shown.
        what: ``"image(s)"``, or ``"readable image(s)"`` if they have been read.

    Raises:
        ValueError: If no class has enough.
    """
    kept = {path: files for path, files in found.items() if len(files) >= at_least}
    if not kept:
        raise ValueError(f"no class folder in {folder} holds {at_least} {what} or more")
    if len(kept) < len(found):
        note(
            f"{len(found) - len(kept)} of {len(found):,} class folders in {folder} hold fewer than "
            f"{at_least} {what} and are left out"
        )
    return kept


def makers_of(
    folder: Path, files: dict[Path, list[Path]], maker: Callable[[Path], str] | None
) -> tuple[torch.Tensor, tuple[str, ...]]:
    """Return the maker of each image, int64 ``(N,)``, and the names of the makers."""
    everything = [(path, file) for path, images in files.items() for file in images]
    if maker is None:
        return torch.zeros(len(everything), dtype=torch.int64), ("unknown",)
    names = []
    for path, file in everything:
        made_by = maker(file.relative_to(folder))
        if not isinstance(made_by, str):
            raise TypeError(
                f"maker must return text, it returned {made_by!r} for {file.relative_to(folder)}"
            )
        names.append(f"{path.name} {made_by}")
    number = {name: i for i, name in enumerate(sorted(set(names)))}
    return torch.tensor([number[name] for name in names]), tuple(number)

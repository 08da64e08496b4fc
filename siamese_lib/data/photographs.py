"""Labelled photographs that are decoded one at a time, so that a set may be larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from siamese_lib.checks import check_counts
from siamese_lib.data.folder import class_files, makers_of, with_enough
from siamese_lib.data.image_file import MAX_PIXELS, UnreadableImageError, read_image
from siamese_lib.data.labelled_images import LabelledImages, chosen_rows
from siamese_lib.data.packed_cache import packed
from siamese_lib.files import display_path
from siamese_lib.messages import note

# Side of the centre that most pretrained networks see, as a share of the shorter side.
SEEN = 224 / 256
# Length of a picture in units of its shorter side, beyond which its ends are cut off first.
LONGEST_STRIP = 16


@dataclass(frozen=True, eq=False, repr=False)
class Photographs:
    """Photographs with their classes, groups and makers; a picture is read when it is needed.

    It has the labels of ``LabelledImages`` and no images. Call ``read`` for one picture, or
    ``thumbnails`` for small copies of all of them.

    Attributes:
        files: Path of each picture within the folder or archive, with ``/`` between its parts.
        marks: Text for each picture that changes if its file changes. Caches use it as a key.
        labels: Class of each picture, an index into ``class_names``, int64 of shape ``(N,)``.
        groups: Group of each picture, an index into ``group_names``, int64 of shape ``(N,)``.
        makers: Maker or session of each picture, an index into ``maker_names``, int64 of shape
            ``(N,)``.
        class_names: One unique name for each class.
        group_names: One name for each group.
        maker_names: One name for each maker.
        open_one: Function that maps an entry of ``files`` to the picture, uint8 ``(3, H, W)``.
        name: Name of the data set in messages and figures.
    """

    files: tuple[str, ...]
    marks: tuple[str, ...]
    labels: Tensor
    groups: Tensor
    makers: Tensor
    class_names: tuple[str, ...]
    group_names: tuple[str, ...]
    maker_names: tuple[str, ...]
    open_one: Callable[[str], np.ndarray]
    name: str = "photographs"

    def __len__(self) -> int:
        return len(self.files)

    def __repr__(self) -> str:
        return (
            f"{self.name}: {len(self):,} photographs\n"
            f"  {len(self.classes):,} classes in {len(self.groups.unique()):,} groups, "
            f"{len(self.makers.unique()):,} makers; read when needed"
        )

    @property
    def classes(self) -> Tensor:
        """Classes that occur in this set, in ascending order, int64 ``(n_classes,)``."""
        return self.labels.unique()

    def read(self, index: int) -> np.ndarray:
        """Return one picture in its own size: RGB, uint8 of shape ``(3, H, W)``.

        Raises:
            UnreadableImageError: If the file is not a readable picture any more.
            BrokenArchiveError: If the picture is in an archive, and damaged.
        """
        return self.open_one(self.files[index])

    def select(self, which: Tensor | Sequence[int], name: str | None = None) -> Photographs:
        """Return a subset that keeps the numbering and the names of this set.

        Args:
            which: Bool mask of shape ``(N,)``, or int64 indices of shape ``(M,)`` in the desired
                order.
            name: Name of the subset. Default: the name of this set.

        Raises:
            ValueError: If the mask does not have shape ``(N,)``, or if nothing is selected.
        """
        which = chosen_rows(torch.as_tensor(which), len(self), self.name, "photograph")
        rows = which.tolist()
        return replace(
            self,
            files=tuple(self.files[row] for row in rows),
            marks=tuple(self.marks[row] for row in rows),
            labels=self.labels[which],
            groups=self.groups[which],
            makers=self.makers[which],
            name=name or self.name,
        )

    def thumbnails(self, side: int = 64) -> LabelledImages:
        """Return small square copies of all pictures: their centres, as most networks see them.

        They are made once and kept in the cache folder. Unlike ``read``, this holds all of them in
        memory: 12 kB for each picture at 64 pixels.

        Args:
            side: Height and width in pixels.

        Raises:
            ValueError: If ``side`` is below 1.
            UnreadableImageError: If a file is not a readable picture.
        """
        check_counts(side=side)

        def make() -> dict[str, np.ndarray]:
            images = np.empty((len(self), 3, side, side), dtype=np.uint8)
            for row in range(len(self)):
                images[row] = resized_centre(self.read(row), round(side / SEEN), side)
            return {"images": images}

        arrays = packed(
            f"thumbnails-{side}px",
            {"side": side, "seen": SEEN, "files": self.files, "marks": self.marks},
            make,
        )
        return LabelledImages(
            images=torch.from_numpy(arrays["images"]),
            labels=self.labels,
            groups=self.groups,
            makers=self.makers,
            class_names=self.class_names,
            group_names=self.group_names,
            maker_names=self.maker_names,
            name=self.name,
        )


def resized_centre(
    picture: np.ndarray,
    short_side: int,
    side: int,
    resample: int = Image.Resampling.BICUBIC,
) -> np.ndarray:
    """Resize a picture so that its shorter side is ``short_side``, and cut out its centre.

    This is the preparation that most pretrained networks expect, in the arithmetic of Pillow and
    with the rounding of torchvision.

    Args:
        picture: RGB, uint8 of shape ``(3, H, W)``.
        short_side: Length in pixels of the shorter side after resizing.
        side: Height and width of the square that is cut out, at most ``short_side``.
        resample: Filter of Pillow.

    Returns:
        uint8 of shape ``(3, side, side)``.
    """
    image = Image.fromarray(np.ascontiguousarray(picture.transpose(1, 2, 0)))
    width, height = image.size
    # What a long strip would grow to does not fit into memory, and its ends are cut off anyway.
    most = LONGEST_STRIP * min(width, height)
    if max(width, height) > most:
        left, top = (max(0, (length - most) // 2) for length in (width, height))
        image = image.crop((left, top, left + min(width, most), top + min(height, most)))
        width, height = image.size
    if width <= height:
        sides = (short_side, int(short_side * height / width))
    else:
        sides = (int(short_side * width / height), short_side)
    if sides != image.size:
        image = image.resize(sides, resample)
    left, top = (round((length - side) / 2.0) for length in sides)
    image = image.crop((left, top, left + side, top + side))
    return np.asarray(image, dtype=np.uint8).transpose(2, 0, 1).copy()


def load_photographs(
    folder: str | Path,
    name: str | None = None,
    maker: Callable[[Path], str] | None = None,
    at_least: int = 1,
    *,
    max_pixels: int = MAX_PIXELS,
) -> Photographs:
    """List the colour photographs of a folder of ``class/image`` files; none is read yet.

    Which files count as images, how links and hidden files are treated, and how a picture is turned
    upright and made RGB is as for ``load_folder``.

    Args:
        folder: Folder with one subfolder for each class.
        name: Name of the data set. Default: the name of the folder.
        maker: Function that maps a file's path relative to ``folder`` to the name of its session
            (or maker). For ``class/session/image`` files: ``lambda path: path.parts[1]``. Default:
            the names of the folders between class and file.
        at_least: Minimum number of images of a class. Smaller classes are left out, and a note
            counts them.
        max_pixels: Largest number of pixels of one image. It is checked when the image is read,
            before it is decoded.

    Returns:
        The photographs, with classes sorted by name, all in one group.

    Raises:
        FileNotFoundError: If ``folder`` does not exist.
        ValueError: If there is no class folder with an image, if a class folder is empty (with
            ``at_least=1``), or if no class has ``at_least`` images.
        TypeError: If ``maker`` returns something other than text.
    """
    folder = Path(folder).expanduser()
    check_counts(at_least=at_least, max_pixels=max_pixels)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {display_path(folder)}")
    found = class_files(folder, at_least)
    kept = with_enough(found, at_least, display_path(folder), "image(s)")
    makers, maker_names = makers_of(folder, kept, maker or _session)
    counts = torch.tensor([len(files) for files in kept.values()])
    labels = torch.arange(len(counts)).repeat_interleave(counts)
    files = [file for files in kept.values() for file in files]
    return Photographs(
        files=tuple(file.relative_to(folder).as_posix() for file in files),
        marks=tuple(_mark(file) for file in files),
        labels=labels,
        groups=torch.zeros_like(labels),
        makers=makers,
        class_names=tuple(path.name for path in kept),
        group_names=("all",),
        maker_names=maker_names,
        open_one=partial(_read_below, folder, max_pixels),
        name=name or folder.name,
    )


def readable(photographs: Photographs) -> Photographs:
    """Return the photographs that can be read; a note counts the others and names the first.

    Every picture is decoded once. A class may lose all of its pictures.

    Raises:
        ValueError: If none can be read.
    """
    kept, reasons = [], []
    for row in range(len(photographs)):
        try:
            photographs.read(row)
            kept.append(row)
        except UnreadableImageError as error:
            reasons.append(str(error))
    if reasons:
        note(f"{len(reasons):,} of {len(photographs):,} files left out. The first: {reasons[0]}")
    return photographs.select(torch.tensor(kept, dtype=torch.int64))


def _session(path: Path) -> str:
    """Name the folders between class and file, or ``"all"`` if there are none."""
    return "/".join(path.parts[1:-1]) or "all"


def _mark(file: Path) -> str:
    state = file.stat()
    return f"{state.st_size}-{state.st_mtime_ns}"


def _read_below(folder: Path, max_pixels: int, file: str) -> np.ndarray:
    return read_image(folder / file, None, channels=3, max_pixels=max_pixels)

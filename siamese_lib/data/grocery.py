"""The Grocery Store data set: photographs of products in shops (Klasson et al. 2019).

5,421 photographs of 81 products in 43 coarse classes, in three parts of different scenes, and one
iconic picture of each product. They are read from the archive of the author's repository.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from siamese_lib.checks import check_one_of
from siamese_lib.data.download import NotAvailableError, data_folder, fetch
from siamese_lib.data.image_file import MAX_SCANS, SCAN
from siamese_lib.data.omniglot import DAMAGED, BrokenArchiveError, open_archive, read_text
from siamese_lib.data.photographs import Photographs
from siamese_lib.files import display_path, printable
from siamese_lib.messages import note

NAME = "GroceryStoreDataset-master.zip"
# The author's repository at one commit, so that the pictures cannot change.
COMMIT = "fc80ba90f803d79d0383df52c5a4ac5de99ff6fc"
URL = f"https://github.com/marcusklasson/GroceryStoreDataset/archive/{COMMIT}.zip"
PARTS = ("train", "val", "test", "iconic")
N_PICTURES = {"train": 2640, "val": 296, "test": 2485, "iconic": 81}
# The paper says 42 coarse classes; its classes.csv has 43.
N_CLASSES, N_COARSE = 81, 43
# Largest side of a picture in pixels. Those of the data set have 348 at their shorter side.
MAX_SIDE = 1000
# SHA-256 of the names, checksums and sizes of the published pictures.
PICTURES = "3fc659e790f10a7821dc63a73604cb6c36cf2747efd0be8ac506a3132d9e07ed"


def load_grocery(
    part: str = "all", root: str | Path | None = None, download: bool | None = None
) -> Photographs:
    """Return the photographs of the Grocery Store data set; a picture is read when it is needed.

    A class is a product such as ``"Royal-Gala"``, its group is the coarse class (``"Apple"``), and
    its maker is the part that it belongs to. Parts show different scenes.

    Args:
        part: ``"train"``, ``"val"``, ``"test"``, ``"iconic"`` (one picture of each product from a
            web page), or ``"all"`` for all four in this order.
        root: Folder that contains, or will contain, ``grocery/``. Default: ``$SIAMESE_DATA``, else
            ``~/.cache/siamese_lib``.
        download: Whether to download a missing archive (124 MB). Default: yes, unless
            ``$SIAMESE_SOURCE`` is ``"glyphs"``, which keeps to what comes with the library.

    Returns:
        2,640 photographs of ``"train"``, 296 of ``"val"`` (of 60 products), 2,485 of ``"test"``, or
        81 iconic pictures.

    Raises:
        ValueError: If ``part`` is unknown.
        NotAvailableError: If the archive is not on this machine and is not, or cannot be,
            downloaded.
        BrokenArchiveError: If the archive is damaged or holds something else.
    """
    check_one_of("part", part, ("all", *PARTS))
    path = data_folder(root, "grocery") / NAME
    if not path.exists():
        if download is None:
            download = os.environ.get("SIAMESE_SOURCE") != "glyphs"
        if not download:
            raise NotAvailableError(
                f"there is no {display_path(path)}, and it is not to be downloaded. Unset "
                f"SIAMESE_SOURCE or pass download=True, or download {URL} yourself."
            )
        fetch(URL, path, "the Grocery Store data set (124 MB)", check=_list)
    whole, digest = _list(path)
    if digest != PICTURES:
        note(
            f"{display_path(path)} does not hold the published pictures. Numbers will differ. To "
            "download those, delete this file and run again."
        )
    if part == "all":
        return whole
    return whole.select(whole.makers == PARTS.index(part), f"Grocery Store, {part}")


def _list(path: Path) -> tuple[Photographs, str]:
    """Return all photographs of an archive, and the digest of their names and contents.

    Raises:
        BrokenArchiveError: If the archive is not laid out as the data set is.
    """
    with open_archive(path, "the Grocery Store data set") as archive:
        members = {member.filename: member for member in archive.infolist()}
        root = next((name for name in members if name.endswith("/dataset/classes.csv")), None)
        if root is None:
            raise BrokenArchiveError(path, "holds no dataset/classes.csv")
        root = root.removesuffix("classes.csv")
        products = list(csv.reader(io.StringIO(read_text(path, archive, f"{root}classes.csv"))))
        rows = _rows_of_products(path, products[1:])
        class_names = tuple(row.name for row in rows)
        group_names = tuple(dict.fromkeys(row.coarse for row in rows))
        listed = []
        for part in PARTS[:-1]:
            text = read_text(path, archive, f"{root}{part}.txt")
            listed += [(part, *_file_and_class(path, line)) for line in text.splitlines() if line]
    listed += [("iconic", row.iconic, number) for number, row in enumerate(rows)]
    files = [file for _, file, _ in listed]
    counts = {part: sum(of == part for of, _, _ in listed) for part in PARTS}
    found = (counts, len(class_names), len(group_names), len(set(files)))
    if found != (N_PICTURES, N_CLASSES, N_COARSE, len(files)):
        raise BrokenArchiveError(
            path,
            f"lists {counts} pictures of {len(class_names)} products in {len(group_names)} coarse "
            f"classes, but the Grocery Store data set has {N_PICTURES} of {N_CLASSES} in "
            f"{N_COARSE}",
        )
    missing = [file for file in files if root + file not in members]
    if missing:
        raise BrokenArchiveError(
            path, f"lacks {len(missing):,} listed pictures, {printable(missing[0][:200])} first"
        )
    labels = torch.tensor([label for _, _, label in listed])
    if int(labels.min()) < 0 or int(labels.max()) >= N_CLASSES:
        raise BrokenArchiveError(path, f"numbers products outside 0 to {N_CLASSES - 1}")
    marks = [f"{members[root + file].CRC:08x}-{members[root + file].file_size}" for file in files]
    groups = torch.tensor([group_names.index(row.coarse) for row in rows])
    photographs = Photographs(
        files=tuple(files),
        marks=tuple(marks),
        labels=labels,
        groups=groups[labels],
        makers=torch.tensor([PARTS.index(part) for part, _, _ in listed]),
        class_names=class_names,
        group_names=group_names,
        maker_names=PARTS,
        open_one=_PicturesOfArchive(path, root),
        name="Grocery Store",
    )
    lines = "\n".join(f"{file} {mark}" for file, mark in zip(files, marks, strict=True))
    return photographs, hashlib.sha256(lines.encode("utf8")).hexdigest()


class _Product(NamedTuple):
    name: str
    coarse: str
    iconic: str


def _rows_of_products(path: Path, rows: list[list[str]]) -> list[_Product]:
    """Return the products of ``classes.csv`` in the order of their numbers."""
    try:
        numbered = {
            int(number): _Product(name, coarse, iconic.lstrip("/"))
            for name, number, coarse, _, iconic, _ in rows
        }
        return [numbered[number] for number in range(len(rows))]
    except (ValueError, KeyError) as error:
        raise BrokenArchiveError(
            path, f"holds a classes.csv of a different form ({printable(str(error)[:200])})"
        ) from None


def _file_and_class(path: Path, line: str) -> tuple[str, int]:
    """Return picture and class from ``train/Fruit/Kiwi/Kiwi_001.jpg, 11, 3``."""
    try:
        file, label, _ = line.split(",")
        return file.strip(), int(label)
    except ValueError:
        raise BrokenArchiveError(
            path, f"lists pictures in a different form ({printable(line[:200])})"
        ) from None


class _PicturesOfArchive:
    """Read single pictures of an archive, which stays open; a copy of this opens its own."""

    def __init__(self, path: Path, root: str) -> None:
        self.path, self.root = path, root
        self.archive: zipfile.ZipFile | None = None

    def __getstate__(self) -> dict:
        return {**self.__dict__, "archive": None}

    def __call__(self, file: str) -> np.ndarray:
        if self.archive is None:
            self.archive = open_archive(self.path, "the Grocery Store data set")
        try:
            content = self.archive.read(self.root + file)
            if content.count(SCAN) > MAX_SCANS:
                raise ValueError(f"more than {MAX_SCANS} scans")
            image: Image.Image = Image.open(io.BytesIO(content), formats=("JPEG",))
            if max(image.size) > MAX_SIDE:
                raise ValueError(f"{image.size} pixels, more than {MAX_SIDE} at a side")
            pixels = np.asarray(image.convert("RGB"), dtype=np.uint8)
        except (*DAMAGED, KeyError) as error:
            raise BrokenArchiveError(
                self.path, f"holds a damaged picture ({printable(f'{file}: {error}'[:300])})"
            ) from error
        return pixels.transpose(2, 0, 1)

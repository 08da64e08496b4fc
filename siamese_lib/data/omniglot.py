"""Omniglot, read directly from its two zip archives.

1,623 handwritten characters of 50 alphabets, each drawn by 20 people (Lake, Salakhutdinov and
Tenenbaum 2015). The background set of 30 alphabets is for training and validation; the evaluation
set of 20 alphabets is for the final test.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from siamese_lib.data.download import FILES
from siamese_lib.data.labelled_images import LabelledImages
from siamese_lib.data.packed_cache import Arrays, packed
from siamese_lib.data.splits import cut_small_set, stored_split
from siamese_lib.files import display_path, printable
from siamese_lib.messages import note

SIDE = 105
DRAWERS = 20
N_CHARACTERS = {"background": 964, "evaluation": 659}
# Bytes of a member, unpacked; a drawing has about 300.
LARGEST_MEMBER = 1_000_000
# ``drawings_digest`` of the published drawings.
DRAWINGS = {
    "images_background.zip": "05ce06d4e402bb11fcf5de30d9f5fe10e59ac266b7fc439d7187875ff7c58aa7",
    "images_evaluation.zip": "a9ca239af6556eda2eb38296a0263b7ceb016c65d2783a3cda42780f202e781e",
}
# What zipfile and Pillow raise for a drawing that is damaged or declares an enormous size.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    RuntimeError,  # encrypted, or packed by a method that Python does not know
    Image.DecompressionBombError,
)


class BrokenArchiveError(ValueError):
    """Raised when an archive exists but its contents are not as expected."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"{display_path(path)} {what}. Delete this file and run again: it is then downloaded "
            "anew (or put a good copy in its place)."
        )


def read_omniglot(folder: Path, split: str, size: int) -> LabelledImages:
    """Read one split of Omniglot at ``size`` x ``size`` from the archives in ``folder``.

    The first call decodes and resizes all drawings; later calls read one packed file.

    Args:
        folder: Folder that contains ``images_background.zip`` and ``images_evaluation.zip``.
        split: ``"background"``, ``"evaluation"``, ``"small1"`` or ``"small2"``.
        size: Side of the images in pixels. Drawings are resized from 105 pixels with anti-aliasing.

    Raises:
        FileNotFoundError: If the archive does not exist.
        BrokenArchiveError: If the archive is not a zip file, is cut short, or does not hold this
            split.
    """
    stored = stored_split(split)
    path = Path(folder) / f"images_{stored}.zip"
    arrays = packed(
        f"omniglot-{stored}-{size}px",
        made_from_archive(path, size),
        lambda: _read_archive(path, stored, size),
    )
    data = LabelledImages(
        images=torch.from_numpy(arrays["images"]),
        labels=torch.from_numpy(arrays["labels"]),
        groups=torch.from_numpy(arrays["groups"]),
        makers=torch.from_numpy(arrays["makers"]),
        class_names=tuple(arrays["class_names"].tolist()),
        group_names=tuple(arrays["group_names"].tolist()),
        maker_names=tuple(f"drawer {number:02d}" for number in range(1, DRAWERS + 1)),
        name=f"Omniglot {stored}",
    )
    return cut_small_set(data, split, "Omniglot")


def _read_archive(path: Path, split: str, size: int) -> Arrays:
    with open_archive(path) as archive:
        members = sorted(name for name in archive.namelist() if name.endswith(".png"))
        characters, drawers = _parse(path, members)
        class_names, labels = np.unique(characters, return_inverse=True)
        expected = N_CHARACTERS[split]
        if len(members) != expected * DRAWERS or len(class_names) != expected:
            raise BrokenArchiveError(
                path,
                f"should hold {expected} characters x {DRAWERS} drawers of Omniglot's {split} "
                f"set, but holds {len(class_names)} characters and {len(members)} drawings",
            )
        ink = read_drawings(path, archive, members)
    note_if_unpublished(path, members, ink)
    group_of_class = [name.split("/")[0] for name in class_names]
    group_names, groups = np.unique(group_of_class, return_inverse=True)
    return {
        "images": resize_ink(ink, size).numpy(),
        "labels": labels.astype(np.int64),
        "groups": groups.astype(np.int64)[labels],
        "makers": drawers,
        "class_names": class_names,
        "group_names": group_names,
    }


def _parse(path: Path, members: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return character and drawer from ``images_background/Greek/character01/0394_07.png``."""
    characters, drawers = [], []
    for member in members:
        try:
            _, alphabet, character, file = member.split("/")
            drawer = int(file.removesuffix(".png").split("_")[1])
        except (ValueError, IndexError):
            raise BrokenArchiveError(path, f"is not laid out as Omniglot is ({member})") from None
        if not 1 <= drawer <= DRAWERS:
            raise BrokenArchiveError(path, f"names drawer {drawer} of {DRAWERS} ({member})")
        characters.append(f"{alphabet}/{character}")
        drawers.append(drawer - 1)
    return characters, np.array(drawers, dtype=np.int64)


def made_from_archive(path: Path, size: int) -> dict:
    """Return all that the packed images of an archive depend on, for ``packed``."""
    state = path.stat()
    return {"bytes": state.st_size, "changed": state.st_mtime_ns, "size": size}


def open_archive(path: Path, whose: str = "Omniglot") -> zipfile.ZipFile:
    """Open a zip file of small members, of the data set ``whose``.

    Raises:
        BrokenArchiveError: If the file is not a complete zip file, or if a member is larger than 1
            MB.
    """
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise BrokenArchiveError(path, "is not a whole zip file") from None
    # No more is ever unpacked than a member declares, so that is known before it is unpacked.
    largest = max(archive.infolist(), key=lambda member: member.file_size, default=None)
    if largest is not None and largest.file_size > LARGEST_MEMBER:
        archive.close()
        raise BrokenArchiveError(
            path,
            f"holds a file of {largest.file_size:,} bytes ({printable(largest.filename[:200])}), "
            f"where {whose} has none above {LARGEST_MEMBER:,}",
        )
    return archive


def read_text(path: Path, archive: zipfile.ZipFile, member: str) -> str:
    """Return the text of a member of an archive.

    Raises:
        BrokenArchiveError: If the member is damaged or is not text.
    """
    try:
        return archive.read(member).decode()
    except DAMAGED as error:
        raise BrokenArchiveError(path, f"holds a damaged file ({member}: {error})") from error


def check_integrity(path: str, md5: str) -> bool:
    """Return whether a file has this MD5 checksum."""
    from torchvision.datasets import utils  # takes longer to import than all of siamese_lib

    return utils.check_integrity(path, md5)


def note_if_unpublished(path: Path, members: Sequence[str], ink: np.ndarray) -> None:
    """Log a note if an archive's drawings differ from the published ones.

    An archive is recognised by its checksum, and a repacked archive by the checksum of its
    drawings.

    Args:
        path: Archive, one of ``FILES``.
        members: Names of the drawings.
        ink: Drawings in the same order, bool of shape ``(N, 105, 105)``.
    """
    if check_integrity(str(path), FILES[path.name][1]):
        return
    if drawings_digest(members, ink) != DRAWINGS.get(path.name):
        note(
            f"{display_path(path)} does not hold the drawings that were published: its checksum "
            "is not that of its author's archive. Numbers will differ. To download his, delete "
            "this file and run again."
        )


def drawings_digest(members: Sequence[str], ink: np.ndarray) -> str:
    """Return the SHA-256 digest of drawings and their names, however they are compressed."""
    digest = hashlib.sha256("\n".join(members).encode("utf8"))
    digest.update(np.packbits(ink).data)
    return digest.hexdigest()


def read_drawings(path: Path, archive: zipfile.ZipFile, members: Sequence[str]) -> np.ndarray:
    """Decode drawings to a bool array ``(N, 105, 105)``, True where there is ink."""
    row_bytes = (SIDE + 7) // 8
    paper = np.empty((len(members), SIDE, row_bytes), dtype=np.uint8)
    for index, member in enumerate(members):
        try:
            file = io.BytesIO(archive.read(member))
            image: Image.Image = Image.open(file, formats=("PNG",))
            if image.size != (SIDE, SIDE):
                raise BrokenArchiveError(
                    path, f"holds an image of {image.size}, not {SIDE} x {SIDE} ({member})"
                )
            # One bit a pixel, eight pixels a byte: unpacking them all at once later is fast.
            if image.mode != "1":
                image = image.convert("L").convert("1", dither=Image.Dither.NONE)
            bits = image.tobytes()
        except BrokenArchiveError:
            raise
        except DAMAGED as error:
            raise BrokenArchiveError(
                path, f"holds a damaged drawing ({member}: {error})"
            ) from error
        paper[index] = np.frombuffer(bits, dtype=np.uint8).reshape(SIDE, row_bytes)
    return np.unpackbits(paper, axis=2, count=SIDE) == 0


def resize_ink(ink: np.ndarray, size: int, chunk: int = 2048) -> torch.Tensor:
    """Resize bool ``(N, 105, 105)`` to uint8 ``(N, 1, size, size)``, ink 255, anti-aliased."""
    resized = torch.empty(len(ink), 1, size, size, dtype=torch.uint8)
    for start in range(0, len(ink), chunk):
        part = torch.from_numpy(ink[start : start + chunk, None]).to(torch.float32)
        if size != SIDE:
            part = F.interpolate(part, size=(size, size), mode="bilinear", antialias=True)
        resized[start : start + chunk] = part.mul_(255).round_().clamp_(0, 255).to(torch.uint8)
    return resized

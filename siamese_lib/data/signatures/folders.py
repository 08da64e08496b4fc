"""Real signatures from a folder: the layout of CEDAR.

What cannot be used is left out, counted and named in a note; what would change what is measured is
an error.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from siamese_lib.checks import check_counts, height_and_width
from siamese_lib.data.folder import image_files
from siamese_lib.data.image_file import MAX_PIXELS, UnreadableImageError, read_image
from siamese_lib.data.labelled_images import LabelledImages
from siamese_lib.data.signatures.made_up import SIZE
from siamese_lib.data.signatures.scans import BlankImageError, cut_out
from siamese_lib.data.signatures.signature_set import FORGED, SignatureSet
from siamese_lib.files import display_path
from siamese_lib.messages import note

CEDAR = {
    "full_org": re.compile(r"original_(\d+)_(\d+)", re.I),
    "full_forg": re.compile(r"forgeries_(\d+)_(\d+)", re.I),
}
EXAMPLE = "original_1_1.png"
NAMED = 3  # files that a note names; it counts the rest


class _File(NamedTuple):
    path: Path
    signer: str
    forged: bool


def load_cedar(
    folder: str | Path,
    size: tuple[int, int] = SIZE,
    forgeries: bool = True,
    clean: bool = True,
    name: str | None = None,
    *,
    max_pixels: int = MAX_PIXELS,
) -> SignatureSet:
    """Read a folder with CEDAR's layout (Kalera, Srihari and Xu 2004).

    Expected are ``full_org/original_<signer>_<number>.png`` and
    ``full_forg/forgeries_<signer>_<number>.png``; other endings of images do as well. CEDAR itself
    has 55 signers with 24 of each kind.

    Args:
        folder: the folder that holds the two.
        size: height and width of the pictures in pixels.
        forgeries: False to do without ``full_forg``: then there is no word on skilled forgeries.
        clean: take the paper away and cut the signature out (see ``scans.cut_out``). False only
            fits the scans into ``size``: then paper and scanner stay in the pictures.
        name: what to call the set; by default the folder's name.
        max_pixels: Largest number of pixels of one scan, 1 or more, by default 50 million. Larger
            ones are left out before anything is decoded.

    Returns:
        The set. CEDAR does not say who forged, so the maker of a forgery is
        ``"forgers of signer 12"``.

    Raises:
        FileNotFoundError: the folder, or one of the two in it, is not there.
        ValueError: If there is no image, none that can be read, nobody with two genuine ones, or
            ``max_pixels`` is not an int of 1 or more.
    """
    folder = _existing(folder)
    files, others = [], []
    for part, pattern in CEDAR.items():
        if part == "full_forg" and not forgeries:
            continue
        if not (folder / part).is_dir():
            cure = "; forgeries=False does without it" if part == "full_forg" else ""
            raise FileNotFoundError(
                f"{display_path(folder)} has no folder {part!r}. CEDAR's layout is full_org and "
                f"full_forg, with files original_1_1.png and forgeries_1_1.png{cure}"
            )
        for path in image_files(folder / part):
            match = pattern.fullmatch(path.stem)
            if match:
                files.append(_File(path, f"signer {int(match[1]):02d}", part == "full_forg"))
            else:
                others.append(path)
    return _load(folder, files, others, forgeries, size, clean, name, max_pixels)


def _existing(folder: str | Path) -> Path:
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {display_path(folder)}")
    return folder


def _load(
    folder: Path,
    files: list[_File],
    others: list[Path],
    forgeries: bool,
    size: tuple[int, int],
    clean: bool,
    name: str | None,
    max_pixels: int,
) -> SignatureSet:
    sides = height_and_width(size)
    check_counts(max_pixels=max_pixels)
    _tell(f"file(s) that are not called like {EXAMPLE}", [path.name for path in others])
    if not files:
        raise ValueError(f"{display_path(folder)} holds no image that is called like {EXAMPLE}")
    images, kept, left_out = [], [], []
    for file in files:
        try:
            images.append(_picture(file.path, sides, clean, max_pixels))
            kept.append(file)
        except (UnreadableImageError, BlankImageError):
            left_out.append(file.path.name)
    _tell("unreadable or empty image(s)", left_out)
    if not kept:
        raise ValueError(f"no image in {display_path(folder)} can be read")

    n_genuine = Counter(file.signer for file in kept if not file.forged)
    usable = {signer for signer, n in n_genuine.items() if n >= 2}
    _tell(
        "signer(s) with fewer than two genuine signatures, and the forgeries of them",
        sorted({file.signer for file in kept} - usable),
    )
    if not usable:
        raise ValueError(f"nobody in {display_path(folder)} has two genuine signatures")
    chosen = [n for n, file in enumerate(kept) if file.signer in usable]
    kept, images = [kept[n] for n in chosen], [images[n] for n in chosen]
    copied = {file.signer for file in kept if file.forged}
    if forgeries and not copied:
        raise ValueError(
            f"no forgery in {display_path(folder)} can be used: forgeries=False does without"
        )
    if forgeries and copied != usable:
        lacking = sorted(usable - copied)
        note(f"no forgeries of {len(lacking)} signer(s): {_listed(lacking)}")
    return _as_set(kept, np.stack(images), sorted(usable), name or folder.name)


def _picture(path: Path, sides: tuple[int, int], clean: bool, max_pixels: int) -> np.ndarray:
    """uint8 ``sides``, ink high."""
    scan = read_image(path, None, max_pixels=max_pixels)[0]
    cut = cut_out(scan, sides)  # also says whether there is anything on it
    if clean:
        return cut
    return read_image(path, sides, ink_is_dark=True, max_pixels=max_pixels)[0]


def _as_set(files: list[_File], images: np.ndarray, signers: list[str], name: str) -> SignatureSet:
    number = {signer: n for n, signer in enumerate(signers)}
    group = torch.tensor([number[file.signer] for file in files])
    forged = torch.tensor([file.forged for file in files])
    label = group + len(signers) * forged
    whole = LabelledImages(
        images=torch.from_numpy(images)[:, None],
        labels=label,
        groups=group,
        makers=label,
        class_names=tuple(signers + [signer + FORGED for signer in signers]),
        group_names=tuple(signers),
        maker_names=tuple(signers + [f"forgers of {signer}" for signer in signers]),
        name=name,
    )
    genuine = whole.select(~forged)
    return SignatureSet(genuine, whole.select(forged, f"{name}, forged") if any(forged) else None)


def _tell(what: str, names: list[str]) -> None:
    if names:
        note(f"left out {len(names)} {what}: {_listed(names)}")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")

"""Features of photographs: of any set, and those of the Grocery Store data set that are stored."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from siamese_lib.data import NotAvailableError, Photographs, load_grocery
from siamese_lib.embedding import PhotographBackbone, embed_all, embed_photographs
from siamese_lib.evaluation import colour_histogram, pixels
from siamese_lib.messages import note
from siamese_lib.randomness import as_generator

STORED = Path(__file__).parent / "weights" / "grocery.npz"
# Sides of the thumbnails in pixels: the best of 4, 8, 16 and 32 for pixels on the validation part.
HISTOGRAM_SIDE, PIXELS_SIDE = 32, 8
# The square root of a feature is stored in 4 bits, as a share of its largest value.
LEVELS = 15


class PhotographFeatures(NamedTuple):
    """Photographs with their features, row by row.

    Attributes:
        photographs: The photographs.
        features: ``"backbone"``, ``"histogram"`` and ``"pixels"``, float32 of shape ``(N, D)``.
        has_pictures: Whether the photographs themselves can be read on this machine.
    """

    photographs: Photographs
    features: dict[str, Tensor]
    has_pictures: bool


class PhotographParts(NamedTuple):
    """Rows of the photographs in each role, int64.

    Attributes:
        catalogue: One picture of each class.
        training: Photographs to learn from.
        test: Photographs of other sessions, to measure on.
    """

    catalogue: Tensor
    training: Tensor
    test: Tensor


def split_photographs(
    photographs: Photographs, generator: torch.Generator | int | None = 0
) -> PhotographParts:
    """Split photographs into catalogue, training and test so that no session is in two of them.

    Parts that are called ``"iconic"``, ``"train"`` and ``"test"``, as in the Grocery Store data
    set, stay what they are. Otherwise half of the sessions (makers) of each class are for the test,
    and the first photograph that is not becomes the catalogue picture. Classes with a single
    session are split within it, and a note says so.

    Args:
        photographs: The photographs.
        generator: A ``torch.Generator`` or a seed.

    Raises:
        ValueError: If a class has fewer than three photographs.
    """
    names = photographs.maker_names
    if {"iconic", "train", "test"} <= {*names}:
        rows = {
            part: (photographs.makers == names.index(part)).nonzero().squeeze(1)
            for part in ("iconic", "train", "test")
        }
        return PhotographParts(rows["iconic"], rows["train"], rows["test"])
    generator = as_generator(generator)
    parts: tuple[list[Tensor], list[Tensor], list[Tensor]] = ([], [], [])
    n_single = 0
    for label in photographs.classes.tolist():
        rows = (photographs.labels == label).nonzero().squeeze(1)
        if len(rows) < 3:
            raise ValueError(
                f"class {photographs.class_names[label]!r} has {len(rows)} photograph(s), and 3 "
                "are needed: pass at_least=3 to load_photographs"
            )
        session = photographs.makers[rows].unique(return_inverse=True)[1]
        n_sessions = int(session.max()) + 1
        if n_sessions == 1:  # each photograph stands for itself
            n_single += 1
            session, n_sessions = torch.arange(len(rows)), len(rows)
        tested = torch.randperm(n_sessions, generator=generator)[: n_sessions // 2]
        held_out = torch.isin(session, tested)
        kept = rows[~held_out]
        parts[0].append(kept[:1])
        parts[1].append(kept[1:] if len(kept) > 1 else kept)
        parts[2].append(rows[held_out])
    if n_single:
        note(
            f"{n_single} of {len(photographs.classes)} classes have one session. Their photographs "
            "are split at random, so pictures of one moment may be in both parts, and scores come "
            "out too high. Put the photographs of each day into a folder: class/day/picture."
        )
    return PhotographParts(*(torch.cat(rows) for rows in parts))


def photograph_features(
    photographs: Photographs, backbone: PhotographBackbone, progress: bool = True
) -> PhotographFeatures:
    """Compute the features of a backbone, and two simple ones to compare it with.

    Args:
        photographs: The photographs. Everything is kept in the cache folder.
        backbone: A ``PretrainedBackbone``.
        progress: Whether to show a progress bar.

    Returns:
        The features of the backbone, the square roots of a colour histogram, and the pixels of
        thumbnails.
    """
    features = {
        "backbone": embed_photographs(backbone, photographs, progress=progress),
        "histogram": embed_all(colour_histogram, photographs.thumbnails(HISTOGRAM_SIDE)),
        "pixels": embed_all(pixels, photographs.thumbnails(PIXELS_SIDE)),
    }
    return PhotographFeatures(photographs, features, True)


def grocery_features(root: str | Path | None = None) -> PhotographFeatures:
    """Return the stored features of the Grocery Store data set, and its photographs if possible.

    ``benchmarks/grocery_features.py`` made them: EfficientNet-lite0 (ImageNet weights), in 4 bits a
    number. The photographs are those of ``load_grocery()``. If these cannot be had, a note says so,
    and reading a picture raises ``NotAvailableError``.

    Args:
        root: As for ``load_grocery``.

    Raises:
        ValueError: If the archive on this machine lists other pictures.
    """
    with np.load(STORED, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    features = {
        name: unpacked(arrays[name], arrays[f"{name}_largest"])
        for name in ("backbone", "histogram", "pixels")
    }
    files = tuple(str(arrays["files"]).split("\n"))
    try:
        photographs = load_grocery(root=root)
        has_pictures = True
    except NotAvailableError as error:
        note(
            f"the photographs are not on this machine ({error}). The page goes on with their "
            "stored features, and without its pictures."
        )
        photographs = _without_pictures(arrays, files, str(error))
        has_pictures = False
    if photographs.files != files:
        raise ValueError("the archive lists other pictures than the stored features are of")
    return PhotographFeatures(photographs, features, has_pictures)


def packed_features(values: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return features of 0 or more in 4 bits a number, two in a byte, and their largest values.

    The square root is stored, so that small values keep their proportions.

    Raises:
        ValueError: If a value is negative.
    """
    if values.min() < 0:
        raise ValueError("only features of 0 or more are stored")
    largest = values.amax(dim=0).clamp(min=1e-6)
    level = (LEVELS * (values / largest).sqrt()).round().to(torch.uint8)
    level = torch.nn.functional.pad(level, (0, level.shape[1] % 2))
    return (16 * level[:, ::2] + level[:, 1::2]).numpy(), largest.numpy()


def unpacked(stored: np.ndarray, largest: np.ndarray) -> Tensor:
    """Return what ``packed_features`` stored, as float32 ``(N, D)``."""
    level = np.stack([stored >> 4, stored & 15], axis=2).reshape(len(stored), -1)
    share = level[:, : len(largest)].astype(np.float32) / LEVELS
    return torch.from_numpy(share**2 * largest)


def _without_pictures(arrays: dict, files: tuple[str, ...], reason: str) -> Photographs:
    def names(kind: str) -> tuple[str, ...]:
        return tuple(str(arrays[f"{kind}_names"]).split("\n"))

    return Photographs(
        files=files,
        marks=files,
        **{name: torch.from_numpy(arrays[name]).long() for name in ("labels", "groups", "makers")},
        class_names=names("class"),
        group_names=names("group"),
        maker_names=names("maker"),
        open_one=partial(_not_here, reason),
        name="Grocery Store",
    )


def _not_here(reason: str, file: str) -> np.ndarray:
    raise NotAvailableError(f"{file} cannot be shown: {reason}")

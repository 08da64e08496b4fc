"""Public sets of faces, through scikit-learn's fetchers: Olivetti, and Labeled Faces in the Wild.

They are photographs of real people, who were not all asked. Use them to learn, and read in chapter
10 what their scores do not show.

scikit-learn checks what it downloads, and keeps it in ``data_home`` as pickles, which can execute
code when they are read: pass a folder of your own, never one that a stranger has filled.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from siamese_lib.checks import check_channels, check_counts
from siamese_lib.data.download import NotAvailableError
from siamese_lib.data.labelled_images import LabelledImages


def load_olivetti(
    size: int = 64, channels: int = 1, data_home: str | Path | None = None
) -> LabelledImages:
    """Olivetti faces: 40 people, 10 pictures each, 64 x 64 grey (Samaria and Harter 1994).

    Args:
        size: side of the pictures in pixels.
        channels: 1 for grey, 3 to repeat it for a network that expects colours.
        data_home: scikit-learn's folder of data; by default its own.

    Raises:
        NotAvailableError: not on this machine, and it could not be fetched.
        ValueError: ``channels`` that are not 1 or 3.
    """
    check_channels(channels)
    fetched = _fetch("Olivetti faces", "fetch_olivetti_faces", data_home=data_home)
    pictures = torch.from_numpy(fetched.images)[:, None]  # in [0, 1]
    people = torch.from_numpy(np.asarray(fetched.target)).long()
    names = tuple(f"person {number:02}" for number in range(int(people.max()) + 1))
    return _labelled(pictures, people, names, size, channels, "Olivetti faces")


def load_lfw(
    size: int = 64,
    channels: int = 3,
    at_least: int = 2,
    data_home: str | Path | None = None,
) -> LabelledImages:
    """Labeled Faces in the Wild: people from news photographs (Huang et al. 2007).

    Args:
        size: side of the pictures in pixels.
        channels: 1 for grey, 3 for colours.
        at_least: only people with so many pictures.
        data_home: scikit-learn's folder of data; by default its own.

    Raises:
        NotAvailableError: not on this machine, and it could not be fetched.
        ValueError: ``channels`` that are not 1 or 3.
    """
    check_counts(at_least=at_least)
    check_channels(channels)
    colour = channels == 3
    fetched = _fetch(
        "Labeled Faces in the Wild",
        "fetch_lfw_people",
        min_faces_per_person=at_least,
        color=colour,
        data_home=data_home,
    )
    people = torch.from_numpy(np.asarray(fetched.target)).long()
    names = tuple(str(name) for name in fetched.target_names)
    pictures = _channels_first(fetched.images, colour)
    return _labelled(pictures, people, names, size, channels, "Labeled Faces in the Wild")


def _fetch(what: str, fetcher: str, **settings: object):  # what scikit-learn calls a bunch
    from sklearn import datasets  # it takes a second, and few chapters need it

    try:
        return getattr(datasets, fetcher)(**settings)
    except OSError as error:  # no network, no such file, a full disk
        raise NotAvailableError(
            f"{what} are not on this machine, and scikit-learn could not fetch them ({error}). "
            "Run again where there is a network, or read a folder of your own with load_folder."
        ) from error


def _channels_first(images: np.ndarray, colour: bool) -> Tensor:
    """float ``(N, C, H, W)`` in [0, 1]; some versions of scikit-learn give values up to 255."""
    pictures = torch.from_numpy(np.ascontiguousarray(images)).float()
    pictures = pictures.movedim(-1, 1) if colour else pictures[:, None]
    return pictures / 255 if pictures.max() > 1 else pictures


def _resized(pictures: Tensor, size: int, channels: int) -> Tensor:
    """uint8 ``(N, channels, size, size)``; what is not square is padded with its edge."""
    height, width = pictures.shape[2:]
    side = max(height, width)
    left, top = (side - width) // 2, (side - height) // 2
    margins = (left, side - width - left, top, side - height - top)
    square = F.pad(pictures, margins, mode="replicate")
    if side != size:
        square = F.interpolate(square, (size, size), mode="bilinear", antialias=True)
    square = square.expand(-1, channels, -1, -1)
    return (255 * square).round().clamp(0, 255).to(torch.uint8)


def _labelled(
    pictures: Tensor, people: Tensor, names: tuple[str, ...], size: int, channels: int, name: str
) -> LabelledImages:
    return LabelledImages(
        images=_resized(pictures, size, channels),
        labels=people,
        groups=torch.zeros_like(people),
        makers=torch.zeros_like(people),
        class_names=names,
        group_names=("all",),
        maker_names=("unknown",),
        name=name,
    )

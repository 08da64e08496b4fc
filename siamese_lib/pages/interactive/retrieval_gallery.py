"""A collection to click through: what is nearest to a drawing, by one measure and by another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from siamese_lib.pages.interactive.page_figure import PageFigure, check_one_each
from siamese_lib.pages.interactive.sheet import sheet_of

COLUMNS = 16


def retrieval_gallery(
    images: Tensor,
    labels: Tensor,
    names: Sequence[str],
    neighbours: Mapping[str, Tensor],
    *,
    alt: str,
    start: int = 0,
) -> PageFigure:
    """A sheet of drawings; the chosen one shows its nearest neighbours, by each way to search.

    A click chooses, and so do the arrow keys once the sheet has the focus; a click on a neighbour
    goes on from there. Mates of the chosen drawing are marked on the sheet; a neighbour carries a
    tick or a cross.

    Args:
        images: uint8 ``(N, 1, H, W)``, ink 255.
        labels: integers ``(N,)``: drawings of the same label are mates.
        names: ``(N,)``, what each drawing is.
        neighbours: from the name of each way to int64 ``(N, k)``: for each drawing the others that
            are nearest by it, the nearest first.
        alt: what is to be seen and done, in words.
        start: the drawing that is chosen first.

    Returns:
        The figure; as the last value of a cell it is shown.

    Raises:
        ValueError: shapes that do not fit, no way to search, a neighbour that is not there or is
            the drawing itself.
    """
    n = len(images)
    if images.ndim != 4 or images.shape[1] != 1 or images.dtype != torch.uint8 or n == 0:
        raise ValueError(
            f"images must be uint8 (N, 1, H, W), got {images.dtype} {tuple(images.shape)}"
        )
    check_one_each("labels", labels, n, "image")
    check_one_each("names", names, n, "image")
    if not neighbours:
        raise ValueError("neighbours must hold one way to search or more")
    for way, found in neighbours.items():
        check_one_each(f"neighbours[{way!r}]", found, n, "image")
        if found.ndim != 2 or found.is_floating_point() or found.min() < 0 or found.max() >= n:
            raise ValueError(
                f"neighbours[{way!r}] must be integers (N, k) from 0 to {n - 1}, got "
                f"{found.dtype} {tuple(found.shape)}"
            )
        if (found.cpu() == torch.arange(n)[:, None]).any():
            raise ValueError(f"neighbours[{way!r}]: a drawing is its own neighbour; leave it out")
    if not 0 <= start < n:
        raise ValueError(f"start must lie between 0 and {n - 1}, got {start}")
    data = {
        "labels": labels.tolist(),
        "names": list(names),
        "ways": list(neighbours),
        "neighbours": [found.tolist() for found in neighbours.values()],
        "columns": COLUMNS,
        "rows": math.ceil(n / COLUMNS),
        "start": start,
        "sheet": sheet_of(images, COLUMNS),
    }
    return PageFigure("retrieval_gallery", data, alt)

"""A map of embeddings that shows the drawing behind each point."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from siamese_lib.pages.interactive.page_figure import (
    COLOURS,
    PageFigure,
    check_one_each,
    limits,
    rounded,
)
from siamese_lib.pages.interactive.sheet import sheet_of


def hover_map(
    points: Tensor,
    images: Tensor,
    labels: Tensor,
    names: Sequence[str],
    *,
    alt: str,
    groups: Tensor | None = None,
    group_names: Sequence[str] | None = None,
    neighbours: Tensor | None = None,
) -> PageFigure:
    """Points in the plane; the one under the pointer shows its drawing and its neighbours.

    Tab reaches the map, and the arrow keys walk from point to point.

    Args:
        points: ``(N, 2)``, for example from PCA or t-SNE.
        images: uint8 ``(N, 1, H, W)``, ink 255: the drawings.
        labels: integers ``(N,)``: points of the same label light up together.
        names: ``(N,)``, what each drawing is.
        alt: what is to be seen, in words.
        groups: integers ``(N,)``, 0 to 6: the colour of each point.
        group_names: a name for each group.
        neighbours: int64 ``(N, k)``: for each point, the points nearest to it in the embedding
            space, which need not be nearest on the map.

    Returns:
        The figure; as the last value of a cell it is shown.

    Raises:
        ValueError: shapes that do not fit, more than seven groups, NaN or infinity.
    """
    n = len(points)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points must have shape (N, 2), got {tuple(points.shape)}")
    if images.ndim != 4 or images.shape[1] != 1 or images.dtype != torch.uint8:
        raise ValueError(
            f"images must be uint8 (N, 1, H, W), got {images.dtype} {tuple(images.shape)}"
        )
    groups = torch.zeros(n, dtype=torch.int64) if groups is None else groups
    for name, found in (("images", images), ("labels", labels), ("names", names)):
        check_one_each(name, found, n, "point")
    check_one_each("groups", groups, n, "point")
    if groups.min() < 0 or groups.max() >= len(COLOURS):
        raise ValueError(f"groups must lie between 0 and {len(COLOURS) - 1}")
    if neighbours is not None:
        check_one_each("neighbours", neighbours, n, "point")
    columns = math.ceil(math.sqrt(n))
    data = {
        "points": rounded(points),
        "labels": labels.tolist(),
        "names": list(names),
        "groups": groups.tolist(),
        "groupNames": list(group_names or []),
        "colours": COLOURS,
        "neighbours": neighbours.tolist() if neighbours is not None else None,
        "xlim": limits(points[:, 0]),
        "ylim": limits(points[:, 1]),
        "columns": columns,
        "side": images.shape[2],
        "sheet": sheet_of(images, columns),
    }
    return PageFigure("hover_map", data, alt)

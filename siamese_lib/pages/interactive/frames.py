"""Figures with a slider: curves that depend on a number, points that move as a network learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from siamese_lib.pages.interactive.page_figure import (
    COLOURS,
    PageFigure,
    check_one_each,
    limits,
    rounded,
)


def movable_curves(
    x: Tensor,
    curves: Mapping[str, Tensor],
    values: Tensor | Sequence[float],
    *,
    slider: str,
    xlabel: str,
    ylabel: str,
    alt: str,
    ylim: tuple[float, float] | None = None,
    captions: Sequence[str] | None = None,
    start: int | None = None,
    upright: bool = False,
    table: Tensor | None = None,
    table_rows: Sequence[str] = (),
    table_columns: Sequence[str] = (),
) -> PageFigure:
    """Curves over x that change as the reader moves a slider.

    Args:
        x: ``(N,)``.
        curves: name of each curve to its heights ``(V, N)``, one row for each slider position.
        values: ``(V,)``, the number shown at each position of the slider.
        slider: what that number is, for example "margin".
        xlabel: name of the x axis.
        ylabel: name of the y axis.
        alt: what is to be seen, in words.
        ylim: the ends of the y axis; by default all curves fit.
        captions: a sentence for each position of the slider.
        start: the position to begin with; the middle by default.
        upright: draw an upright line at x = the slider's number, too.
        table: integers ``(V, R, C)``: counts for each position of the slider, shown as a table.
        table_rows: R names.
        table_columns: C names.

    Returns:
        The figure; as the last value of a cell it is shown.

    Raises:
        ValueError: shapes that do not fit, more than seven curves, NaN or infinity.
    """
    values = torch.as_tensor(values, dtype=torch.float64)
    _check_start(start, len(values))
    if not 0 < len(curves) <= len(COLOURS):
        raise ValueError(f"curves must hold 1 to {len(COLOURS)} of them, got {len(curves)}")
    for name, heights in curves.items():
        if heights.shape != (len(values), len(x)):
            raise ValueError(
                f"curve {name!r} must have shape ({len(values)}, {len(x)}): a row for each value, "
                f"a column for each x; got {tuple(heights.shape)}"
            )
    if captions is not None:
        check_one_each("captions", captions, len(values), "value")
    heights = torch.stack([torch.as_tensor(c).double() for c in curves.values()])  # (C, V, N)
    data = {
        "x": rounded(x),
        "curves": rounded(heights.transpose(0, 1)),
        "names": list(curves),
        "colours": COLOURS[: len(curves)],
        "values": rounded(values),
        "upright": upright,
        "xlim": [float(x.min()), float(x.max())],
        "ylim": list(ylim) if ylim else limits(heights),
        "xlabel": xlabel,
        "ylabel": ylabel,
        "slider": slider,
        "captions": list(captions or []),
        "start": len(values) // 2 if start is None else start,
        "play": False,
    }
    if table is not None:
        wanted = (len(values), len(table_rows), len(table_columns))
        if tuple(table.shape) != wanted:
            raise ValueError(
                f"table must have shape {wanted}: values, table_rows, table_columns; got "
                f"{tuple(table.shape)}"
            )
        data["table"] = table.tolist()
        data["tableRows"], data["tableColumns"] = list(table_rows), list(table_columns)
    return PageFigure("frames", data, alt)


def moving_points(
    positions: Tensor,
    labels: Tensor,
    values: Tensor | Sequence[float],
    *,
    alt: str,
    names: Sequence[str] | None = None,
    slider: str = "step",
    captions: Sequence[str] | None = None,
    start: int = 0,
) -> PageFigure:
    """Points in the plane that move over time, with a slider and a button to play.

    Args:
        positions: ``(V, N, 2)``: where each point is at each moment.
        labels: integers ``(N,)``, 0 to 6: the class of each point, shown as its colour.
        values: ``(V,)``, the number of each moment, for example the training step.
        alt: what is to be seen, in words.
        names: a name for each class.
        slider: what ``values`` are.
        captions: a sentence for each moment.
        start: the moment to begin with.

    Returns:
        The figure; as the last value of a cell it is shown.

    Raises:
        ValueError: shapes that do not fit, more than seven classes, NaN or infinity.
    """
    values = torch.as_tensor(values, dtype=torch.float64)
    _check_start(start, len(values))
    if positions.ndim != 3 or positions.shape[2] != 2 or len(positions) != len(values):
        raise ValueError(
            f"positions must have shape ({len(values)}, N, 2), a moment for each value, got "
            f"{tuple(positions.shape)}"
        )
    check_one_each("labels", labels, positions.shape[1], "point")
    n_classes = int(labels.max()) + 1
    if labels.min() < 0 or n_classes > len(COLOURS):
        raise ValueError(f"labels must lie between 0 and {len(COLOURS) - 1}, got {labels.unique()}")
    if captions is not None:
        check_one_each("captions", captions, len(values), "value")
    data = {
        "points": rounded(positions),
        "labels": labels.tolist(),
        "names": list(names or [f"class {number}" for number in range(n_classes)]),
        "colours": COLOURS[:n_classes],
        "values": rounded(values),
        "xlim": limits(positions[..., 0]),
        "ylim": limits(positions[..., 1]),
        "square": True,
        "slider": slider,
        "captions": list(captions or []),
        "start": start,
        "play": True,
    }
    return PageFigure("frames", data, alt)


def _check_start(start: int | None, n_values: int) -> None:
    if start is not None and not 0 <= start < n_values:
        raise ValueError(f"start must lie between 0 and {n_values - 1}, got {start}")

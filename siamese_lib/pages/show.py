"""Figures that more than one chapter draws."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from siamese_lib.data import NotAvailableError, Photographs

# Colours of Okabe and Ito, told apart by the colour-blind; the same meaning everywhere.
SAME = "#0072B2"
DIFFERENT = "#D55E00"
NEUTRAL = "#666666"
HIGHLIGHT = "#009E73"
MARKERS = "os^DvPX"


def use_book_style() -> None:
    """Set matplotlib's defaults to the look of the book: calm axes, readable at phone width."""
    plt.rcParams.update(
        {
            "figure.dpi": 110,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "axes.titlesize": 11,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": False,
            "axes.prop_cycle": plt.cycler(color=[SAME, DIFFERENT, HIGHLIGHT, "#CC79A7", NEUTRAL]),
            "legend.frameon": False,
        }
    )


def image_grid(
    images: Tensor,
    row_names: Sequence[str] | None = None,
    column_names: Sequence[str] | None = None,
    title: str | None = None,
    frame_colours: Sequence[Sequence[str | None]] | None = None,
    cell: float = 0.62,
    ax: Axes | None = None,
    ink: bool = True,
) -> Axes:
    """Show images in rows and columns, ink dark on light paper.

    Args:
        images: ``(R, K, C, H, W)``, or ``(K, C, H, W)`` for one row; uint8 or float in [0, 1],
            one channel or three, ink high. On any device.
        row_names: one name per row, written on the left.
        column_names: one name per column, written above.
        title: title of the figure.
        frame_colours: for each row and column a colour to frame the image with, or None.
        cell: size of one image in inches.
        ax: axes to draw on; by default a new figure of fitting size.
        ink: False for grey photographs, where high is light; colours are always shown as they are.

    Returns:
        The axes.

    Raises:
        ValueError: the images have another shape, or the names are not as many as rows or
            columns.
    """
    if images.ndim == 4:
        images = images[None]
    if images.ndim != 5 or images.shape[2] not in (1, 3):
        raise ValueError(
            "images must have shape (R, K, C, H, W) or (K, C, H, W) with C 1 or 3, got "
            f"{tuple(images.shape)}"
        )
    rows, columns, channels, height, width = images.shape
    for what, names, wanted in (
        ("row_names", row_names, rows),
        ("column_names", column_names, columns),
    ):
        if names is not None and len(names) != wanted:
            raise ValueError(f"{what} must hold {wanted} names, got {len(names)}")
    if ax is None:
        margin = 1.0 if row_names else 0.0
        _, ax = plt.subplots(figsize=(columns * cell + margin, rows * cell + 0.4))
    if images.dtype == torch.uint8:
        images = images.float() / 255
    # R, K, C, H, W -> R * H, K * W, C: one big picture is drawn much faster than R * K axes.
    sheet = (
        images.detach()
        .cpu()
        .permute(0, 3, 1, 4, 2)
        .reshape(rows * height, columns * width, -1)
        .numpy()
    )
    if channels == 1:
        ax.imshow(
            sheet[..., 0], cmap="gray_r" if ink else "gray", vmin=0, vmax=1, interpolation="nearest"
        )
    else:
        ax.imshow(sheet.clip(0, 1), interpolation="nearest")
    _rule(ax, rows, columns, height, width)
    ax.set_yticks([(row + 0.5) * height - 0.5 for row in range(rows)] if row_names else [])
    ax.set_xticks([(col + 0.5) * width - 0.5 for col in range(columns)] if column_names else [])
    ax.set_yticklabels(row_names or [])
    ax.set_xticklabels(column_names or [])
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    if title:
        ax.set_title(title)
    for row, colours in enumerate(frame_colours or []):
        for column, colour in enumerate(colours):
            if colour:
                corner = (column * width + 0.5, row * height + 0.5)
                ax.add_patch(
                    plt.Rectangle(corner, width - 2, height - 2, fill=False, ec=colour, lw=2)
                )
    return ax


def _rule(ax: Axes, rows: int, columns: int, height: int, width: int) -> None:
    """Thin lines between the images."""
    for row in range(1, rows):
        ax.axhline(row * height - 0.5, color="#dddddd", lw=0.6)
    for column in range(1, columns):
        ax.axvline(column * width - 0.5, color="#dddddd", lw=0.6)


def draw_stills(
    positions: Tensor,
    labels: Tensor,
    titles: Sequence[str],
    forces: Tensor | None = None,
) -> Figure:
    """Points in the plane at some moments, side by side, each moment on a scale of its own.

    Args:
        positions: ``(V, N, 2)``, where each point is at each moment.
        labels: integers ``(N,)``, 0 to 6: the class of each point, its colour and its marker.
        titles: ``V`` of them, one above each moment.
        forces: ``(V, N, 2)``, an arrow at each point. In each picture the longest arrow is a
            quarter of the picture long, so that only lengths within one picture compare.

    Returns:
        The figure.

    Raises:
        ValueError: shapes that do not fit, or labels out of range.
    """
    if positions.ndim != 3 or positions.shape[2] != 2 or len(titles) != len(positions):
        raise ValueError(
            f"positions must have shape ({len(titles)}, N, 2), a moment for each title, got "
            f"{tuple(positions.shape)}"
        )
    if labels.shape != positions.shape[1:2]:
        raise ValueError(
            f"labels must have shape ({positions.shape[1]},), one a point, got "
            f"{tuple(labels.shape)}"
        )
    if labels.min() < 0 or labels.max() >= len(MARKERS):
        raise ValueError(f"labels must lie from 0 to {len(MARKERS) - 1}, got {labels.unique()}")
    if forces is not None and forces.shape != positions.shape:
        raise ValueError(
            f"forces must have the shape of positions, {tuple(positions.shape)}, got "
            f"{tuple(forces.shape)}"
        )
    colours = [SAME, DIFFERENT, HIGHLIGHT, "#CC79A7", NEUTRAL, "#56B4E9", "#000000"]
    figure, axes = plt.subplots(
        1, len(positions), figsize=(2.6 * len(positions), 2.9), squeeze=False
    )
    for moment, (ax, title) in enumerate(zip(axes[0], titles, strict=True)):
        place = positions[moment].detach().cpu()
        for label in labels.unique().tolist():
            mine = (labels == label).cpu()
            ax.plot(*place[mine].T, MARKERS[label], ms=4, alpha=0.75, color=colours[label])
        side = float((place.amax(0) - place.amin(0)).max()) or 1.0
        middle = (place.amax(0) + place.amin(0)) / 2
        if forces is not None:
            push = forces[moment].detach().cpu()
            longest = float(push.norm(dim=1).max()) or 1.0
            arrows = push * (side / 4 / longest)
            how = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.006}
            ax.quiver(*place.T, *arrows.T, color="#333333", alpha=0.6, **how)
        for set_limits, centre in zip((ax.set_xlim, ax.set_ylim), middle.tolist(), strict=True):
            set_limits(centre - 0.62 * side, centre + 0.62 * side)
        ax.set(aspect="equal", title=title)
    return figure


def draw_broken_axes(
    values: Sequence[float], cut: float, figsize: tuple[float, float] = (7, 3)
) -> tuple[Figure, tuple[Axes, Axes]]:
    """Two axes side by side that share their rows: what is far off would squeeze all else.

    Args:
        values: all that will be drawn along the horizontal axis.
        cut: values below it go to the left axes, which are narrow; the others to the right.
        figsize: of the figure, inches.

    Returns:
        The figure and both axes. Their limits are set; draw everything on both.

    Raises:
        ValueError: all values lie on one side of the cut.
    """
    sides = [v for v in values if v < cut], [v for v in values if v >= cut]
    if not all(sides):
        raise ValueError(f"cut={cut} has all values on one side: draw them on one pair of axes")
    figure, (left, right) = plt.subplots(1, 2, figsize=figsize, sharey=True, width_ratios=(1, 2))
    for axes, side in zip((left, right), sides, strict=True):
        margin = 0.05 * (max(side) - min(side)) + 0.5
        axes.set_xlim(min(side) - margin, max(side) + margin)
    right.spines["left"].set_visible(False)
    right.tick_params(left=False)
    marks = {"marker": [(-1, -1), (1, 1)], "ms": 9, "ls": "none", "color": "k", "clip_on": False}
    left.plot(1, 0, transform=left.transAxes, **marks)
    right.plot(0, 0, transform=right.transAxes, **marks)
    return figure, (left, right)


def photograph_grid(
    photographs: Photographs,
    rows: Tensor,
    row_names: Sequence[str] | None = None,
    column_names: Sequence[str] | None = None,
    frame_colours: Sequence[Sequence[str | None]] | None = None,
    cell: float = 0.9,
    side: int = 112,
) -> Axes:
    """Show photographs in rows and columns; grey tiles with a title if they are not here.

    Args:
        photographs: the set.
        rows: int64 ``(R, K)``, which photograph stands where.
        row_names: as for ``image_grid``, and so the rest.
        column_names: long names are broken at hyphens.
        frame_colours: a colour to frame each photograph with, or None.
        cell: size of one photograph in inches.
        side: side of one photograph in pixels.

    Returns:
        The axes.
    """
    title = None
    try:
        wanted = photographs.select(rows.flatten()).thumbnails(side).images
    except NotAvailableError:
        wanted = torch.full((rows.numel(), 3, side, side), 200, dtype=torch.uint8)
        title = "the photographs are not on this machine"
    names = None
    if column_names is not None:
        names = [fill(name.replace("-", "- "), 11).replace("- ", "-") for name in column_names]
    ax = image_grid(
        wanted.unflatten(0, tuple(rows.shape)),
        row_names,
        names,
        title,
        frame_colours,
        cell,
    )
    ax.tick_params(axis="x", labelsize=8)
    return ax

"""Figures that more than one chapter draws."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

# Colours of Okabe and Ito, told apart by the colour-blind; the same meaning everywhere.
SAME = "#0072B2"
DIFFERENT = "#D55E00"
NEUTRAL = "#666666"
HIGHLIGHT = "#009E73"


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
        ax.imshow(sheet[..., 0], cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
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


def draw_broken_axes(
    values: Sequence[float], cut: float, figsize: tuple[float, float] = (7, 3)
) -> tuple[Figure, tuple[Axes, Axes]]:
    """Two axes side by side that share their rows: what is far off would squeeze all else.

    Args:
        values: all that will be drawn along the horizontal axis.
        cut: values below it go to the left axes, which are narrow; the others to the right.
        figsize: of the figure, inches.

    Returns:
        The figure, and both axes, with their limits set: draw everything on both.

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

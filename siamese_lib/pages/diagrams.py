"""Diagrams of the chapters, drawn by code: a notebook that stands alone shows them as well."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path

from siamese_lib.pages.show import DIFFERENT, HIGHLIGHT, SAME

INK, GREY, PAPER = "#111111", "#555555", "#fdfaf2"
PALE_BLUE, DARK_BLUE = "#dcecf7", "#00568a"
PALE_GREEN, DARK_GREEN = "#ddf3ea", "#007a58"

# Two drawings of one invented letter, strokes of cubic splines in a box of 90 x 90, y down.
ONE_HAND = [
    [(24, 18), (22, 40), (24, 58), (26, 74)],
    [(24, 46), (40, 26), (66, 26), (66, 46), (66, 62), (56, 70), (50, 66)],
]
OTHER_HAND = [
    [(32, 14), (26, 36), (20, 58), (20, 76)],
    [(25, 50), (42, 34), (70, 36), (68, 54), (66, 70), (52, 74), (46, 68)],
]
EMBEDDINGS = (
    ["#f7e3d4", DIFFERENT, "#eeb185", "#fbf1ea", "#e08a4b"],
    ["#f3d3bb", DIFFERENT, "#e9a06c", "#fbf1ea", "#dd7b35"],
)


def draw_twins() -> Axes:
    """Draw how two images become a probability: one network used twice, a distance, "same".

    Returns:
        The axes, 720 units wide and 340 high, y down.
    """
    _, ax = plt.subplots(figsize=(7.2, 3.4))
    ax.set(xlim=(0, 720), ylim=(340, 0), aspect="equal")
    ax.axis("off")
    _twin(ax, 46, ONE_HAND, (66, 20), EMBEDDINGS[0])
    _twin(ax, 204, OTHER_HAND, (72, 26), EMBEDDINGS[1])
    for number, y in (("1", 26), ("2", 316)):
        _words(ax, 63, y, f"$x_{number}$", size=17)
        _words(ax, 334, y, f"$z_{number}$", size=17)
    for ends in ((136, 152), (190, 206)):
        ax.plot([211, 211], ends, color=SAME, lw=2, ls=(0, (1.5, 1.5)))
    _words(ax, 211, 171, "same weights", color=DARK_BLUE)
    _arrow(ax, (355, 91), (430, 138), bend=-0.35)
    _arrow(ax, (355, 249), (430, 202), bend=0.35)
    _box(ax, 376, 141, 132, 58, 29, "#f4f4f4", "#444444")
    _words(ax, 442, 170, "distance")
    _arrow(ax, (511, 170), (547, 170))
    _box(ax, 550, 104, 154, 132, 12, PALE_GREEN, DARK_GREEN)
    _words(ax, 627, 134, "probability")
    _words(ax, 627, 164, "of “same”")
    _box(ax, 566, 194, 122, 22, 11, "white", DARK_GREEN)
    _box(ax, 566, 194, 106, 22, 11, HIGHLIGHT, DARK_GREEN)
    return ax


def _twin(ax: Axes, top: float, strokes: list, dot: tuple, embedding: list[str]) -> None:
    """One image, the network, and the embedding that comes out; ``top`` is their upper edge."""
    middle = top + 45
    _box(ax, 18, top, 90, 90, 6, PAPER, GREY)
    for stroke in strokes:
        codes = [Path.MOVETO] + [Path.CURVE4] * (len(stroke) - 1)
        path = Path([(18 + x, top + y) for x, y in stroke], codes)
        ax.add_patch(PathPatch(path, fill=False, ec=INK, lw=4, capstyle="round"))
    ax.plot(18 + dot[0], top + dot[1], "o", color=INK, ms=6)
    _arrow(ax, (110, middle), (144, middle))
    corners = [(146, top), (280, top + 12), (280, top + 78), (146, top + 90)]
    ax.add_patch(Polygon(corners, fc=PALE_BLUE, ec=SAME, lw=2, joinstyle="round"))
    _words(ax, 211, middle, "network")
    _arrow(ax, (282, middle), (316, middle))
    for place, colour in enumerate(embedding):
        cell = Rectangle((318, top + 18 * place), 32, 18, fc=colour, ec="#444444", lw=1)
        ax.add_patch(cell)


def _box(ax: Axes, x: float, y: float, width: float, height: float, corner: float, fill, edge):
    """A box with round corners, ``corner`` being their radius."""
    style = f"round,pad=0,rounding_size={corner}"
    ax.add_patch(FancyBboxPatch((x, y), width, height, style, fc=fill, ec=edge, lw=1.8))


def _arrow(ax: Axes, start: tuple, end: tuple, bend: float = 0.0) -> None:
    style: dict[str, Any] = {"arrowstyle": "-|>", "mutation_scale": 13}
    style |= {"shrinkA": 0, "shrinkB": 0, "connectionstyle": f"arc3,rad={bend}"}
    ax.add_patch(FancyArrowPatch(start, end, color=GREY, lw=2, **style))


def _words(ax: Axes, x: float, y: float, words: str, size: float = 14.5, color: str = "#222222"):
    ax.text(x, y, words, size=size, color=color, ha="center", va="center")

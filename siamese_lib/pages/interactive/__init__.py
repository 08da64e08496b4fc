"""Figures to play with in the built page: no kernel, no network, no library from elsewhere.

Everything that a figure shows is computed in Python, by the functions that the course teaches; the
page only chooses what to show. Each works in the book, in JupyterLab and on Colab, on a phone,
with the keyboard, in light and in dark mode.
"""

from siamese_lib.pages.interactive.frames import movable_curves, moving_points
from siamese_lib.pages.interactive.hover_map import hover_map
from siamese_lib.pages.interactive.one_shot_game import one_shot_game
from siamese_lib.pages.interactive.page_figure import PageFigure
from siamese_lib.pages.interactive.retrieval_gallery import retrieval_gallery

__all__ = [
    "PageFigure",
    "hover_map",
    "movable_curves",
    "moving_points",
    "one_shot_game",
    "retrieval_gallery",
]

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import pytest

from siamese_lib.pages.diagrams import draw_twins
from siamese_lib.pages.show import use_book_style


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_twins_are_drawn_with_words_that_fit():
    use_book_style()
    ax = draw_twins()
    ax.figure.canvas.draw()
    words = [text.get_text() for text in ax.texts]
    assert words.count("network") == 2 and "distance" in words and "same weights" in words
    view = ax.get_window_extent()
    boxes = [text.get_window_extent() for text in ax.texts]
    for box in boxes:
        assert view.x0 <= box.x0 and box.x1 <= view.x1 and view.y0 <= box.y0 and box.y1 <= view.y1
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]


def test_both_twins_are_the_same_network():
    twins = [patch for patch in draw_twins().patches if isinstance(patch, plt.Polygon)]
    one, other = (patch.get_xy() for patch in twins if len(patch.get_xy()) == 5)
    assert (one[:, 0] == other[:, 0]).all() and len({*(other - one)[:, 1]}) == 1
    assert twins[0].get_facecolor() == twins[1].get_facecolor()

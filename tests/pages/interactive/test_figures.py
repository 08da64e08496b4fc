"""The data and words of the interactive figures; test_in_a_browser.py plays with them."""

import base64
import io
import json
import re

import numpy as np
import pytest
import torch
from PIL import Image

from draws import normal, uniform
from siamese_lib.pages.interactive import (
    PageFigure,
    hover_map,
    movable_curves,
    moving_points,
    one_shot_game,
    retrieval_gallery,
)

VALUES = torch.tensor([0.5, 1.0, 1.5])
X = torch.linspace(0, 2, 5)


def curves(**changes):
    heights = {"same": X.square().expand(3, 5), "different": (VALUES[:, None] - X).clamp(min=0)}
    named = {"slider": "margin", "xlabel": "distance", "ylabel": "loss", "alt": "two curves"}
    return movable_curves(X, heights, VALUES, **(named | changes))


def points(**changes):
    positions = torch.arange(12.0).view(2, 3, 2)
    return moving_points(positions, torch.tensor([0, 1, 1]), [0, 10], alt="dots", **changes)


def drawings(n=5, side=6):
    return (256 * uniform(n, 1, side, side)).to(torch.uint8)


def a_map(n=5, **changes):
    named = {"points": normal(n, 2), "images": drawings(n), "labels": torch.arange(n)}
    named |= {"names": [f"drawing {i}" for i in range(n)], "alt": "a map"}
    return hover_map(**(named | changes))


def a_game(n_trials=3, **changes):
    named = {"support": drawings(n_trials * 4).view(n_trials, 4, 1, 6, 6)}
    named |= {"query": drawings(n_trials), "answer": torch.tensor([1, 0, 3])}
    named |= {"network": torch.tensor([1, 2, 3]), "alt": "a game", "note": "well played"}
    return one_shot_game(**(named | changes))


def a_gallery(n=5, **changes):
    """By ink the two neighbours of each drawing are those that follow it."""
    after = (torch.arange(n)[:, None] + torch.tensor([1, 2])) % n
    named = {"images": drawings(n), "labels": torch.arange(n) % 2, "alt": "a gallery"}
    named |= {"names": [f"drawing {i}" for i in range(n)]}
    named |= {"neighbours": {"ink": after, "shape": (after + 1) % n}}
    return retrieval_gallery(**(named | changes))


def with_a_table(**changes):
    named = {"table": torch.arange(12).view(3, 2, 2), "table_rows": ["known", "strangers"]}
    return curves(**(named | {"table_columns": ["in", "out"]} | changes))


def data_of(figure):
    return json.loads(figure.data)


def test_curves_hold_what_was_computed():
    data = data_of(curves())
    assert data["curves"][2][1] == [1.5, 1.0, 0.5, 0.0, 0.0]  # margin 1.5, "different"
    assert data["values"] == [0.5, 1.0, 1.5] and data["start"] == 1
    assert data["ylim"][0] < 0 and data["ylim"][1] > 4


def test_points_hold_what_was_computed():
    data = data_of(points(names=["a", "b"]))
    assert data["points"][1][2] == [10.0, 11.0] and data["labels"] == [0, 1, 1]
    assert data["xlim"][0] < 0 and data["xlim"][1] > 10


def test_sheet_shows_each_drawing_in_its_place():
    images = torch.zeros(5, 1, 4, 4, dtype=torch.uint8)
    images[3] = 255
    data = data_of(a_map(images=images))
    assert data["columns"] == 3 and data["side"] == 4
    png = base64.b64decode(data["sheet"].split(",")[1])
    sheet = np.array(Image.open(io.BytesIO(png)).convert("L"))
    assert sheet.shape == (8, 12)
    assert (sheet[4:, :4] == 0).all() and (sheet[:4] == 255).all()  # the fourth: row 1, column 0


@pytest.mark.parametrize("make", [curves, points, a_map, a_game, with_a_table, a_gallery])
def test_stands_alone(make):
    page = make()._repr_html_()
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)
    assert "<noscript>" in page and make().alt in repr(make())


def test_the_same_figure_gives_the_same_page():
    assert curves()._repr_html_() == curves()._repr_html_()
    assert curves(ylim=(0, 1))._repr_html_() != curves()._repr_html_()


def test_names_cannot_leave_the_script():
    page = a_map(names=["</script><b>", "b", "c", "d", "e"], alt='"<i>')._repr_html_()
    hiding = a_game(note="<!-- <script> is legal text")._repr_html_()
    assert "<!--" not in hiding and hiding.count("<script>") == 1
    assert "</script><b>" not in page and page.count("</script>") == 1
    assert "<p>&quot;&lt;i&gt;</p>" in page


@pytest.mark.parametrize(
    ("make", "changes", "message"),
    [
        (curves, {"alt": " "}, "alt must say"),
        (curves, {"start": 3}, "start must lie between 0 and 2"),
        (curves, {"captions": ["one"]}, "captions must hold 3 values"),
        (points, {"start": -1}, "start must lie"),
        (points, {"captions": ["one"]}, "captions must hold 2 values"),
        (a_map, {"points": normal(5, 3)}, r"points must have shape \(N, 2\)"),
        (a_map, {"points": torch.full((5, 2), torch.nan)}, "NaN or infinity"),
        (a_map, {"images": uniform(5, 1, 4, 4)}, "images must be uint8"),
        (a_map, {"images": drawings(4)}, "images must hold 5 values"),
        (a_map, {"names": ["one"]}, "names must hold 5 values"),
        (a_map, {"groups": torch.arange(5) * 2}, "groups must lie between 0 and 6"),
        (a_map, {"neighbours": torch.zeros(2, 1).long()}, "neighbours must hold 5"),
        (a_game, {"support": drawings(12)}, r"support must have shape \(T, n_way, 1, H, W\)"),
        (a_game, {"query": drawings(2)}, r"query must have shape \(3, 1, 6, 6\)"),
        (a_game, {"query": uniform(3, 1, 6, 6)}, "images must be uint8"),
        (a_game, {"answer": torch.tensor([[0], [1], [2]])}, r"answer must be integers \(T,\)"),
        (a_game, {"network": torch.tensor([0.0, 1, 2])}, "network must be integers"),
        (a_game, {"answer": torch.tensor([0, 1])}, "answer must hold 3 values"),
        (a_game, {"network": torch.tensor([0, 1, 4])}, "network must lie between 0 and 3"),
        (a_gallery, {"images": uniform(5, 1, 6, 6)}, "images must be uint8"),
        (a_gallery, {"labels": torch.arange(4)}, "labels must hold 5 values"),
        (a_gallery, {"names": ["one"]}, "names must hold 5 values"),
        (a_gallery, {"neighbours": {}}, "one way to search or more"),
        (a_gallery, {"neighbours": {"ink": torch.zeros(4, 1).long()}}, "must hold 5 values"),
        (a_gallery, {"neighbours": {"ink": torch.full((5, 1), 5)}}, "integers .* from 0 to 4"),
        (a_gallery, {"neighbours": {"ink": torch.full((5, 1), 2)}}, "its own neighbour"),
        (a_gallery, {"start": 5}, "start must lie between 0 and 4"),
        (with_a_table, {"table_rows": ["known"]}, r"table must have shape \(3, 1, 2\)"),
    ],
)
def test_bad_input(make, changes, message):
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_bad_curves_and_points():
    words = {"slider": "m", "xlabel": "x", "ylabel": "y", "alt": "words"}
    with pytest.raises(ValueError, match=r"must have shape \(3, 5\)"):
        movable_curves(X, {"same": X}, VALUES, **words)
    with pytest.raises(ValueError, match="NaN or infinity"):
        movable_curves(X, {"same": torch.full((3, 5), torch.inf)}, VALUES, ylim=(0, 1), **words)
    with pytest.raises(ValueError, match="1 to 7"):
        movable_curves(X, {}, VALUES, **words)
    with pytest.raises(ValueError, match=r"\(3, N, 2\)"):
        moving_points(torch.zeros(2, 4, 2), torch.zeros(4).long(), VALUES, alt="dots")
    with pytest.raises(ValueError, match="between 0 and 6"):
        moving_points(torch.zeros(3, 1, 2), torch.tensor([7]), VALUES, alt="dots")


def test_no_infinity_by_any_way():
    with pytest.raises(ValueError, match="NaN or infinity"):
        PageFigure("frames", {"start": float("inf")}, "words")

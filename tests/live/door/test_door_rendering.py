"""Strokes become pictures as the training drawings did."""

import base64

import numpy as np
import pytest
import torch

from draws import uniform
from siamese_lib.data.omniglot import resize_ink
from siamese_lib.pages.results import load_result


def render(page, strokes, name="render", *more):
    call = f"([strokes, more]) => [...live.rendering.{name}(strokes, ...more)]"
    return np.array(page.evaluate(call, [strokes, more]))


@pytest.mark.parametrize("side", [28, 35])
def test_shrinks_as_the_training_drawings_were(scripts, side):
    page = scripts("door/rendering")
    ink = (uniform(20, 105, 105) > 0.8).numpy()
    wanted = resize_ink(ink, side)[:, 0].numpy()
    for one, small in zip(ink, wanted, strict=True):
        text = base64.b64encode(one.astype(np.uint8).tobytes()).decode()
        read = "Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))"
        shrink = f"([text, side]) => [...live.rendering.shrink({read}, side)]"
        found = 255 * np.array(page.evaluate(shrink, [text, side])).reshape(side, side)
        assert np.abs(found - small).max() <= 1.01  # a half may be rounded either way
        assert np.abs(found - small).mean() < 0.01


def test_looks_are_those_that_were_measured(scripts):
    rows = load_result("live_door")["rows"]
    measured = next(row for row in rows if row["part"] == "looks")
    looks = scripts("door/rendering").evaluate("live.rendering.LOOKS")
    assert looks == {name: measured[name] for name in ("pen", "reach", "centre")}


def test_pen_is_as_wide_as_asked(scripts):
    page = scripts("door/rendering")
    for pen in (2, 5, 8):
        paper = render(page, [[[20, 52.5], [80, 52.5]]], "ink", pen).reshape(105, 105)
        assert paper[:, 50].sum() == pytest.approx(pen, abs=1)
        assert paper[52, :].nonzero()[0][[0, -1]] == pytest.approx(
            [20 - pen / 2, 80 + pen / 2], abs=1
        )


def test_a_dot_is_a_dot(scripts):
    paper = render(scripts("door/rendering"), [[[50, 50]]], "ink", 5)
    assert paper.sum() == pytest.approx(np.pi * 2.5**2, rel=0.2)


def test_place_and_size_on_the_pad_do_not_matter(scripts):
    page = scripts("door/rendering")
    sign = np.array([[10.0, 10], [40, 15], [12, 60]])
    one = render(page, [sign.tolist()], "render", 28)
    other = render(page, [(30 + 0.6 * sign).tolist()], "render", 28)
    assert one.sum() > 10 and np.abs(one - other).max() < 0.02


def test_small_marks_are_not_blown_up(scripts):
    page = scripts("door/rendering")
    assert render(page, [[[50, 50], [52, 50]]], "render", 28).sum() < 15
    assert render(page, [[[10, 50], [90, 50]]], "render", 28).sum() > 25


def test_leaving_the_paper_is_no_error(scripts):
    paper = render(scripts("door/rendering"), [[[-30, 50], [140, 50]]], "ink", 5)
    assert paper.sum() == pytest.approx(5 * 105, rel=0.25)
    assert torch.tensor(paper).unique().tolist() == [0, 1]

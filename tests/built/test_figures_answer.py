"""Every figure to play with answers to the mouse, to a finger and to the keyboard."""

import pytest

from conftest import CHAPTERS

# What is used in each kind of figure, the first that is there.
HANDLES = ("input[type=range]", "svg[role=application]", ".sn-sheet", ".sn-choices button")
STATE = """figure => [figure.innerHTML, ...[...figure.querySelectorAll('input')].map(i => i.value),
  ...[...figure.querySelectorAll('button')].map(b => b.className)].join('|')"""


def with_figures(html):
    return [page for page in CHAPTERS if 'class="sn-figure"' in (html / page).read_text("utf8")]


def handle_of(figure):
    for selector in HANDLES:
        found = figure.query_selector(selector)
        if found is not None:
            return found
    raise AssertionError(f"nothing to use in {figure.inner_text()[:200]!r}")


def answers(opened, use):
    """For each figure of the page: whether using it at some of three places changes it."""
    figures = opened.query_selector_all(".sn-figure")
    assert figures
    changed = []
    for figure in figures:
        handle = handle_of(figure)
        handle.scroll_into_view_if_needed()
        before = figure.evaluate(STATE)
        for place in (0.15, 0.5, 0.85):
            use(opened, handle, place)
            if figure.evaluate(STATE) != before:
                break
        changed.append(figure.evaluate(STATE) != before)
    return changed


def place_on(handle, share):
    box = handle.bounding_box()
    return box["x"] + share * box["width"], box["y"] + 0.5 * box["height"]


def by_mouse(opened, handle, share):
    opened.mouse.click(*place_on(handle, share))


def by_finger(opened, handle, share):
    opened.touchscreen.tap(*place_on(handle, share))


def by_key(opened, handle, share):
    handle.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "a"):
        opened.keyboard.press(key)


@pytest.mark.parametrize(
    ("use", "window"),
    [
        (by_mouse, {"width": 1300}),
        (by_finger, {"width": 400, "has_touch": True, "is_mobile": True}),
        (by_key, {"width": 1300}),
    ],
    ids=["mouse", "finger", "keyboard"],
)
def test_each_figure_answers(visit, html, use, window):
    pages = with_figures(html)
    assert len(pages) >= 5
    for page in pages:
        assert all(answers(visit(page, **window), use)), page


def test_a_figure_that_does_nothing_would_be_seen(visit, html):
    opened = visit(with_figures(html)[0])
    opened.evaluate(
        "document.querySelectorAll('.sn-figure').forEach(f => f.replaceWith(f.cloneNode(true)))"
    )
    assert not any(answers(opened, lambda *_: None))

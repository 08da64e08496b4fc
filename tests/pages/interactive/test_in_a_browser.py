"""Play with the interactive figures in a real browser, where there is one (Chromium)."""

import re
import subprocess

import pytest
from test_figures import a_gallery, a_game, a_map, curves, points, with_a_table

from required import CHROMIUM, need_chromium


@pytest.fixture(autouse=True)
def a_browser():
    need_chromium()


def page_after(figure, actions, folder):
    """The page's HTML after a script has acted on it; errors of scripts are in its title."""
    path = folder / "page.html"
    path.write_text(
        "<!doctype html><meta charset=utf-8><title>fine</title>"
        "<script>onerror = (message) => { document.title = message; };</script>"
        f"{figure._repr_html_()}<script>{actions}</script>",
        "utf8",
    )
    run = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *("--virtual-time-budget=5000", f"--user-data-dir={folder / 'profile'}"),
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "<title>fine</title>" in run.stdout, run.stdout[:300] + run.stderr[-300:]
    return run.stdout


def slide_to(position):
    return (
        "const slider = document.querySelector('input[type=range]');"
        f"slider.value = {position}; slider.dispatchEvent(new Event('input'));"
    )


def test_the_slider_moves_the_curve(tmp_path):
    heights = {}
    for position in (0, 2):
        page = page_after(curves(captions=["c0", "c1", "c2"]), slide_to(position), tmp_path)
        assert f"c{position}</output>" in page
        first_points = re.findall(r'<polyline[^>]*points="[\d.]+,([\d.]+) ', page)
        heights[position] = float(first_points[1])  # the loss of a different pair at distance 0
    assert heights[2] < heights[0]  # higher up on the page: a larger margin costs more


def test_play_moves_the_points_and_stops_at_the_end(tmp_path):
    page = page_after(points(), "document.querySelector('button').click();", tmp_path)
    assert "step 10</span>" in page and ">Play</button>" in page


def test_the_map_shows_the_chosen_drawing(tmp_path):
    keys = "for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft'])"
    keys += "document.querySelector('svg').dispatchEvent(new KeyboardEvent('keydown', {key}));"
    page = page_after(a_map(), keys, tmp_path)
    assert re.findall(r"<figcaption>([^<]*)", page) == ["drawing 1"]


def test_the_slider_moves_the_table(tmp_path):
    page = page_after(with_a_table(), slide_to(2), tmp_path)
    assert re.findall(r"<td>(\d+)</td>", page) == ["8", "9", "10", "11"]


def press(*keys):
    """Press letters on the board; anything else clicks the button below it."""
    actions = "const board = document.querySelector('[role=group]');"
    for key in keys:
        if key == "next":
            actions += "board.querySelector('.sn-controls button').click();"
        else:
            event = f"new KeyboardEvent('keydown', {{key: '{key}', bubbles: true}})"
            actions += f"board.dispatchEvent({event});"
    return actions


def test_an_answer_by_key_is_judged_once(tmp_path):
    page = page_after(a_game(), press("b", "c"), tmp_path)  # the second answer comes too late
    assert "✓ Right. The network was right. So far: you 1, the network 1, of 1." in page
    page = page_after(a_game(), press("d"), tmp_path)
    assert "✗ It is B. The network was right. So far: you 0, the network 1, of 1." in page
    assert re.findall(r'<button[^>]*aria-label="choose (.)"[^>]*class="sn-wrong"', page) == ["D"]
    assert re.findall(r'<button[^>]*aria-label="choose (.)"[^>]*class="sn-right"', page) == ["B"]


def test_a_whole_game_by_click_and_key_and_again(tmp_path):
    click = "document.querySelectorAll('.sn-choices button')[1].click();"
    keys = press("next", "a", "next", "d", "next")
    page = page_after(a_game(), click + keys, tmp_path)
    assert "You: 3 of 3. The network: 2 of 3. You are better than the network." in page
    assert "well played" in page and ">Play again</button>" in page
    page = page_after(
        a_game(), click + keys + "board.querySelector('.sn-controls button').click();", tmp_path
    )
    assert "Trial 1 of 3" in page


def test_keys_that_are_no_way_do_nothing(tmp_path):
    page = page_after(a_game(), press("e", "Enter", "1"), tmp_path)  # four ways: A to D
    assert (
        "Trial 1 of 3" in page
        and "So far: you 0" not in page
        and "sn-right" not in page.split("<script>")[0]
    )


def test_a_key_chooses_and_mates_are_ticked(tmp_path):
    keys = "const sheet = document.querySelector('.sn-sheet');"
    keys += "for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp'])"
    keys += "sheet.dispatchEvent(new KeyboardEvent('keydown', {key}));"
    page = page_after(a_gallery(), keys, tmp_path)
    assert (
        "drawing 1: it has 1 mate here (dashed). Among the first 2: 1 by ink, 1 by shape." in page
    )
    marked = re.findall(r'aria-label="(drawing \d), (a|no) mate: choose it"', page)
    assert marked == [
        ("drawing 2", "no"),
        ("drawing 3", "a"),
        ("drawing 3", "a"),
        ("drawing 4", "no"),
    ]


def test_a_click_on_the_sheet_and_on_a_neighbour_chooses(tmp_path):
    click = (
        "const sheet = document.querySelector('.sn-sheet'), frame = sheet.getBoundingClientRect();"
        "sheet.dispatchEvent(new MouseEvent('click', {clientX: frame.left + frame.width * 4.5 / 16,"
        " clientY: frame.top + frame.height / 2}));"
    )
    page = page_after(a_gallery(), click, tmp_path)
    assert "drawing 4: it has 2 mates" in page
    page = page_after(
        a_gallery(), click + "document.querySelector('.sn-ranking button').click();", tmp_path
    )
    assert "drawing 0: it has 2 mates" in page


def test_a_click_beside_the_last_drawing_changes_nothing(tmp_path):
    click = (
        "const sheet = document.querySelector('.sn-sheet'), frame = sheet.getBoundingClientRect();"
        "sheet.dispatchEvent(new MouseEvent('click', {clientX: frame.right - 2,"
        " clientY: frame.top + 2}));"
    )
    assert "drawing 0: it has 2 mates" in page_after(a_gallery(), click, tmp_path)

"""Each handout is one page of A4, and asks nothing of another host."""

import re
from pathlib import Path

import pytest

from required import CHROMIUM, need_chromium, need_playwright

FOLDER = Path(__file__).resolve().parents[2] / "book" / "_static" / "handouts"
HANDOUTS = sorted(FOLDER.glob("part_*.html"))


@pytest.fixture(scope="module")
def browser():
    need_chromium()
    need_playwright()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )


def test_there_is_one_for_each_part():
    assert [path.stem for path in HANDOUTS] == [f"part_{number}" for number in range(1, 8)]


@pytest.mark.parametrize("path", HANDOUTS, ids=lambda path: path.stem)
def test_it_is_one_page_with_room_to_spare(path, browser):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    n_pages = len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True)))
    assert n_pages == 1
    # Fonts differ from computer to computer: a tenth more must still fit.
    page.add_style_tag(content="body { font-size: 11.5pt !important; }")
    assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True))) == 1
    assert all(url.startswith("file:") for url in asked)
    page.close()


@pytest.mark.parametrize("path", HANDOUTS, ids=lambda path: path.stem)
def test_its_picture_says_what_is_seen_and_fits_its_frame(path, browser):
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.locator("svg[role=img]").first.get_attribute("aria-label")
    cut = page.evaluate(
        """() => [...document.querySelectorAll('svg text')].filter(text => {
            const a = text.getBoundingClientRect();
            const b = text.ownerSVGElement.getBoundingClientRect();
            return a.right > b.right + 1 || a.left < b.left - 1 || a.bottom > b.bottom + 1;
        }).map(text => text.textContent)"""
    )
    assert cut == []
    page.close()


def test_a_page_that_is_too_long_would_be_noticed(browser, tmp_path):
    path = tmp_path / "long.html"
    path.write_text("<p>line</p>" * 400, encoding="utf8")
    page = browser.new_page()
    page.goto(path.as_uri())
    assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf())) > 1
    page.close()

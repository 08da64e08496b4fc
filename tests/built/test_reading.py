"""What a reader does with the built book: find, switch to dark, launch, read on a phone."""

import re

import pytest

import html_checks
import repository_url
from conftest import ALL_PAGES, CHAPTERS

LARGEST = 3_000_000
# Uncompressed, with the page itself not counted: a second on a line of 8 Mbit/s.
LARGEST_BEFORE_PAINT = 1_000_000
LOADED = """() => performance.getEntriesByType('resource').map(
    loaded => [loaded.name, loaded.renderBlockingStatus, loaded.decodedBodySize])"""
OUTPUT_FIGURES = "() => [...document.querySelectorAll('.cell_output img')].map(i => i.alt)"
# A picture's words in full: a chart described in three words helps nobody.
SENTENCE = re.compile(r"[A-Z].{30,}[.!?][)\"]?$", re.S)


def test_no_link_or_picture_is_broken(html):
    assert html_checks.problems_of_site(html) == []


def test_no_page_is_larger_than_three_megabytes(html):
    sizes = {page: (html / page).stat().st_size for page in ALL_PAGES}
    assert {page: size for page, size in sizes.items() if size > LARGEST} == {}


@pytest.mark.parametrize("page", CHAPTERS)
def test_figures_are_described_and_launch_buttons_lead_to_this_notebook(visit, page):
    opened = visit(page)
    described = opened.evaluate(OUTPUT_FIGURES)
    assert described
    assert [words for words in described if not SENTENCE.match(words)] == []
    links = opened.eval_on_selector_all(
        ".dropdown-launch-buttons a", "links => links.map(link => link.href)"
    )
    owner_and_name = repository_url.decided().removeprefix("https://github.com/")
    notebook = page.replace(".html", ".ipynb")
    colab = f"https://colab.research.google.com/github/{owner_and_name}/blob/main/{notebook}"
    binder = f"https://mybinder.org/v2/gh/{owner_and_name}/main?urlpath=lab/tree/{notebook}"
    assert colab in links and binder in links, links


def test_first_page_waits_for_little_before_it_can_be_read(visit, localhost):
    """What blocks the first paint is counted, not timed: a busy machine paints late anyway."""
    opened = visit("book/intro.html", base=localhost)
    loaded = {name: (blocks, size) for name, blocks, size in opened.evaluate(LOADED)}
    blocking = {name: size for name, (blocks, size) in loaded.items() if blocks == "blocking"}
    assert blocking and 0 < sum(blocking.values()) <= LARGEST_BEFORE_PAINT, blocking
    heavy = [name for name, (_, size) in loaded.items() if size > LARGEST_BEFORE_PAINT]
    # MathJax and the icons come, and nothing waits for them.
    assert len(heavy) >= 2 and not set(heavy) & set(blocking), heavy


@pytest.mark.parametrize("over_http", [False, True])
def test_search_finds_a_term(visit, localhost, over_http):
    opened = visit("search.html?q=semi-hard", base=localhost if over_http else None)
    opened.wait_for_selector("#search-results li a", timeout=30_000)
    found = opened.eval_on_selector_all("#search-results li a", "a => a.map(x => x.href)")
    assert any("04_triplet_loss" in address for address in found), found


def test_dark_mode_can_be_chosen_and_stays(visit):
    opened = visit("book/setup.html", mode="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = opened.evaluate(background)
    # The button goes round: light, dark, what the system says.
    for _ in range(3):
        opened.click(".theme-switch-button")
        if opened.evaluate("document.documentElement.dataset.theme") == "dark":
            break
    dark = opened.evaluate(background)
    assert opened.evaluate("document.documentElement.dataset.theme") == "dark" and dark != light
    assert sum(map(int, re.findall(r"\d+", dark)[:3])) < 150
    assert opened.evaluate("localStorage.getItem('mode')") == "dark"


def test_pages_without_scripts_still_have_their_text(visit):
    opened = visit("book/glossary.html", java_script_enabled=False)
    assert "one-shot" in opened.inner_text("article")

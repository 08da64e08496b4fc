"""No page asks anything of another host: it reads the same on a plane, and tells nobody."""

import pytest

from conftest import ALL_PAGES, is_ours


@pytest.mark.parametrize("page", ALL_PAGES)
def test_page_asks_nothing_of_another_host(visit, localhost, page):
    for base in (None, localhost):
        opened = visit(page, base=base)
        # It has loaded; scripts may ask later. (Chromium's "networkidle" now and then never comes.)
        opened.wait_for_timeout(700)
        assert [url for url in opened.asked if not is_ours(url)] == [], base or "file://"


def test_slides_ask_nothing_of_another_host(visit, html):
    decks = sorted((html / "slides").glob("*.html"))
    assert len(decks) >= 4
    for deck in decks:
        opened = visit(f"slides/{deck.name}")
        opened.wait_for_selector("body[data-ready]")
        assert [url for url in opened.asked if not is_ours(url)] == []


def test_a_request_to_another_host_would_be_seen(visit):
    opened = visit("book/setup.html")
    opened.evaluate("fetch('https://example.org/x').catch(() => null)")
    assert [url for url in opened.asked if not is_ours(url)] == ["https://example.org/x"]

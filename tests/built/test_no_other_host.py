"""Slides ask nothing of another host (pages: test_every_page.py), and one that does is seen."""

from conftest import is_ours


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

"""The live pages where readers meet them: in the built book, over file:// and http."""

import pytest

SIGN = "live.door.pad.set(live.doorData.people[1].again[0])"


@pytest.fixture(params=["file", "http"])
def base(request, localhost):
    return localhost if request.param == "http" else None


def test_door_recognises_in_the_built_book(visit, base):
    opened = visit("book/live_door.html", base=base)
    opened.wait_for_function("globalThis.live?.door")
    opened.evaluate("live.door.ready")
    opened.evaluate(SIGN)
    opened.wait_for_function("live.door.settled() && live.door.state().seen")
    # Within the threshold or not, the nearest of the six is the one who drew it.
    verdict = opened.inner_text(".sn-verdict")
    assert verdict.startswith(("Ben.", "Unknown. The nearest is Ben "))


def test_network_learns_in_the_built_book(visit, base):
    opened = visit("book/playground.html", base=base)
    opened.get_by_role("button", name="20 steps").click()
    opened.wait_for_selector("text=Step 20")


@pytest.mark.parametrize("page", ["live_door", "playground"])
def test_without_scripts_a_picture_and_words_stay(visit, page):
    opened = visit(f"book/{page}.html", java_script_enabled=False)
    picture = opened.query_selector(".sn-live img")
    assert picture.bounding_box()["width"] > 200
    assert len(picture.get_attribute("alt")) > 60 and len(opened.inner_text(".sn-live")) > 60


def test_weights_are_at_most_two_megabytes(html):
    files = [*(html / "_static" / "live").rglob("*_data.js")]
    assert len(files) == 3
    assert max(file.stat().st_size for file in files) <= 2_000_000


def test_no_script_runs_in_the_pdf(html):
    whole = html.parent / "singlehtml" / "book" / "intro.html"
    if not whole.exists():
        pytest.skip("needs make pdf")
    text = whole.read_text("utf8")
    assert 'id="live-door"' in text and "_static/live/define.js" not in text

"""The playground used as a reader uses it: mouse, keyboard, finger, address."""

import re
from pathlib import Path

import axe_playwright_python
import pytest

import playground_picture
from chapters import ROOT

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf8")
PHONE = {"viewport": {"width": 400, "height": 800}, "has_touch": True, "is_mobile": True}
STATE = "live.playground.state()"


@pytest.fixture
def open_playground(open_page):
    return lambda address="", **options: open_page("playground", address, **options)


def press(page, name, times=1):
    for _ in range(times):
        page.get_by_role("button", name=name, exact=True).click()


def state(page):
    return page.evaluate(STATE)


def numbers(page):
    return page.locator(".sn-table td").all_inner_texts()


def steps_pass(page, count, seconds=20):
    page.wait_for_function(f"{STATE}.step >= {count}", timeout=1000 * seconds)


def test_it_waits_and_says_so(open_playground):
    page = open_playground()
    assert not page.locator(".fallback").count()
    assert "Nothing is learned yet. Press Play." in page.locator(".sn-verdict").inner_text()
    page.wait_for_timeout(200)
    assert state(page)["step"] == 0


def test_play_and_pause(open_playground):
    page = open_playground()
    press(page, "Play")
    steps_pass(page, 5)
    press(page, "Pause")
    stopped = state(page)
    page.wait_for_timeout(200)
    assert state(page)["step"] == stopped["step"] >= 5 and not stopped["playing"]
    assert page.get_by_role("columnheader", name=f"Step {stopped['step']}").count() == 1


def test_reset_gives_the_same_numbers_again(open_playground):
    page = open_playground()
    press(page, "20 steps", 2)
    press(page, "Step")
    before = numbers(page)
    assert state(page)["step"] == 41
    press(page, "Reset")
    assert state(page)["step"] == 0 and numbers(page) != before
    press(page, "20 steps", 2)
    press(page, "Step")
    assert numbers(page) == before


def test_another_seed_gives_other_numbers(open_playground):
    page = open_playground()
    before = numbers(page)
    press(page, "New seed")
    assert state(page)["settings"]["seed"] == 2 and "seed=2" in page.url
    assert numbers(page) != before


def test_an_address_restores_a_setting(open_playground):
    page = open_playground()
    page.get_by_label("Loss", exact=True).select_option("triplet")
    page.get_by_label("Triplets", exact=True).select_option("semi-hard")
    page.get_by_label("Space", exact=True).select_option("sphere")
    page.get_by_label("Seed", exact=True).fill("31")
    page.get_by_label("Seed", exact=True).press("Enter")
    press(page, "20 steps")
    shared = page.get_by_label("Address of this setting").input_value()
    again = open_playground("#" + shared.split("#")[1])
    press(again, "20 steps")
    assert state(again)["settings"] == state(page)["settings"]
    assert state(again)["settings"]["mining"] == "semi-hard"
    assert numbers(again) == numbers(page)


def test_a_bad_address_is_told(open_playground):
    page = open_playground("#margin=-3&loss=triplet")
    assert "margin=-3" in page.locator(".sn-told").inner_text()
    settings = state(page)["settings"]
    assert settings["margin"] == 1 and settings["loss"] == "triplet"


def test_a_seed_that_is_none_is_put_back(open_playground):
    page = open_playground()
    seed = page.get_by_label("Seed", exact=True)
    seed.fill("0")
    seed.press("Enter")
    assert seed.input_value() == "1" and state(page)["settings"]["seed"] == 1


def test_a_collapse_is_reported_and_all_triplets_avoid_it(open_playground):
    page = open_playground()
    press(page, "Collapse")
    press(page, "20 steps", 3)
    assert "Collapsed." in page.locator(".sn-verdict").inner_text()
    assert "Collapsed." in page.locator("canvas.sn-points").get_attribute("aria-label")
    page.get_by_label("Triplets", exact=True).select_option("all")
    assert "Reset begins anew" in page.locator(".sn-told").inner_text()
    press(page, "Reset")
    press(page, "20 steps", 3)
    assert "Collapsed." not in page.locator(".sn-verdict").inner_text()


def test_each_story_can_be_chosen(open_playground):
    page = open_playground()
    seen = set()
    for button in page.get_by_role("group", name="Stories").get_by_role("button").all():
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        seen.add(page.locator(".sn-story").inner_text())
        press(page, "Step")
    assert len(seen) == 5


def test_only_controls_that_count_are_shown(open_playground):
    page = open_playground()
    shown = {}
    for loss in ("contrastive", "triplet", "supcon", "logistic"):
        page.get_by_label("Loss", exact=True).select_option(loss)
        press(page, "Step")
        names = ("Triplets", "Margin", "Temperature")
        shown[loss] = [n for n in names if page.get_by_label(n, exact=True).is_visible()]
    assert shown == {
        "contrastive": ["Margin"],
        "triplet": ["Triplets", "Margin"],
        "supcon": ["Temperature"],
        "logistic": [],
    }


def test_a_change_on_the_way_goes_on_from_where_it_is(open_playground):
    page = open_playground()
    press(page, "20 steps")
    before = state(page)["look"]
    page.get_by_label("Margin", exact=True).select_option("3")
    after = state(page)
    assert after["step"] == 20 and after["look"]["spread"] == before["spread"]
    assert after["look"]["loss"] > before["loss"]


def test_with_the_keyboard_alone(open_playground):
    page = open_playground()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Play":
            break
    page.keyboard.press("Enter")
    steps_pass(page, 3)
    page.keyboard.press("Space")
    assert not state(page)["playing"]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    step = state(page)["step"]
    page.keyboard.press("Enter")
    assert state(page)["step"] == step + 20
    page.get_by_label("Space", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert state(page)["settings"]["space"] == "sphere"
    turn = page.get_by_label("Turn the sphere")
    picture = page.evaluate("document.querySelector('.sn-points').toDataURL()")
    turn.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.querySelector('.sn-points').toDataURL()") != picture


def test_a_finger_on_a_phone(open_playground):
    page = open_playground("#space=sphere", **PHONE)
    page.get_by_role("button", name="Play").tap()
    steps_pass(page, 3)
    page.get_by_role("button", name="Pause").tap()
    before = page.get_by_label("Turn the sphere").input_value()
    box = page.locator(".sn-points").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y)
    page.mouse.up()
    assert page.get_by_label("Turn the sphere").input_value() != before
    wide = "document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= 400
    heights = page.evaluate("""[...document.querySelectorAll('button, select, input')]
      .filter((control) => control.offsetParent).map((control) => control.offsetHeight)""")
    assert len(heights) > 15 and min(heights) >= 24  # a finger hits nothing smaller


def test_point_at_a_mark(open_playground):
    page = open_playground()
    box = page.locator(".sn-points").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    card = page.locator(".sn-card")
    assert re.fullmatch(r"a \d, (never seen|learned from)", card.inner_text())
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    assert not card.is_visible()


def test_little_motion_where_that_is_asked_for(open_playground):
    page = open_playground(reduced_motion="reduce")
    assert page.get_by_text("asks for little motion").is_visible()
    press(page, "Play")
    page.wait_for_timeout(1500)
    press(page, "Pause")
    assert state(page)["step"] in (20, 40)
    assert not open_playground().get_by_text("asks for little motion").is_visible()


def test_words_come_now_and_then_and_at_the_end(open_playground):
    page = open_playground()
    page.evaluate("""() => {
      globalThis.changes = 0;
      new MutationObserver(() => { changes++; })
        .observe(document.querySelector('.sn-spoken'), { childList: true });
    }""")
    press(page, "Play")
    page.wait_for_timeout(1500)
    assert page.evaluate("changes") <= 2
    press(page, "Pause")
    spoken = page.locator(".sn-spoken").text_content()
    assert f"Step {state(page)['step']}." in spoken and "One-shot" in spoken


@pytest.mark.parametrize("width", [400, 1300])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_no_serious_violation(open_playground, mode, width):
    page = open_playground("#space=sphere&bad=1", viewport={"width": width, "height": 800})
    page.add_style_tag(
        content="html[data-theme=dark] { color-scheme: dark }"
        "html[data-theme=dark] body { background: #14181e; color: #ced6dd }"
    )
    page.evaluate(f"document.documentElement.dataset.theme = '{mode}'")
    press(page, "20 steps")
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document.querySelector('#live-playground'))")
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], v["nodes"][0]["html"]) for v in serious] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_frames_are_measured(open_playground):
    found = open_playground().evaluate("live.playground.measure(5)")
    assert found["points"] == 256 and len(found["took"]) == 5


def test_the_picture_is_that_of_the_page(chromium, folder):
    stored = playground_picture.PICTURE.read_text("utf8")
    drawn = playground_picture.picture(chromium, folder)
    number = re.compile(r"-?\d+\.\d+")
    assert number.sub("", stored) == number.sub("", drawn)
    # Another version of the browser may round in another way.
    assert [float(n) for n in number.findall(stored)] == pytest.approx(
        [float(n) for n in number.findall(drawn)], abs=1
    )


def test_the_page_has_words_and_a_picture_without_a_script():
    text = (ROOT / "book" / "playground.md").read_text("utf8")
    words = re.search(r"^:::\{live\} playground\n(.+?)^:::$", text, re.M | re.S)[1]
    alt, picture = re.search(r"!\[(.+?)\]\((.+?)\)", words).groups()
    assert len(alt) > 100 and (ROOT / "book" / picture).is_file()
    assert not re.search(r"\b(simply|just|obviously|of course|clearly)\b", text, re.I)


@pytest.mark.parametrize(
    "chapter", ["03_contrastive_loss", "04_triplet_loss", "05_choosing_a_loss"]
)
def test_the_chapter_links_to_it(chapter):
    text = (ROOT / "notebooks" / f"{chapter}.ipynb").read_text("utf8")
    assert text.count("/blob/main/book/playground.md)") == 1

"""Every page is opened twice: wide and light from its file, on a phone in the dark from a server.

Each time axe-core finds no serious violation, and nothing was asked of another host: a page reads
the same on a plane, and tells nobody. On the phone, nothing scrolls sideways.
"""

from pathlib import Path

import axe_playwright_python
import pytest

from conftest import ALL_PAGES, is_ours

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf8")
# The rule on labels that hide the words shown is still called experimental, and is off by default.
RUN = """async () => {
  const found = await axe.run(document, {
    resultTypes: ['violations'],
    rules: { 'label-content-name-mismatch': { enabled: true } },
  });
  return found.violations
    .filter(violation => ['serious', 'critical'].includes(violation.impact))
    .flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 160)}`));
}"""


def violations(opened):
    opened.wait_for_timeout(200)  # Font Awesome and the theme's own scripts
    opened.evaluate(AXE)
    return opened.evaluate(RUN)


@pytest.mark.parametrize("page", ALL_PAGES)
def test_on_a_wide_screen(visit, page):
    opened = visit(page)
    assert violations(opened) == []
    assert asked_of_others(opened) == []


@pytest.mark.parametrize("page", ALL_PAGES)
def test_on_a_phone(visit, localhost, page):
    phone = {"width": 400, "has_touch": True, "is_mobile": True}
    opened = visit(page, mode="dark", base=localhost, **phone)
    assert opened.evaluate("document.documentElement.scrollWidth") <= 400
    assert violations(opened) == []
    assert asked_of_others(opened) == []


def asked_of_others(opened):
    """Addresses on other hosts, of the page and of its scripts, which may ask later."""
    opened.wait_for_timeout(300)  # Chromium's "networkidle" now and then never comes
    return [url for url in opened.asked if not is_ours(url)]


@pytest.mark.parametrize(
    ("harm", "rule"),
    [
        ("document.querySelector('img').removeAttribute('alt')", "image-alt"),
        ("document.querySelector('article p').style.color = '#ddd'", "color-contrast"),
        (
            "document.querySelectorAll('.search-button-field').forEach(b => b.ariaLabel = 'Go')",
            "label-content-name-mismatch",
        ),
    ],
)
def test_a_planted_fault_is_seen(visit, harm, rule):
    opened = visit("book/intro.html")
    opened.evaluate(harm)
    assert [found for found in violations(opened) if found.startswith(f"{rule}: ")]

"""axe-core over every page, in light and dark, wide and narrow: no serious violation."""

from pathlib import Path

import axe_playwright_python
import pytest

from conftest import ALL_PAGES

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


@pytest.mark.parametrize(("mode", "width"), [("light", 1300), ("dark", 400)])
@pytest.mark.parametrize("page", ALL_PAGES)
def test_no_serious_violation(visit, page, mode, width):
    assert violations(visit(page, width=width, mode=mode)) == []


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

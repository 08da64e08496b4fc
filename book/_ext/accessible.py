"""Mend what the theme and docutils write and a screen reader reads wrongly.

Each line is a fault that axe-core names (tests/built/test_every_page.py looks for them on every
page); the right-hand side says the same in a way that a screen reader can use.
"""

from pathlib import Path

MENDED = {
    # The label hid the words that are shown: "Show a solution", "Hide the setup", ...
    '<summary aria-label="Toggle hidden content">': "<summary>",
    # The button shows "Search Ctrl+K", and these words are its name.
    'search-button-field search-button__button pst-js-only" title="Search" aria-label="Search" ': (
        'search-button-field search-button__button pst-js-only" title="Search" '
    ),
    # Font Awesome turns titles into words inside of the button, which is called "Color mode".
    'data-mode="light" title="Light"': 'data-mode="light"',
    'data-mode="dark"  title="Dark"': 'data-mode="dark"',
    'data-mode="auto"  title="System Settings"': 'data-mode="auto"',
    # Its entries are no list items; they have a role of their own.
    '<div role="list" class="citation-list">': '<div class="citation-list">',
}


def mend(html: str) -> str:
    for wrong, right in MENDED.items():
        html = html.replace(wrong, right)
    return html


def mend_pages(app, exception):
    """After the build: every page that Sphinx has written."""
    if exception or app.builder.format != "html":
        return
    for path in sorted(Path(app.outdir).rglob("*.html")):
        text = path.read_text("utf8")
        mended = mend(text)
        if mended != text:
            path.write_text(mended, "utf8", newline="\n")

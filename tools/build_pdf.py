"""The whole book as one PDF, with its mathematics and figures. What `make pdf` runs.

    python tools/build_pdf.py         after `make book`; needs Chromium

Sphinx writes all pages as a single one, Chromium prints it once its formulas have been set. The
PDF lies beside the pages, and the welcome page gets a link to it.
"""

import shutil
import sys
from pathlib import Path

import jupyter_book_command
from browser import chromium

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
PDF = HTML / "siamese-networks.pdf"
WELCOME = HTML / "book" / "intro.html"
# Where the link goes: after the title, and so before anything else.
MARK = "</h1>"
LINK = (
    '<p class="pdf-link"><a href="../siamese-networks.pdf">The whole book as a PDF ({size})</a></p>'
)
# Paper cannot be clicked: what is folded is shown, and every tab.
OPEN = """() => {
  document.documentElement.dataset.theme = 'light';
  document.querySelectorAll('details').forEach(details => { details.open = true; });
  document.querySelectorAll('.sd-tab-set > input').forEach(tab => tab.remove());
  document.querySelectorAll('.sd-tab-content').forEach(tab => { tab.style.display = 'block'; });
  document.querySelectorAll('img').forEach(image => { image.loading = 'eager'; });
}"""
FOOTER = (
    '<div style="width: 100%; font-size: 8px; text-align: center; color: #555">'
    '<span class="pageNumber"></span></div>'
)


def write_single_page() -> Path:
    if jupyter_book_command.build("--builder", "singlehtml", "-q"):
        raise SystemExit("The single page was not built: see above.")
    # It lies in a folder below, but what it asks for is named as seen from here.
    folder = ROOT / "_build" / "singlehtml"
    return Path(shutil.copy(folder / "book" / "intro.html", folder / "whole_book.html"))


def print_page(page: Path, pdf: Path) -> None:
    with chromium() as browser:
        opened = browser.new_page()
        opened.set_default_timeout(300_000)
        opened.goto(page.as_uri())
        opened.evaluate("() => window.MathJax?.startup?.promise?.then(() => null)")
        opened.evaluate(OPEN)
        opened.wait_for_timeout(1000)
        opened.emulate_media(media="print")
        opened.pdf(
            path=pdf,
            format="A4",
            scale=0.78,  # letters as large as in a printed book
            margin={"top": "16mm", "bottom": "18mm", "left": "15mm", "right": "15mm"},
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=FOOTER,
            print_background=True,
            outline=True,
            tagged=True,
        )


def link_from_welcome(welcome: Path, pdf: Path) -> None:
    text = welcome.read_text("utf8")
    if 'class="pdf-link"' in text or MARK not in text:
        return
    link = LINK.format(size=f"{pdf.stat().st_size / 1e6:.0f} MB")
    before, after = text.split(MARK, 1)
    welcome.write_text(f"{before}{MARK}\n{link}{after}", "utf8", newline="\n")


def main() -> int:
    if not WELCOME.exists():
        print("Build the book first: make book", file=sys.stderr)
        return 1
    print_page(write_single_page(), PDF)
    link_from_welcome(WELCOME, PDF)
    print(f"{PDF.relative_to(ROOT)}: {PDF.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What Sphinx does not notice: missing pictures, pictures without words, dead links, raw markup."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Marks of markup that was not understood; they may stand in code, but not in prose.
RAW = re.compile(r"\{(glue|cite|doc|ref|term)[:}\w]*|:::|Traceback \(most recent")
FILE_NAME = re.compile(r"[\w./-]+\.(png|svg|jpe?g|gif)$")
WITHOUT_PROSE = ("pre", "script", "style", "code")


class Page(HTMLParser):
    """Gathers pictures, links, anchors and prose of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.images: list[tuple[str, str | None]] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.prose: list[str] = []
        self._silent = 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors.update(values[name] for name in ("id", "name") if values.get(name))
        if tag == "img":
            self.images.append((values.get("src") or "", values.get("alt")))
        elif tag == "a" and values.get("href"):
            self.links.append(values["href"])
        self._silent += tag in WITHOUT_PROSE

    def handle_endtag(self, tag):
        # A stray end tag must not silence the rest of the page.
        self._silent = max(0, self._silent - (tag in WITHOUT_PROSE))

    def handle_data(self, data):
        if not self._silent:
            self.prose.append(data)


def problems_of_site(html: Path) -> list[str]:
    """All problems of a built site, as ``page: what is wrong``."""
    pages = {
        path.resolve(): Page(path.read_text("utf8"))
        for path in sorted(html.rglob("*.html"))
        if not {"_static", "_modules", "reports"} & set(path.relative_to(html).parts)
    }
    if not pages:
        return [f"{html} holds no page"]
    found = []
    for path, page in pages.items():
        name = path.relative_to(html.resolve()).as_posix()
        wrong = [*_pictures(path, page), *_links(path, page, pages), *_raw(page)]
        found += [f"{name}: {what}" for what in wrong]
    return found


def _pictures(path: Path, page: Page) -> list[str]:
    wrong = []
    for source, alt in page.images:
        if not urlsplit(source).scheme and not (path.parent / unquote(source)).is_file():
            wrong.append(f"picture {source} is missing")
        # myst-nb gives a figure without words its own path as alt text.
        words = (alt or "").strip()
        if not words or FILE_NAME.search(words):
            wrong.append(f"picture {source} has no alt text")
    return wrong


def _links(path: Path, page: Page, pages: dict[Path, Page]) -> list[str]:
    wrong = []
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.exists():
            wrong.append(f"link to {link}, which does not exist")
        elif parts.fragment and target in pages:
            anchors = pages[target].anchors
            if unquote(parts.fragment) not in anchors:
                wrong.append(f"link to {link}, which has no such place")
    return wrong


def _raw(page: Page) -> list[str]:
    return [f"raw markup {found.group()!r}" for text in page.prose for found in RAW.finditer(text)]

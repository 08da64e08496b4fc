"""What the book asks of Sphinx beyond its configuration."""

import os
import sys
from pathlib import Path

from accessible import mend_pages
from chapter_text import for_the_book
from citations import read_references
from live_pages import setup_live_pages

ROOT = Path(__file__).resolve().parents[2]

# Names in docstrings that belong to libraries without an inventory at hand: linking to them
# would need the network while building.
OUTSIDE = r"(torch|nn|numpy|np|pathlib|matplotlib|collections|typing|os|threading)\..*"
PLAIN = r"(Tensor|Axes|Path|Sequence|Iterable|Iterator|Any|Callable|optional|int64|float32)"


def setup(app):
    # Without this, neither autodoc nor viewcode finds the library of this checkout.
    sys.path.insert(0, str(ROOT))
    # The kernels that run the chapters inherit it: see siamese_lib.pages.chapter.start.
    os.environ["SIAMESE_BOOK"] = "1"
    app.connect("config-inited", _ignore_names_from_outside)
    app.connect("source-read", _read_chapter)
    setup_live_pages(app)
    app.connect("build-finished", mend_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _ignore_names_from_outside(app, config):
    config.nitpick_ignore_regex = [
        *config.nitpick_ignore_regex,
        (r"py:.*", OUTSIDE),
        (r"py:.*", PLAIN),
        (r"py:.*", r"siamese_lib\..*\._\w+"),  # what is private has no entry to link to
    ]


def _read_chapter(app, docname, source):
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    bibliography = ROOT / "book" / "references.bib"
    app.env.note_dependency(str(bibliography))
    theme = app.config.html_theme_options
    pages_url = f"{theme['repository_url']}/blob/{theme['repository_branch']}"
    source[0] = for_the_book(source[0], read_references(bibliography), pages_url)

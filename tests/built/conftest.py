"""The book as `make book` has left it, and a browser that sees it. `make test-pages` runs this."""

import pytest

from chapters import ROOT
from ci import changed_pages
from local_server import files_of, serving
from required import skip_or_fail

HTML = ROOT / "_build" / "html"


CONTENTS = [*changed_pages.pages().values()]
CHAPTERS = [page for page in CONTENTS if page.startswith("notebooks/")]
# What Sphinx adds for the reader.
ALL_PAGES = [*CONTENTS, "genindex.html", "search.html", "py-modindex.html"]


@pytest.fixture(scope="session")
def html():
    missing = [page for page in CONTENTS if not (HTML / page).exists()]
    if missing:
        skip_or_fail(f"needs the built book (make book); missing are {', '.join(missing[:3])}")
    return HTML


@pytest.fixture(scope="session")
def localhost(html):
    """The address at which the built book is served."""
    with serving(files_of(html)) as (_, address):
        yield address


@pytest.fixture
def visit(chromium, html):
    """Open a page of the book in a window of its own: ``visit("book/setup.html", width=400)``."""
    contexts = []

    def open_page(page, width=1300, mode="light", base=None, **options):
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        context.add_init_script(f"localStorage.setItem('mode', '{mode}')")
        context.set_default_timeout(120_000)  # the machine may be busy
        contexts.append(context)
        opened = context.new_page()
        opened.asked = []
        opened.on("request", lambda request: opened.asked.append(request.url))
        # Nothing else is in reach, and what is asked of it fails at once.
        context.route(lambda url: not is_ours(url), lambda route: route.abort())
        opened.goto(f"{base or html.as_uri()}/{page}")
        opened.evaluate("() => window.MathJax?.startup?.promise?.then(() => null)")
        return opened

    yield open_page
    for context in contexts:
        context.close()


def is_ours(url):
    return url.startswith(("file:", "data:", "blob:", "http://127.0.0.1"))

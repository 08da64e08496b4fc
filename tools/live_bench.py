"""The live pages without the book around them, for programs that look at them or measure."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser import chromium

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "book" / "_ext"))

import live_pages  # noqa: E402

LIVE, SCRIPTS = live_pages.LIVE, live_pages.SCRIPTS


@contextmanager
def live_bench() -> Iterator[tuple]:
    """A browser, and the folder with ``door.html``, ``playground.html``, their scripts and data."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        live_pages.write_alone(Path(folder) / "live")
        yield browser, Path(folder) / "live"

"""The Chromium that is installed, opened for a program that looks at pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator["Browser"]:
    """A browser without a window; ends the program where there is none."""
    # Not above: tests ask this file alone whether there is a browser.
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        raise SystemExit("Needs Chromium (Debian and Ubuntu: apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()

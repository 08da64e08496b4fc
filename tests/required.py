"""What a test needs besides Python: where it is missing the test is skipped, but not in CI."""

import importlib.util
import os

import pytest

from browser import CHROMIUM


def skip_or_fail(reason):
    """Skip the test; with SIAMESE_REQUIRE_BROWSER=1, which CI sets, that is a failure."""
    if os.environ.get("SIAMESE_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason}, and SIAMESE_REQUIRE_BROWSER=1 allows no skip", pytrace=False)
    pytest.skip(reason)


def need_chromium():
    if CHROMIUM is None:
        skip_or_fail("needs Chromium (Debian and Ubuntu: apt-get install chromium)")


def need_playwright():
    if importlib.util.find_spec("playwright") is None:
        skip_or_fail("needs playwright (pip install playwright)")

"""What a test needs besides Python: where it is missing the test is skipped, but not in CI."""

import importlib.util
import os
from pathlib import Path

import pytest

from browser import CHROMIUM

DATA_FOLDER = os.environ.get("SIAMESE_DATA")


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


def needs_packages(*names):
    """Skip the test if a package is missing, as on a machine without the extra ``photographs``."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        skip_or_fail(f"needs {', '.join(missing)}")


def real_data():
    """The folder of real data sets: $SIAMESE_DATA as it was before tests change it, or CI's."""
    chosen = DATA_FOLDER or Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(chosen)


def needs_grocery():
    """The folder with the Grocery Store data set; the test is skipped if it is not there."""
    if not (real_data() / "grocery" / "GroceryStoreDataset-master.zip").is_file():
        pytest.skip("needs the Grocery Store data set in $SIAMESE_DATA/grocery")
    return real_data()

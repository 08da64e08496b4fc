"""Every test runs without the reader's data, settings and network."""

import pytest
import torch

import browser
from required import need_chromium, need_playwright
from siamese_lib.data import characters, download, grocery


def pytest_addoption(parser):
    parser.addoption(
        "--all-chapters",
        action="store_true",
        help="open all chapters in JupyterLab and alone in a folder, not only cheap ones",
    )


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory):
    """One cache folder for the whole run, so that Glyphs are drawn once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def seeded():
    """Fresh networks draw their weights from the global generator: each test begins with one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture(autouse=True)
def isolated(monkeypatch, shared_cache, tmp_path):
    monkeypatch.setenv("SIAMESE_CACHE", str(shared_cache))
    monkeypatch.setenv("SIAMESE_DATA", str(tmp_path / "no-data"))
    monkeypatch.delenv("SIAMESE_SOURCE", raising=False)
    # Port 9 of this machine: nobody answers there, and nothing leaves the machine.
    monkeypatch.setattr(download, "BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(grocery, "URL", "http://127.0.0.1:9")
    monkeypatch.setattr(characters, "_not_available", set())


@pytest.fixture(scope="session")
def chromium():
    """A browser for the tests that see pages as readers do."""
    need_chromium()
    need_playwright()
    with browser.chromium() as opened:
        yield opened

"""The live pages without the book around them, in headless Chromium over file://."""

import live_pages
import pytest


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Scripts, data and pages as in the built book's ``_static/live``."""
    folder = tmp_path_factory.mktemp("built") / "live"
    live_pages.write_alone(folder)
    return folder


@pytest.fixture
def open_page(chromium, folder):
    """A live page by its name, in a window of its own; an error in a script fails the test."""
    contexts, problems = [], []

    def opened(name, address="", **options):
        contexts.append(chromium.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{(folder / name).as_uri()}.html{address}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def scripts(chromium, folder):
    """A page without anything but the named scripts, to try their functions one by one."""
    page = chromium.new_page()
    page.goto((folder / "define.js").as_uri())  # an address on file://, like the book's

    def run(*names):
        for name in ("define", *names):
            page.add_script_tag(path=folder / f"{name}.js")
        return page

    yield run
    page.close()

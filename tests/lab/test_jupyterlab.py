"""Chapters as a reader sees them in JupyterLab: a real server, a real browser, no network.

``make test-lab`` takes all chapters; otherwise three cheap ones are opened. Pictures of what was
seen are stored in ``_build/lab/``.
"""

import shutil

import artificial_notebooks
import nbformat
import pytest
from lab_findings import findings
from lab_server import lab_server

from chapters import NOTEBOOKS, ROOT, parametrize
from required import need_chromium, need_playwright

CHEAP = (7, 9)
PICTURES = ROOT / "_build" / "lab"
pytestmark = pytest.mark.timeout(600)


def pytest_generate_tests(metafunc):
    parametrize(metafunc, CHEAP)


@pytest.fixture(scope="module")
def look(tmp_path_factory, shared_cache):
    """Run a notebook of the folder in JupyterLab, and get what is wrong with it."""
    need_chromium()
    need_playwright()
    import lab_page  # needs playwright

    folder = tmp_path_factory.mktemp("notebooks")
    for path in NOTEBOOKS:
        shutil.copy(path, folder)
    for name, notebook in artificial_notebooks.ALL.items():
        nbformat.write(notebook, folder / f"{name}.ipynb")
    home = tmp_path_factory.mktemp("home")
    with lab_server(folder, home, shared_cache) as server, lab_page.chromium() as browser:
        yield lambda name, pictures=None: findings(
            lab_page.run_and_look(browser, server, f"{name}.ipynb", pictures)
        )


def test_nothing_is_wrong_with_a_good_notebook(look):
    assert look("good") == []


def test_each_fault_is_found(look):
    found = look("faulty")
    expected = artificial_notebooks.FAULTS
    assert {line.split(":")[0] for line in found} == {name for name, _ in expected}
    assert len(found) == len(expected), found
    for name, what in expected:
        assert any(line.startswith(f"{name}: {what}") for line in found), (name, what, found)


def test_a_kernel_that_dies_is_noticed(look):
    with pytest.raises(AssertionError, match=r"the kernel of deadly\.ipynb died"):
        look("deadly")


def test_chapter_reads_right(look, chapter):
    found = look(chapter.stem, PICTURES)
    assert not found, "\n".join([f"{len(found)} things are wrong in JupyterLab:", *found])

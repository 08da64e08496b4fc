"""Tests of making and grading assignments; they run with the Python of .venv-grading."""

import copy
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="needs .venv-grading (make assignments installs it)")

from grading.assignment import assignments
from grading.course import Course

ASSIGNMENTS = assignments()


def pytest_generate_tests(metafunc):
    if "assignment" in metafunc.fixturenames:
        metafunc.parametrize("assignment", ASSIGNMENTS.values(), ids=ASSIGNMENTS)


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """The versions for students, by assignment."""
    course = Course(tmp_path_factory.mktemp("released"))
    return {name: course.release(assignment) for name, assignment in ASSIGNMENTS.items()}


@pytest.fixture
def solved():
    """Makes a solved notebook of an assignment, with some cells replaced by id, or added."""

    def make(name, replaced=None, added=()):
        notebook = nbformat.read(ASSIGNMENTS[name].source, as_version=4)
        for cell in notebook.cells:
            if cell.id in (replaced or {}):
                cell.source = replaced[cell.id]
        for source in added:
            notebook.cells.insert(2, nbformat.v4.new_code_cell(source))
        return notebook

    return make


@pytest.fixture
def hand_in(tmp_path):
    """Writes a notebook into an inbox, as its student would; returns the inbox."""

    def write(student, notebook, name="1_twins_and_losses"):
        path = tmp_path / "inbox" / student / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(copy.deepcopy(notebook), path)
        return Path(path.parents[1])

    return write

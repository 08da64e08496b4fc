"""Tests of making and grading assignments; they run with the Python of .venv-grading."""

import copy
import os
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="needs .venv-grading (make assignments installs it)")

from boundary import NAME, QUICK

from grading.assignment import assignments
from grading.conversation import Conversation
from grading.course import Course
from grading.marks import mark
from grading.sandbox import NoSandboxError, choose
from grading.submission import fill_in

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


@pytest.fixture(scope="session")
def kind():
    """The sandbox of this machine: CI fails without bubblewrap, a reader's machine may skip."""
    try:
        return choose("auto")
    except NoSandboxError:
        if os.environ.get("SIAMESE_REQUIRE_BROWSER"):
            raise
        pytest.skip("needs bubblewrap (apt-get install bubblewrap)")


@pytest.fixture
def inside(kind):
    """Runs code in the sandbox; returns what its function ``report`` returns."""

    def run(source, closed=(), limits=QUICK):
        with Conversation(kind, limits, closed) as talk:
            assert talk.run(source) is None
            return talk.ask("report", "value", {"args": []})

    return run


@pytest.fixture
def graded(kind, solved, released):
    """Grades a solved notebook with some cells replaced or added; returns scores, and all text."""

    def grade(replaced=None, added=(), name=NAME, limits=QUICK):
        assignment = assignments()[name]._replace(limits=limits)
        filled = fill_in(solved(name, replaced, added), released[name])
        marks = mark(filled, assignment, kind, seed=5)
        scores = {
            name: sum(finding.earned for finding in findings)
            for name, findings in marks.questions.items()
        }
        hints = {f.hint for findings in marks.questions.values() for f in findings if f.hint}
        return scores, " | ".join([*marks.notes, *sorted(hints)])

    return grade

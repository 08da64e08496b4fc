"""The course as nbgrader keeps it: versions to hand out, scores in a gradebook, feedback pages."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import sys
import warnings
from pathlib import Path

import nbconvert
import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    DeduplicateIds,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from traitlets.config import Config

from grading.assignment import Assignment, check_id
from grading.marks import Marks
from grading.pages import FILTERS, TEMPLATES, configure, without_scripts
from siamese_classroom.question import Finding, report

STUB = "raise NotImplementedError  # your code in place of this line"
TEXT_STUB = "*Write here, in place of this line.*"
# nbgrader starts alembic, which stands beside this Python, by its name.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
# The environment of the graders stands on that of the book, where nbconvert has its templates.
BOOK = Path(nbconvert.__file__).resolve().parents[4]
os.environ["JUPYTER_PATH"] = os.pathsep.join((str(TEMPLATES), str(BOOK / "share" / "jupyter")))
warnings.filterwarnings("ignore", message="Object of type <Submitted", module="nbgrader")
logging.getLogger("traitlets").setLevel(logging.ERROR)


class CourseError(RuntimeError):
    """nbgrader refused a step; the message is its log."""


class EnterMarks(NbGraderPreprocessor):
    """Writes the marks of a submission into its check cells, where nbgrader would run code."""

    marks: Marks | None = None

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Outputs of each check cell: what held in words, then the score as nbgrader reads it."""
        by_cell = {
            check_id(name): (name, findings)
            for name, findings in (self.marks.questions if self.marks else {}).items()
        }
        for cell in nb.cells:
            if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
                name, findings = by_cell.get(cell.metadata.nbgrader.grade_id, ("", []))
                cell.outputs = _outputs(name, findings)
        return nb, resources


def _outputs(name: str, findings: list[Finding]) -> list[NotebookNode]:
    earned = sum(finding.earned for finding in findings)
    of = sum(finding.points for finding in findings)
    said = report(name, findings, with_points=True)
    text = f"{said}\n{earned} of {of} points\n" if findings else "not graded\n"
    return [
        nbformat.v4.new_output("stream", name="stdout", text=text),
        nbformat.v4.new_output(
            "execute_result", data={"text/plain": str(float(earned))}, execution_count=1
        ),
    ]


class Course:
    """A folder in nbgrader's layout, with its gradebook.

    Args:
        folder: made if it is not there. ``nbgrader formgrader`` opened in it shows the written
            answers for grading by hand.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        config = Config()
        config.CourseDirectory.root = str(folder)
        config.CourseDirectory.course_id = "siamese"
        config.CourseDirectory.db_url = f"sqlite:///{folder / 'gradebook.db'}"
        config.CourseDirectory.student_id_exclude = ""
        config.ClearSolutions.code_stub = {"python": STUB}
        config.ClearSolutions.text_stub = TEXT_STUB
        config.Autograde.sanitize_preprocessors = [
            DeduplicateIds,
            OverwriteKernelspec,
            OverwriteCells,
            CheckCellMetadata,
        ]
        config.Autograde.autograde_preprocessors = [EnterMarks, SaveAutoGrades, CheckCellMetadata]
        configure(config)
        self.config = config
        self.api = NbGraderAPI(CourseDirectory(config=config), config=config)
        self.api.log_level = "ERROR"
        (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf8")

    def release(self, assignment: Assignment) -> NotebookNode:
        """The version to hand out: no solution, locked checks; and its entry in the gradebook."""
        source = self._path("source", ".", assignment.name)
        source.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(assignment.source, source)
        self._must(
            self.api.generate_assignment(assignment.name, force=True, create=True), assignment.name
        )
        return nbformat.read(self._path("release", ".", assignment.name), as_version=4)

    def enter(self, student: str, assignment: str, filled: NotebookNode, marks: Marks) -> None:
        """Store a graded submission; scores that a person has given to it before stay."""
        submitted = self._path("submitted", student, assignment)
        submitted.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(filled, submitted)
        EnterMarks.marks = marks
        result = self.api.autograde(assignment, student, force=True, create=True)
        self._must(result, f"{student}, {assignment}")

    def feedback(self, student: str, assignment: str) -> str:
        """Return the page that the student gets back, as HTML without scripts."""
        result = self.api.generate_feedback(assignment, student, force=True)
        self._must(result, f"feedback for {student}")
        page = self._path("feedback", student, assignment).with_suffix(".html")
        return without_scripts(page.read_text("utf8"))

    def scores(self, student: str, assignment: str) -> dict[str, tuple[float, float, bool]]:
        """For each graded cell: score, most points, and whether a person has still to look."""
        with Gradebook(self.config.CourseDirectory.db_url, "siamese") as book:
            notebook = book.find_submission_notebook(assignment, assignment, student)
            return {
                grade.name: (grade.score or 0.0, grade.max_score, bool(grade.needs_manual_grade))
                for grade in notebook.grades
            }

    def overruled(self, student: str, assignment: str) -> list[str]:
        """Return a note for each score that a person gave and that differs from the checks' score.

        It stays when a student hands in again, and may belong to the earlier answer.
        """
        with Gradebook(self.config.CourseDirectory.db_url, "siamese") as book:
            notebook = book.find_submission_notebook(assignment, assignment, student)
            return [
                f"{grade.name}: {grade.manual_score:g} points by hand, {grade.auto_score:g} by the "
                "checks of what was handed in last"
                for grade in notebook.grades
                if None not in (grade.manual_score, grade.auto_score)
                and grade.manual_score != grade.auto_score
            ]

    def _path(self, step: str, student: str, assignment: str) -> Path:
        return self.folder / step / student / assignment / f"{assignment}.ipynb"

    def _must(self, result: dict, what: str) -> None:
        if not result["success"]:
            raise CourseError(f"{what}: {result.get('log') or result.get('error')}")


CONFIG = f"""# Written by the graders of the course: start formgrader in this folder.
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "siamese"
c.CourseDirectory.db_url = "sqlite:///gradebook.db"
# What students wrote may not run in a browser. Without these functions nothing is shown at all.
c.HTMLExporter.filters = {FILTERS!r}
"""


def safe_id(name: str) -> str:
    """Return the id of a student: for nbgrader, for file systems, and the same in every run.

    It follows from the name alone, so that it does not change when somebody else hands in. A name
    that is not an id itself gets a mark made from its letters: ``Kim Lee`` and ``Kim_Lee`` differ.
    """
    short = re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("._-")[:40]
    # A name that looks like a marked one gets a mark too, or it could be chosen to be taken for it.
    if name and short == name and not re.search(r"-[0-9a-f]{20}$", name):
        return name
    digest = hashlib.sha256(name.encode("utf8", "surrogatepass")).hexdigest()[:20]
    return f"{short or 'student'}-{digest}"

"""What an assignment is to the graders: its notebook, its questions, what it closes."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

from grading import hidden
from grading.sandbox import Limits
from siamese_classroom import ASSIGNMENTS
from siamese_classroom.inside.script import script_lines
from siamese_classroom.question import Property, Question

FOLDER = Path(__file__).resolve().parents[1]
# Modules that hold what an assignment asks for: closed while it is graded.
CLOSED = {
    "1_twins_and_losses": (
        *("siamese_lib.losses", "siamese_lib.distances", "siamese_lib.models"),
        *("siamese_lib.miners", "siamese_lib.batch_indices"),
    ),
    "2_sampling_and_mining": (
        *("siamese_lib.sampling", "siamese_lib.miners", "siamese_lib.losses"),
        *("siamese_lib.distances", "siamese_lib.batch_indices"),
    ),
    "3_measure_it_right": ("siamese_lib.evaluation", "siamese_lib.metrics"),
    "4_office_door": ("siamese_lib.recognition", "siamese_lib.recipes"),
}

LIMITS = dict.fromkeys(CLOSED, Limits())
# A door is trained twice, once when the notebook runs and once when it is graded.
LIMITS["4_office_door"] = Limits(cell_seconds=300, probe_seconds=240, total_seconds=1200)


class Assignment(NamedTuple):
    """One of the four.

    Attributes:
        name: also of its notebook, without the ending.
        source: the solved notebook.
        questions: in the order of the notebook.
        closed: modules that cannot be imported while it is graded.
        limits: what a submission may use.
    """

    name: str
    source: Path
    questions: tuple[Question, ...]
    closed: tuple[str, ...]
    limits: Limits

    def graded(self, question: Question, seed: int) -> list[Property]:
        """What is graded: the visible properties on fresh inputs, and the hidden ones."""
        return [*question.properties(seed), *hidden.PROPERTIES[question.name](seed)]

    def right_answers(self, names: Sequence[str]) -> list[NotebookNode]:
        """Return the cells of the solved notebook that define those names."""
        defining = re.compile(rf"^(?:def|class) (?:{'|'.join(names)})\b", re.M)
        cells = nbformat.read(self.source, as_version=4).cells
        return [cell for cell in cells if cell.cell_type == "code" and defining.search(cell.source)]

    def given_sources(self) -> set[str]:
        """Return the source of each cell that students get as it is."""
        return {cell.source for cell in nbformat.read(self.source, as_version=4).cells}


def assignments() -> dict[str, Assignment]:
    """All of them, by name."""
    return {
        name: Assignment(name, FOLDER / f"{name}.ipynb", questions, CLOSED[name], LIMITS[name])
        for name, questions in ASSIGNMENTS.items()
    }


def script_number(text: str) -> int:
    """Return the number of a script that was typed, for a parser of command lines.

    Raises:
        ArgumentTypeError: If there is no script of that number.
    """
    try:
        script_lines(number := int(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return number


def check_id(question: str) -> str:
    """The id of the notebook cell that grades the question of that name."""
    return "check-" + question.lower().replace("_", "-")

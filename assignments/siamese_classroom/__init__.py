"""What the assignments need: visible checks that answer at once, and probes for the graders.

``from siamese_classroom import check``, then ``check("distance", distance)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from siamese_classroom import (
    measure_it_right,
    office_door,
    sampling_and_mining,
    twins_and_losses,
)
from siamese_classroom.asking import AskHere
from siamese_classroom.inside.script import planted_script
from siamese_classroom.question import Question, examine, find, report

ASSIGNMENTS: dict[str, tuple[Question, ...]] = {
    "1_twins_and_losses": twins_and_losses.QUESTIONS,
    "2_sampling_and_mining": sampling_and_mining.QUESTIONS,
    "3_measure_it_right": measure_it_right.QUESTIONS,
    "4_office_door": office_door.QUESTIONS,
}
QUESTIONS: dict[str, Question] = {
    question.name: question for questions in ASSIGNMENTS.values() for question in questions
}
# The seed of the visible checks; graders draw others.
VISIBLE = 0

__all__ = ["ASSIGNMENTS", "QUESTIONS", "check", "planted_script"]


def check(question: str, answer: Callable[..., Any], script: int = 0) -> None:
    """Print which checks your answer to a question passes, and for the others what is wrong.

    Args:
        question: the name of the function or class that is asked for.
        answer: yours.
        script: The number of the script that the question is about, if it is about one.

    Raises:
        ValueError: there is no question of that name.

    >>> def distance(z1, z2):
    ...     return ((z1 - z2) ** 2).sum(dim=1)
    >>> check("distance", distance)  # doctest: +ELLIPSIS
    distance: 4 of 6 checks hold
      ✗ a single mistake, ... it: this is the squared distance: the root is missing
    ...
    """
    asked = find(question, QUESTIONS).about(script)
    shown = asked.shown or asked.properties
    findings = examine(shown(VISIBLE), AskHere(answer), asked.slips)
    print(report(question, findings))

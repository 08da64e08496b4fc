"""Tables of a graded class: scores for the register, and mistakes for the next lesson."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from grading.class_run import Graded
from grading.printable import printable
from grading.roster import key
from siamese_classroom.question import causes


def write_tables(out: Path, graded: list[Graded], roster: list[str] | None = None) -> list[Path]:
    """Write ``grades.csv`` (a line a submission), totals, mistakes, and the scores by question.

    With a roster, the totals have a line for each of its students.
    """
    paths = [_write(out / "grades.csv", GRADES, map(_grade, graded))]
    names = sorted({one.received.assignment for one in graded if one.received.assignment})
    head = ["student", *names, "total", *([] if roster is None else ["roster"])]
    paths.append(_write(out / "totals.csv", head, _totals(graded, names, roster)))
    for name in names:
        lines = [one for one in graded if one.received.assignment == name and one.scores]
        cells = list(dict.fromkeys(cell for one in lines for cell in one.scores))
        rows = [
            [one.received.student, *(one.scores.get(cell, ("",))[0] for cell in cells)]
            for one in lines
        ]
        paths.append(_write(out / f"{name}.csv", ["student", *cells], rows))
    return [*paths, _write(out / "mistakes.csv", MISTAKES, _mistakes(graded))]


GRADES = ["student", "assignment", "score", "of", "answers to grade by hand", "seconds", "notes"]
MISTAKES = ["assignment", "question", "students", "hint"]


def _grade(one: Graded) -> list:
    notes = [*([one.received.note] if one.received.note else [])]
    notes += [*(one.marks.notes if one.marks else []), *([one.problem] if one.problem else [])]
    return [
        one.received.student,
        one.received.assignment or one.received.path.name,
        one.score if one.scores else "",
        one.most if one.scores else "",
        sum(left for _, _, left in one.scores.values()) if one.scores else "",
        f"{one.marks.seconds:.0f}" if one.marks else "",
        "; ".join(notes),
    ]


def _totals(graded: list[Graded], names: list[str], roster: list[str] | None) -> list[list]:
    """A line for each student: the score of each assignment, their sum, and what a roster says."""
    scores: dict[str, dict[str, float]] = {}
    for one in graded:
        of_student = scores.setdefault(one.received.student, {})
        if one.received.assignment and one.scores:
            of_student[one.received.assignment] = one.score
    rows = [
        [student, *(found.get(name, "") for name in names), sum(found.values()) if found else ""]
        for student, found in sorted(scores.items())
    ]
    if roster is None:
        return rows
    expected = {key(student): student for student in roster}
    there = {key(student) for student in scores}
    rows = [[*row, "" if key(str(row[0])) in expected else "not on the roster"] for row in rows]
    absent = [student for of, student in expected.items() if of not in there]
    empty = [""] * (len(names) + 1)
    rows += [[student, *empty, "nothing handed in"] for student in absent]
    return sorted(rows, key=lambda row: str(row[0]))


def _mistakes(graded: list[Graded]) -> list[list]:
    """How many students got each hint, most frequent first."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for one in graded:
        for question, findings in (one.marks.questions if one.marks else {}).items():
            for hint in causes(findings):
                counts[str(one.received.assignment), question, hint] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [[assignment, question, n, hint] for (assignment, question, hint), n in ordered]


def _write(path: Path, head: list[str], rows: Iterable[list]) -> Path:
    with path.open("w", newline="", encoding="utf-8-sig") as file:  # so that Excel reads the names
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows([[_harmless(value) for value in row] for row in rows])
    return path


# Also behind quotation marks, and in full width.
FORMULA = re.compile(r"(^|[;\t|])([\s\"']*[=+\-@＝＋－＠])")


def _harmless(value: object) -> object:
    """A text that can be printed, and that no spreadsheet computes."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    # Also behind what some programs take for the end of a cell.
    return FORMULA.sub(r"\1'\2", text)

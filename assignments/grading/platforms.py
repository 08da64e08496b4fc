"""Grades in the spreadsheets of a learning platform, and pages in a zip that it takes back.

Moodle and Canvas give a teacher a spreadsheet with a line for each student. If it lies beside the
submissions, a copy of it is filled in. Students are recognised by the number that the platform puts
into the names of their files, and never by their names alone.
"""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path
from typing import NamedTuple

from grading.class_run import Graded
from grading.inbox import of_teacher
from grading.layout import CANVAS, MOODLE
from grading.printable import name_of_file

MOST_BYTES = 10 << 20
NUMBER = re.compile(r"_(\d+)$")
PARTICIPANT = re.compile(r"\d+$")
# The column of an assignment in the gradebook of Canvas: its title and its number.
OF_CANVAS = re.compile(r"\(\d+\)$")


class Filled(NamedTuple):
    """What was written for platforms.

    Attributes:
        paths: Files to upload.
        notes: Spreadsheets that could not be filled in, with the reason.
    """

    paths: list[Path]
    notes: list[str]


def fill_spreadsheets(folder: Path, out: Path, graded: list[Graded]) -> Filled:
    """Fill copies of the spreadsheets beside the submissions, and pack the pages for Moodle.

    Args:
        folder: Of the submissions, with ``.csv`` files of Moodle or Canvas beside them.
        out: Where the copies go.
        graded: All lines of the class.
    """
    filled = Filled([], [])
    for path in (file.path for file in of_teacher(folder)):
        if path.suffix.lower() != ".csv":
            continue
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
            name = name_of_file(path.name)
            filled.notes.append(f"{name} is no plain file, or too large to be filled in")
            continue
        try:
            text = path.read_text("utf-8-sig")
            rows = list(csv.reader(text.splitlines(keepends=True), strict=True))
        except (OSError, ValueError, csv.Error):
            filled.notes.append(f"{name_of_file(path.name)} cannot be read, or is no CSV in UTF-8")
            continue
        problem = _fill(rows, path.stem, graded)
        if problem is None:
            to = out / f"{path.stem}-filled.csv"
            with to.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(rows)
            filled.paths.append(to)
        elif problem:
            filled.notes.append(f"{name_of_file(path.name)} was not filled in: {problem}")
    if filled.paths:
        filled.notes.extend(
            f"{number} is claimed by {' and '.join(map(name_of_file, names))}: no grade filled in"
            for number, names in _claimed(graded).items()
        )
    if pages := _pages_for_moodle(out, graded):
        filled.paths.append(pages)
    return filled


def _fill(rows: list[list[str]], stem: str, graded: list[Graded]) -> str | None:
    """Write grades into the rows; return None, or why not (empty if it is of no platform)."""
    head = rows[0] if rows else []
    names = sorted({one.received.assignment for one in graded if one.received.assignment})
    if {"Identifier", "Grade"} <= set(head):
        chosen = [name for name in names if _letters(name) in _letters(stem)] or names
        if len(chosen) != 1:
            return f"name it after one of {', '.join(names)}"
        _fill_moodle(rows, _scores(graded, chosen[0]))
        return None
    if {"Student", "ID"} <= set(head):
        columns = {place: text for place, text in enumerate(head) if OF_CANVAS.search(text)}
        found = False
        for name in names:
            fitting = [p for p, text in columns.items() if _letters(name) in _letters(text)]
            if len(fitting) == 1:
                _fill_canvas(rows, fitting[0], _scores(graded, name))
                found = True
        return None if found else f"no column has the title of {' or '.join(names)}"
    return ""


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _scores(graded: list[Graded], assignment: str) -> dict[str, tuple[float, float]]:
    """Score and most points by the platform's number of the student."""
    found = {}
    for one in graded:
        number = NUMBER.search(one.received.student)
        if number and one.scores and one.received.assignment == assignment:
            found[number[1]] = one.score, one.most
    return {number: score for number, score in found.items() if number not in _claimed(graded)}


def _claimed(graded: list[Graded]) -> dict[str, list[str]]:
    """Numbers that more than one student has by their names, with these: nobody is graded by it."""
    students: dict[str, set[str]] = {}
    for one in graded:
        if number := NUMBER.search(one.received.student):
            students.setdefault(number[1], set()).add(one.received.student)
    return {number: sorted(names) for number, names in students.items() if len(names) > 1}


def _fill_moodle(rows: list[list[str]], scores: dict[str, tuple[float, float]]) -> None:
    """Moodle's worksheet has its own largest grade, to which scores are scaled."""
    head = rows[0]
    who, grade = head.index("Identifier"), head.index("Grade")
    largest = head.index("Maximum Grade") if "Maximum Grade" in head else None
    for row in rows[1:]:
        number = PARTICIPANT.search(row[who]) if len(row) == len(head) else None
        if number and number[0] in scores:
            score, of = scores[number[0]]
            most = _number(row[largest]) if largest is not None else None
            row[grade] = f"{score * most / of:.2f}" if most and of else f"{score:g}"


def _fill_canvas(
    rows: list[list[str]], column: int, scores: dict[str, tuple[float, float]]
) -> None:
    """Canvas takes points, whatever its own largest number of points is."""
    who = rows[0].index("ID")
    for row in rows[1:]:
        if len(row) == len(rows[0]) and row[who].strip() in scores:
            row[column] = f"{scores[row[who].strip()][0]:g}"


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _pages_for_moodle(out: Path, graded: list[Graded]) -> Path | None:
    """A zip for "Upload multiple feedback files in a zip": names as they came from Moodle."""
    pages = {}
    for one in graded:
        parts = [part for part in one.received.path.parts if MOODLE in part]
        if one.feedback is None or not parts:
            continue
        assignment = one.received.assignment
        if parts[0] == one.received.path.name:  # a file and no folder
            if CANVAS.search(parts[0]):
                continue
            start = parts[0].split(MOODLE, 1)[0]
            pages[f"{start}{MOODLE}file_{assignment}.html"] = one.feedback
        else:
            pages[f"{parts[0]}/{assignment}.html"] = one.feedback
    if not pages:
        return None
    to = out / "feedback-moodle.zip"
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in sorted(pages.items()):
            archive.writestr(name.encode("utf8", "replace").decode("utf8"), page.read_bytes())
    return to

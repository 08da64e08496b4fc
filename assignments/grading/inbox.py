"""Find the submissions in a folder, in the layouts that learning platforms write."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from grading.submission import LARGEST, UnreadableError, belongs_to, read

# What Moodle adds to a student's name.
MOODLE = re.compile(r"_assignsubmission_\w*$")


class Received(NamedTuple):
    """A file that was handed in.

    Attributes:
        student: whose it is: the name of the folder, or of the file without the assignment's.
        path: where it is.
        assignment: to which it belongs; None if it cannot be read.
        problem: why it cannot be read; None if it can.
        digest: of its content.
    """

    student: str
    path: Path
    assignment: str | None
    problem: str | None
    digest: str


def find(folder: Path, released: dict[str, NotebookNode]) -> list[Received]:
    """All submissions in a folder; of several for one assignment by one student, the newest.

    Args:
        folder: ``student/notebook.ipynb``, Moodle's and nbgrader's layouts, or files side by side
            whose names begin with the student's.
        released: the versions that were handed out, by assignment.

    Raises:
        FileNotFoundError: there is no such folder, or no notebook in it.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    paths = [
        path
        for path in sorted(folder.rglob("*.ipynb"))
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
        and not path.is_symlink()
    ]
    if not paths:
        raise FileNotFoundError(f"there is no notebook (.ipynb) in {folder}")
    newest: dict[tuple[str, str], Received] = {}
    for path in sorted(paths, key=lambda path: path.stat().st_mtime):
        received = _received(path, folder, released)
        newest[received.student, received.assignment or str(path)] = received
    return sorted(newest.values(), key=lambda one: (one.student, str(one.path)))


def _received(path: Path, folder: Path, released: dict[str, NotebookNode]) -> Received:
    student = _student(path.relative_to(folder), list(released))
    if path.stat().st_size > LARGEST:
        digest = f"{path.stat().st_size} bytes"
    else:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    try:
        return Received(student, path, belongs_to(read(path), released), None, digest)
    except UnreadableError as error:
        return Received(student, path, None, str(error), digest)


def _student(path: Path, assignments: list[str]) -> str:
    if len(path.parts) > 1:
        return MOODLE.sub("", path.parts[0])
    name = path.stem
    for assignment in assignments:
        name = name.replace(assignment, "")
    return re.sub(r"\s*\(\d+\)$", "", name).strip(" _-") or path.stem

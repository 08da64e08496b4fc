"""Find the submissions in a folder: for each student and assignment the one that counts.

Whatever a file is, it concerns its student only: it becomes a line with a problem, and the others
are graded. Every file that was left out is named or counted in a note.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from grading.content import is_zip
from grading.layout import File, by_student, files, is_of_teacher, student_of
from grading.matching import Keys, belongs_to, keys_of
from grading.printable import name_of_file
from grading.submission import UnreadableError, notes_on, read_with_digest
from grading.versions import (
    MOST_NAMES,
    Seen,
    left_out,
    name_of,
    names,
    of_several,
    that_counts,
)
from grading.workload import WORK_OF_A_CELL, Workload

# Lines for notebooks of one student that cannot be graded; the others are counted.
MOST_PROBLEMS = 3


class Received(NamedTuple):
    """What a student handed in for an assignment.

    Attributes:
        student: Name of the student, taken from the folder or the file; it can be printed.
        path: Where the notebook is; it may lead into a zip.
        assignment: Name of its assignment; None if nothing can be graded.
        problem: Why nothing can be graded; None if something can.
        digest: Checksum of the notebook.
        note: What a teacher should know of it, such as files that were left out; None if nothing.
    """

    student: str
    path: Path
    assignment: str | None
    problem: str | None
    digest: str
    note: str | None = None


def find(folder: Path, released: dict[str, NotebookNode]) -> list[Received]:
    """Return what counts for each student and assignment, and a line for each problem.

    Of several notebooks for one assignment, the newest counts. A notebook that has less than half
    of the cells of another one is no version of it, and is left out.

    Args:
        folder: With ``student/notebook.ipynb``, in Moodle's, Canvas's or nbgrader's layout, or
            with files whose names begin with the student's. These folders may stand in another
            one, and all of it may be in zips.
        released: The versions that were handed out, by assignment.

    Raises:
        FileNotFoundError: If there is no such folder, or if it holds nothing of a student.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    known = {name: keys_of(notebook) for name, notebook in released.items()}
    found, seen = _read(files(folder), released, known)
    belongs = {path: one.assignment for path, one in seen.items()}
    received = []
    for student, (theirs, is_clear) in by_student(found, belongs, list(released)).items():
        if not is_of_teacher(theirs):
            received += _of_student(student, theirs, seen, list(released), is_clear)
    if not any(len(file.parts) > 1 or _is_readable(file) or file.problem for file in found):
        raise FileNotFoundError(f"there is no notebook (.ipynb) in {folder}")
    return sorted(received, key=lambda one: (one.student, str(one.path)))


def of_teacher(folder: Path) -> list[File]:
    """Return the spreadsheets beside the folders of students, which count as the teacher's own."""
    own = (File((path.name,), path, (0.0, ()), None) for path in sorted(folder.iterdir()))
    return [file for file in own if is_of_teacher([file])]


def _read(
    found: list[File], released: dict[str, NotebookNode], known: dict[str, list[Keys]]
) -> tuple[list[File], dict[Path, Seen]]:
    """Read the notebooks as far as there is room for those of a student, the small ones first."""
    workload, seen, too_much = Workload(found, list(released)), {}, set()
    for file in sorted(filter(_is_readable, found), key=_zip_and_size):
        if workload.has_room(file):
            seen[file.path], n_characters = _seen(file, released, known)
            workload.add(file, n_characters)
        else:
            too_much.add(file.path)
    return [_not_read(file) if file.path in too_much else file for file in found], seen


def _zip_and_size(file: File) -> tuple[tuple[str, ...], int]:
    """Zip by zip, as one is open at a time."""
    in_zip = [number for number, part in enumerate(file.parts[:-1], start=1) if is_zip(part)]
    return (file.parts[: in_zip[0]] if in_zip else file.parts[:1]), file.n_bytes


def _not_read(file: File) -> File:
    return file._replace(problem=f"{name_of(file)} was not read: there is too much beside it")


def _is_readable(file: File) -> bool:
    return file.is_notebook and file.problem is None


def _seen(
    file: File, released: dict[str, NotebookNode], known: dict[str, list[Keys]]
) -> tuple[Seen, int]:
    """Read a notebook, and count its characters: whatever goes wrong becomes its problem."""
    digest, strange, work = "", False, 0
    try:
        notebook, digest = read_with_digest(file.path)
        work = sum(len(cell.source) + WORK_OF_A_CELL for cell in notebook.cells)
        keys = keys_of(notebook)
        strange = True
        best = belongs_to(keys, released, known)
        name = best.assignment
        notes = notes_on(notebook, keys, released[name], known[name])
        if not file.path.name.lower().endswith(".ipynb"):
            notes.append(f"read from {name_of(file)}")
        return Seen(file, name, best.cells, None, False, digest, notes), work
    except UnreadableError as error:
        return Seen(file, None, 0, str(error), strange, digest, []), work
    except Exception as error:
        problem = f"{name_of(file)} is not a notebook that can be read: {type(error).__name__}"
        return Seen(file, None, 0, problem, False, digest, []), work


def _of_student(
    student: str,
    theirs: list[File],
    seen: dict[Path, Seen],
    assignments: list[str],
    is_clear: bool,
) -> list[Received]:
    notebooks = [seen[file.path] for file in theirs if file.path in seen]
    others = [file for file in theirs if file.path not in seen]
    chosen: dict[str, Seen] = {}
    lines = []
    for assignment in sorted({one.assignment for one in notebooks if one.assignment}):
        versions = [one for one in notebooks if one.assignment == assignment]
        one = chosen[assignment] = that_counts(versions)
        if why := of_several(versions, assignments, is_clear):
            lines.append(Received(student, one.file.path, None, why, one.digest))
            continue
        not_graded = left_out(one, [other for other in versions if other is not one])
        note = "; ".join([*not_graded, *one.notes]) or None
        lines.append(Received(student, one.file.path, assignment, None, one.digest, note))
    broken = [one for one in notebooks if not one.assignment and not (one.strange and chosen)]
    strange = [one for one in notebooks if one.strange and chosen]
    lines += [
        Received(student, one.file.path, None, one.problem, one.digest or str(one.file.path))
        for one in broken[:MOST_PROBLEMS]
    ]
    if not lines:
        path = others[0].path
        return [Received(student, path, None, _nothing(others), f"nothing {names(others)}")]
    rest = []
    if student != student_of(theirs[0].parts[0], len(theirs[0].parts) > 1, assignments):
        rest.append(f"{name_of_file(theirs[0].parts[0])} was read as the folder of a class")
    places = {one.file.parts[:-1] for one in notebooks if not one.strange or one.assignment}
    if len(places) > 1:
        rest.append(f"from several folders: {names([one.file for one in notebooks])}")
    if strange:
        rest.append(f"left out, no notebook of an assignment: {names([s.file for s in strange])}")
    if len(broken) > MOST_PROBLEMS:
        rest.append(f"{len(broken) - MOST_PROBLEMS} more notebooks cannot be read")
    if unread := [file for file in others if not file.problem]:
        rest.append(f"not read: {names(unread)}")
    rest += [file.problem for file in others if file.problem][:MOST_NAMES]
    if rest:
        lines[0] = lines[0]._replace(note="; ".join([*filter(None, [lines[0].note]), *rest]))
    return lines


def _nothing(found: list[File]) -> str:
    problems = [file.problem for file in found if file.problem]
    other = [file for file in found if not file.problem]
    said = [f"there is no notebook (.ipynb), but {names(other)}"] if other else []
    return "; ".join([*said, *problems[:MOST_NAMES]])

"""Find the submissions in a folder: for each student and assignment the one that counts.

Whatever a file is, it concerns its student only: it becomes a line with a problem, and the others
are graded. Every file that was left out is named or counted in a note.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from grading.layout import File, by_student, files
from grading.matching import Keys, belongs_to, keys_of
from grading.printable import name_of_file, shortened
from grading.submission import UnreadableError, notes_on, read_with_digest

# Lines for notebooks of one student that cannot be graded; the others are counted.
MOST_PROBLEMS = 3
MOST_NAMES = 3
# Characters of cells, and so many for each notebook, that are read of one folder or zip: more than
# two thousand notebooks of a class, or two minutes of one who means to hold up the others.
MOST_WORK = 150_000_000
WORK_OF_A_NOTEBOOK = 30_000
BYTES_A_CHARACTER = 20  # of a file, outputs included, that are read while one character is parsed
LONGEST_NAME = 60
# Spreadsheets beside the folders of students are the teacher's own.
OF_TEACHER = (".csv", ".xlsx", ".ods", ".xls")


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


class Seen(NamedTuple):
    """A notebook that was read once.

    Attributes:
        file: Where it was found.
        assignment: To which it belongs; None if it cannot be graded.
        cells: How many of its cells are known.
        problem: Why it cannot be graded; None if it can.
        strange: Whether it can be read, and is not a notebook of any assignment.
        digest: Of its content.
        notes: About its content.
    """

    file: File
    assignment: str | None
    cells: int
    problem: str | None
    strange: bool
    digest: str
    notes: list[str]


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
    found = list(files(folder))
    found, seen = _read(found, released, known)
    belongs = {path: one.assignment for path, one in seen.items()}
    received = []
    for student, theirs in by_student(found, belongs, list(released)).items():
        if not _is_of_teacher(theirs):
            received += _of_student(student, theirs, seen)
    if not any(len(file.parts) > 1 or _is_readable(file) or file.problem for file in found):
        raise FileNotFoundError(f"there is no notebook (.ipynb) in {folder}")
    return sorted(received, key=lambda one: (one.student, str(one.path)))


def _read(
    found: list[File], released: dict[str, NotebookNode], known: dict[str, list[Keys]]
) -> tuple[list[File], dict[Path, Seen]]:
    """Read the notebooks, as far as there is time for those of one folder or zip of the inbox."""
    left: dict[str, int] = {}
    files_read, seen = [], {}
    for file in found:
        top = file.parts[0]
        if _is_readable(file) and left.setdefault(top, MOST_WORK) <= 0:
            file = file._replace(problem=f"{_name(file)} was not read: there is too much before it")
        if _is_readable(file):
            seen[file.path], work = _seen(file, released, known)
            left[top] -= work
        files_read.append(file)
    return files_read, seen


def _is_readable(file: File) -> bool:
    return file.is_notebook and file.problem is None


def _is_of_teacher(theirs: list[File]) -> bool:
    return all(
        len(file.parts) == 1 and file.path.suffix.lower() in OF_TEACHER and not file.problem
        for file in theirs
    )


def _seen(
    file: File, released: dict[str, NotebookNode], known: dict[str, list[Keys]]
) -> tuple[Seen, int]:
    """Read a notebook, and count the work: whatever goes wrong becomes its problem."""
    digest, strange, work = "", False, WORK_OF_A_NOTEBOOK
    try:
        notebook, digest, n_bytes = read_with_digest(file.path)
        work += sum(len(cell.source) for cell in notebook.cells) + n_bytes // BYTES_A_CHARACTER
        keys = keys_of(notebook)
        strange = True
        best = belongs_to(keys, released, known)
        name = best.assignment
        notes = notes_on(notebook, keys, released[name], known[name])
        if not file.path.name.lower().endswith(".ipynb"):
            notes.append(f"read from {_name(file)}")
        return Seen(file, name, best.cells, None, False, digest, notes), work
    except UnreadableError as error:
        return Seen(file, None, 0, str(error), strange, digest, []), work
    except Exception as error:
        problem = f"{_name(file)} is not a notebook that can be read: {type(error).__name__}"
        return Seen(file, None, 0, problem, False, digest, []), work


def _of_student(student: str, theirs: list[File], seen: dict[Path, Seen]) -> list[Received]:
    notebooks = [seen[file.path] for file in theirs if file.path in seen]
    others = [file for file in theirs if file.path not in seen]
    chosen: dict[str, Seen] = {}
    left_out: dict[str, list[Seen]] = {}
    for assignment in sorted({one.assignment for one in notebooks if one.assignment}):
        of_it = [one for one in notebooks if one.assignment == assignment]
        chosen[assignment] = _that_counts(of_it)
        left_out[assignment] = [one for one in of_it if one is not chosen[assignment]]
    broken = [one for one in notebooks if not one.assignment and not (one.strange and chosen)]
    strange = [one for one in notebooks if one.strange and chosen]
    lines = [
        Received(
            student,
            one.file.path,
            assignment,
            None,
            one.digest,
            "; ".join([*_left_out(one, left_out[assignment]), *one.notes]) or None,
        )
        for assignment, one in chosen.items()
    ]
    lines += [
        Received(student, one.file.path, None, one.problem, one.digest or str(one.file.path))
        for one in broken[:MOST_PROBLEMS]
    ]
    if not lines:
        path = others[0].path
        return [Received(student, path, None, _nothing(others), f"nothing {_names(others)}")]
    rest = []
    if strange:
        rest.append(f"left out, no notebook of an assignment: {_names([s.file for s in strange])}")
    if len(broken) > MOST_PROBLEMS:
        rest.append(f"{len(broken) - MOST_PROBLEMS} more notebooks cannot be read")
    if unread := [file for file in others if not file.problem]:
        rest.append(f"not read: {_names(unread)}")
    rest += [file.problem for file in others if file.problem][:MOST_NAMES]
    if rest:
        lines[0] = lines[0]._replace(note="; ".join([*filter(None, [lines[0].note]), *rest]))
    return lines


def _that_counts(versions: list[Seen]) -> Seen:
    """The newest of those that are versions of the same notebook as the best match."""
    most = max(one.cells for one in versions)
    return max(
        (one for one in versions if 2 * one.cells >= most),
        key=lambda one: (one.file.time, one.cells, one.file.parts),
    )


def _left_out(chosen: Seen, versions: list[Seen]) -> list[str]:
    if not versions:
        return []
    note = f"graded: {_name(chosen.file)}; left out: {_names([one.file for one in versions])}"
    same = [
        one for one in versions if one.file.time == chosen.file.time and one.digest != chosen.digest
    ]
    return [f"{note} (changed at the same time as the one that was graded)" if same else note]


def _nothing(found: list[File]) -> str:
    problems = [file.problem for file in found if file.problem]
    names = [file for file in found if not file.problem]
    said = [f"there is no notebook (.ipynb), but {_names(names)}"] if names else []
    return "; ".join([*said, *problems[:MOST_NAMES]])


def _name(file: File) -> str:
    return shortened(name_of_file("/".join(file.parts[1:]) or file.parts[0]), LONGEST_NAME)


def _names(found: list[File]) -> str:
    shown = ", ".join(_name(file) for file in found[:MOST_NAMES])
    more = len(found) - MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown

"""Find the files of each student in a folder, in the layouts that learning platforms write."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from grading.content import UnreadableError, is_notebook, is_zip, members
from grading.printable import name_of_file

# Of a student, or of a group of students: more is a mistake, such as a whole environment that
# somebody handed in.
MOST_FILES = 20_000
DEEPEST = 12
# What Moodle adds to a student's name, in the name of a folder or in front of a file's name. In the
# name of a folder the last one counts: a student may be called like a student and Moodle's words.
# In that of a file the first one does: students choose how their files are called.
MOODLE = "_assignsubmission_"
# Canvas: name, perhaps LATE, number of the student, number of the file, name of the file.
CANVAS = re.compile(r"^(?P<name>[^_]+)(?:_LATE)?_(?P<student>\d+)_\d+_", re.S)
# What browsers add to the name of a file that is already there, and what Canvas adds.
COPY = re.compile(r"(?<!\s)\s*\(\d+\)$")
VERSION = r"(?:-\d{1,3}|\s*\(\d+\))?"
# Spreadsheets beside the folders of students are the teacher's own.
OF_TEACHER = (".csv", ".xlsx", ".ods", ".xls")
# Files of systems and editors, which nobody hands in.
IGNORED = {"thumbs.db", "desktop.ini", "__macosx", "__pycache__"}


class File(NamedTuple):
    """Something that was found.

    Attributes:
        parts: Names from the folder of all submissions to it; a zip counts as a folder.
        path: Where it is; it may lead into a zip.
        time: When it was changed; later is larger.
        problem: Why it cannot be read; None if nothing is known against it.
        n_bytes: Its size, unpacked.
    """

    parts: tuple[str, ...]
    path: Path
    time: tuple[float, tuple[int, ...]]
    problem: str | None
    n_bytes: int = 0

    @property
    def is_notebook(self) -> bool:
        """Whether its name is that of a notebook."""
        return is_notebook(self.parts[-1])


def files(folder: Path) -> list[File]:
    """Return all files below a folder, and those in its zips. No link is followed.

    A folder without files is returned as well, with the problem. So is one with too many.
    """
    depth = n_wrappers(_all(folder))
    counts: dict[tuple[str, ...], int] = {}
    found = []
    for file in _all(folder):
        place = file.parts[: depth + 1]
        counts[place] = counts.get(place, 0) + 1
        if counts[place] <= MOST_FILES:
            found.append(file)
        elif counts[place] == MOST_FILES + 1:
            problem = f"there are more than {MOST_FILES} files; the others were left out"
            found.append(File((*place, ""), folder.joinpath(*place), (0.0, ()), problem))
    return found


def n_wrappers(found: Iterable[File]) -> int:
    """Return the number of nested folders that contain everything else."""
    common: tuple[str, ...] | None = None
    for file in found:
        if is_of_teacher([file]):
            continue
        above = file.parts[:-1]
        if common is None:
            common = above
        while common != above[: len(common)]:
            common = common[:-1]
    return len(common or ())


def _all(folder: Path) -> Iterator[File]:
    for name in sorted(os.listdir(folder)):
        if not _is_ignored(name):
            yield from _below((name,), folder / name)


def _below(parts: tuple[str, ...], path: Path) -> Iterator[File]:
    name = name_of_file(path.name)
    try:
        about = path.lstat()
        time = (about.st_mtime, ())
        if path.is_symlink():
            yield File(parts, path, time, f"{name} is a link, and links are not followed")
        elif path.is_dir():
            if len(parts) >= DEEPEST:
                yield File((*parts, ""), path, time, f"{name} is nested too deep")
                return
            inside = [one for one in sorted(os.listdir(path)) if not _is_ignored(one)]
            if not inside:
                yield File((*parts, ""), path, time, f"{name} is an empty folder")
            for one in inside:
                yield from _below((*parts, one), path / one)
        elif not path.is_file():
            yield File(parts, path, time, f"{name} is not a plain file")
        elif is_zip(path.name):
            yield from _in_zip(parts, path, about.st_mtime)
        else:
            yield File(parts, path, time, None, about.st_size)
    except OSError as error:
        yield File(parts, path, (0.0, ()), f"{name} cannot be read: {error.strerror}")


def _in_zip(parts: tuple[str, ...], path: Path, time: float) -> Iterator[File]:
    try:
        safe, n_refused = members(path)
    except UnreadableError as error:
        yield File(parts, path, (time, ()), str(error))
        return
    except Exception as error:  # whatever a zip can do, it concerns one student
        problem = f"{name_of_file(path.name)} is not a zip that can be read: {type(error).__name__}"
        yield File(parts, path, (time, ()), problem)
        return
    inside = [one for one in safe if not any(map(_is_ignored, one.parts))]
    name = name_of_file(path.name)
    if n_refused:
        problem = (
            f"{n_refused} files of {name} are links or lead out of it, or are too large: left out"
        )
        yield File((*parts, ""), path, (time, ()), problem)
    elif not inside:
        yield File((*parts, ""), path, (time, ()), f"{name} is an empty zip")
    for member in inside:
        inner = path.joinpath(*member.parts)
        yield File((*parts, *member.parts), inner, (time, member.time), None, member.n_bytes)


def _is_ignored(name: str) -> bool:
    if name.startswith(".") and not name.startswith("._") and name != ".ipynb":
        return not (_is_of_platform(name) or is_notebook(name))
    return name.startswith(".") or name.lower() in IGNORED


def is_of_teacher(theirs: list[File]) -> bool:
    """Whether these are only spreadsheets beside the folders of students."""
    return all(
        len(file.parts) == 1
        and file.path.suffix.lower() in OF_TEACHER
        and not file.problem
        and not _is_of_platform(file.parts[0])
        for file in theirs
    )


def by_student(
    found: list[File], belongs: dict[Path, str | None], assignments: list[str]
) -> dict[str, tuple[list[File], bool]]:
    """Return the files of each student, and whether all were found under one name.

    Names of a platform are one if they name one student.

    Args:
        found: All files.
        belongs: The assignment to which a notebook belongs, by its path.
        assignments: Names of all assignments.
    """
    groups: dict[str, list[File]] = {}
    for file in found:
        groups.setdefault(file.parts[0], []).append(file)
    depths = _depths(groups, belongs, assignments)
    students: dict[str, list[File]] = {}
    names: dict[str, set[str]] = {}
    for name, group in groups.items():
        for file in group:
            at = min(depths[name], len(file.parts) - 1)
            at -= not file.parts[at]  # the folder itself, in which there is nothing
            is_folder = len(file.parts) > at + 1
            platform = _is_of_platform(file.parts[at])
            student = student_of(file.parts[at], is_folder, assignments)
            students.setdefault(student, []).append(file)
            place = (*file.parts[:at], student) if platform else file.parts[: at + 1]
            names.setdefault(student, set()).add("/".join(map(name_of_file, place)))
    return {student: (files, len(names[student]) == 1) for student, files in students.items()}


def _depths(
    groups: dict[str, list[File]], belongs: dict[Path, str | None], assignments: list[str]
) -> dict[str, int]:
    """How many folders stand around the files of a student, for each name in the inbox.

    A folder that holds the folders of students looks like that of one student who kept old versions
    in folders. It is taken for the former only if everything beside it looks so as well, so that
    no student can hand in for others.
    """
    of_students = {name: group for name, group in groups.items() if not is_of_teacher(group)}
    depths = {name: _depth(group, belongs, assignments) for name, group in of_students.items()}
    has_zips = any(map(is_zip, of_students))
    if all(depths.values()) and (len(depths) == 1 or not has_zips):
        return dict.fromkeys(groups, 0) | depths
    return dict.fromkeys(groups, 0)


def _depth(group: list[File], belongs: dict[Path, str | None], assignments: list[str]) -> int:
    """The first level below the outermost folder that has students side by side; 0 if none has."""
    if _is_of_platform(group[0].parts[0]):
        return 0
    for level in (1, 2, 3):
        inner = [file for file in group if len(file.parts) > level]
        names = {file.parts[level] for file in inner if file.parts[level]}
        in_zips = any(is_zip(part) for file in inner for part in file.parts[1:level])
        if not names or names <= set(assignments) or in_zips:
            return 0
        platform = {student_of(n, True, assignments) for n in names if _is_of_platform(n)}
        if platform and (len(platform) > 1 or any(MOODLE in name for name in names)):
            return level
        if any(len(file.parts) == level + 1 and belongs.get(file.path) for file in inner):
            return 0  # a notebook lies here, so this is the folder of a student
        work: dict[str, set[str]] = {}
        for file in inner:
            assignment = belongs.get(file.path)
            if assignment and file.parts[level] not in assignments:
                work.setdefault(file.parts[level], set()).add(assignment)
        all_work = [one for these in work.values() for one in these]
        if len(all_work) > len(set(all_work)):
            return level
        if len(names) > 1:
            return 0
    return 0


def _is_of_platform(name: str) -> bool:
    return MOODLE in name or bool(CANVAS.search(name))


def student_of(name: str, is_folder: bool, assignments: list[str]) -> str:
    """Return whose a file or folder is, by its name.

    The result is the same for all files of a student, and can be printed.
    """
    is_file = not is_folder or is_zip(name)
    canvas = CANVAS.search(name)
    if MOODLE in name and not (is_file and canvas):
        of_student = (name.split if is_file else name.rsplit)(MOODLE, 1)[0]
        return name_of_file(of_student) or name_of_file(name)
    if canvas:
        # Not with the number of the file: each version that a student hands in has its own.
        return name_of_file(f"{canvas['name']}_{canvas['student']}")
    if not is_file:
        return name_of_file(name)
    stem = re.sub(r"(?:\.ipynb)?\.\w{1,5}$", "", name)
    rest = stem
    for assignment in assignments:
        rest = re.sub(re.escape(assignment) + VERSION, "", rest)
    rest = COPY.sub("", rest).strip(" _-")
    return name_of_file(rest or stem or name)

"""Choose among several notebooks of one student for one assignment."""

from __future__ import annotations

import re
from typing import NamedTuple

from grading.layout import CANVAS, COPY, MOODLE, VERSION, File
from grading.printable import name_of_file, shortened

MOST_NAMES = 3
LONGEST_NAME = 60
# Words by which people tell versions of their own work apart; no name of a person among them.
WORDS_OF_VERSIONS = """
    all alt answer answers assignment attempt backup before bis checkpoint complete copie copy
    corrected correction done draft end ende endgültig entwurf final finished first fixed gelöst
    hw homework ipynb json kopie korrigiert last latest lösung neu neue new newer newest notebook of
    old older oldest original page part previous re redo resubmission rev revised revision
    scratch second send sent sicherung solution solutions solved start submission submit
    submitted submitting test third try txt untitled update updated upload v vers version
    vieux nouveau work working zip
"""
DATE = re.compile(r"(?<!\d)(?:19|20)\d\d[-_.]?\d\d[-_.]?\d\d(?!\d)")
ENDING = re.compile(r"(?:\.\w{1,5}){1,2}$")
LONG_NUMBER = 5  # digits: that of a student


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


def that_counts(versions: list[Seen]) -> Seen:
    """Return the newest version.

    A notebook with less than half of the cells of a different one is no version of it.
    """
    most = max(one.cells for one in versions)
    return max(
        (one for one in versions if 2 * one.cells >= most),
        key=lambda one: (one.file.time, one.cells, one.file.parts),
    )


def of_several(versions: list[Seen], assignments: list[str], is_clear: bool = True) -> str | None:
    """Say why the notebooks may be of several people; None if they are versions of one work.

    Args:
        versions: Notebooks of one assignment, read as one student's.
        assignments: Names of all assignments.
        is_clear: Whether they were found under one name. If not, they are of one student only if
            they are the same: everybody can choose the name of a file.

    A folder with ``ada.ipynb`` and ``bob.ipynb`` is probably not one student's. To grade the
    newest would lose the other one, so a person has to decide.
    """
    works: dict[str, Seen] = {}
    for one in versions:
        if 2 * one.cells >= max(other.cells for other in versions):
            name = _without_version(one.file, assignments) if is_clear else "/".join(one.file.parts)
            works.setdefault(name, one)
    works.pop("", None)
    if len({one.digest for one in works.values()}) < 2:
        return None
    return (
        f"{names([one.file for one in works.values()])} are different notebooks of one assignment, "
        "so none was graded: if they are of several students, give each a folder directly in the "
        "folder of submissions; if not, leave only the one that counts"
    )


def left_out(chosen: Seen, others: list[Seen]) -> list[str]:
    """Return a note on the versions that do not count, if there are any."""
    if not others:
        return []
    note = f"graded: {name_of(chosen.file)}; left out: {names([one.file for one in others])}"
    same = [
        one for one in others if one.file.time == chosen.file.time and one.digest != chosen.digest
    ]
    return [f"{note} (changed at the same time as the one that was graded)" if same else note]


def name_of(file: File) -> str:
    """Return the place of a file in its student's folder, short enough for a line."""
    return shortened(name_of_file("/".join(file.parts[1:]) or file.parts[0]), LONGEST_NAME)


def names(found: list[File]) -> str:
    """Return the first names of some files, and how many more there are."""
    shown = ", ".join(name_of(file) for file in found[:MOST_NAMES])
    more = len(found) - MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _without_version(file: File, assignments: list[str]) -> str:
    """The place of a notebook without what tells versions apart."""
    *folders, name = file.parts[1:] or (CANVAS.sub("", file.parts[0].rsplit(MOODLE, 1)[0]),)
    name = COPY.sub("", ENDING.sub("", name))
    words = [word for folder in folders for word in _words(folder, assignments, False)]
    return " ".join([*words, *_words(name, assignments, True)])


def _words(name: str, assignments: list[str], is_file: bool) -> list[str]:
    """Words and numbers of a name, without those of versions.

    A number belongs to the word before it: ``student-12`` and ``student-13`` are two people,
    ``version 12`` and ``version 13`` two versions. Folders that are called by numbers are people's.
    """
    name = DATE.sub(" version ", name.lower())
    for assignment in assignments:
        name = re.sub(re.escape(assignment.lower()) + VERSION, " version ", name)
    kept, of_version, ignored = [], is_file, WORDS_OF_VERSIONS.split()
    for word in re.findall(r"[^\W\d_]+|\d+", name):
        if not word.isdigit():
            of_version = word in ignored
        if not of_version or (word.isdigit() and len(word) >= LONG_NUMBER):
            kept.append(word)
    return kept

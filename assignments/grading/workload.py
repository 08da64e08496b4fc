"""How much of an inbox is read: enough for a class, too little to hold up the others."""

from __future__ import annotations

from typing import NamedTuple

from grading.layout import File, n_wrappers, student_of

# As long as so many more characters takes each cell.
WORK_OF_A_CELL = 1000
# To find the cells of a notebook, however small it is, takes as long as to parse so many more
# characters of code.
WORK_OF_A_NOTEBOOK = 30_000


class Room(NamedTuple):
    """What may be read.

    Attributes:
        n_bytes: Of files, unpacked, outputs included.
        n_characters: Of cells.
    """

    n_bytes: int
    n_characters: int

    def without(self, n_bytes: int, n_characters: int) -> Room:
        """Return what is left."""
        return Room(self.n_bytes - n_bytes, self.n_characters - n_characters)


# Of a student, files of the same student counted together: about sixty notebooks as they are
# handed out, or thirty that are as long as they may be, which take some ten seconds to read.
OF_A_STUDENT = Room(100 << 20, 5_000_000)
# If there are so few students, each may be a group of them: a course in sections.
FEW = 10
OF_A_GROUP = Room(400 << 20, 15_000_000)


class Workload:
    """Counts what was read of each student, so that nobody takes the time of the others.

    Args:
        found: All files of the inbox. Folders that contain everything else are not counted.
        assignments: Names of all assignments, which are no part of a student's name.
    """

    def __init__(self, found: list[File], assignments: list[str]) -> None:
        self.depth, self.assignments = n_wrappers(found), assignments
        n_students = len({self._student(file) for file in found})
        self.most = OF_A_GROUP if n_students <= FEW else OF_A_STUDENT
        self.left: dict[str, Room] = {}

    def has_room(self, file: File) -> bool:
        """Whether a file may be read. It is counted by ``add``, and does not have to fit."""
        return min(self.left.get(self._student(file), self.most)) > 0

    def add(self, file: File, n_characters: int) -> None:
        """Count a file, whether or not it could be read."""
        student = self._student(file)
        left = self.left.get(student, self.most)
        self.left[student] = left.without(file.n_bytes, n_characters + WORK_OF_A_NOTEBOOK)

    def _student(self, file: File) -> str:
        at = min(self.depth, len(file.parts) - 1)
        return student_of(file.parts[at], len(file.parts) > at + 1, self.assignments)

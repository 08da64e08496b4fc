"""How much of an inbox is read: enough for a class, too little to hold up the others."""

from __future__ import annotations

from typing import NamedTuple

from grading.layout import File, n_wrappers

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


# Of a file or folder that has others beside it: a student, or one of several groups of students.
OF_A_GROUP = Room(250 << 20, 60_000_000)
# Of a file or folder in it, which is a student if that is a group. A thousand notebooks without
# outputs, or twenty with many pictures.
OF_A_STUDENT = Room(100 << 20, 30_000_000)
# Of all together.
OF_A_CLASS = Room(1 << 30, 150_000_000)


class Workload:
    """Counts what was read of each student, so that one does not hold up the others.

    Args:
        found: All files of the inbox. Folders that contain everything else are not counted.
    """

    def __init__(self, found: list[File]) -> None:
        self.depth = n_wrappers(found)
        self.left: dict[tuple[str, ...], Room] = {}

    def has_room(self, file: File) -> bool:
        """Whether a file may be read. It is counted by ``add``, and does not have to fit."""
        return all(min(self._room(place)) > 0 for place in self._places(file))

    def add(self, file: File, n_characters: int) -> None:
        """Count a file, whether or not it could be read."""
        for place in self._places(file):
            left = self._room(place)
            self.left[place] = left.without(file.n_bytes, n_characters + WORK_OF_A_NOTEBOOK)

    def _places(self, file: File) -> list[tuple[str, ...]]:
        """Everything, a group or student, and a student or something of one."""
        return [file.parts[:length] for length in range(self.depth, self.depth + 3)]

    def _room(self, place: tuple[str, ...]) -> Room:
        if place in self.left:
            return self.left[place]
        return (OF_A_CLASS, OF_A_GROUP, OF_A_STUDENT)[len(place) - self.depth]

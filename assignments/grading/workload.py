"""How much of an inbox is read: enough for a class, too little to hold up the others."""

from __future__ import annotations

from typing import NamedTuple

from grading.layout import File

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


# Of a file or folder in a folder of the inbox: what one student hands in, if that is a class. A
# thousand notebooks without outputs, or twenty with many pictures.
OF_A_STUDENT = Room(100 << 20, 30_000_000)
# Of a file or folder of the inbox: a student, or one of several groups of students.
OF_A_GROUP = Room(250 << 20, 60_000_000)
# Of the only file or folder of an inbox, which may be a class.
OF_A_CLASS = Room(1 << 30, 150_000_000)


class Workload:
    """Counts what was read of each student, so that one does not hold up the others.

    Args:
        found: All files of the inbox.
    """

    def __init__(self, found: list[File]) -> None:
        outermost = {file.parts[0] for file in found}
        self.of_outermost = OF_A_CLASS if len(outermost) == 1 else OF_A_GROUP
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
        return [file.parts[:1], file.parts[:2]] if len(file.parts) > 1 else [file.parts[:1]]

    def _room(self, place: tuple[str, ...]) -> Room:
        return self.left.get(place, self.of_outermost if len(place) == 1 else OF_A_STUDENT)

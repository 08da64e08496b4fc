"""Read what a student handed in, and fill it into the notebook that was handed out.

What is graded is the notebook as it was handed out, with the student's answers in it: edited or
deleted tests and lost metadata make no difference. ``matching`` says which cell is which. What a
student wrote in another place than the one meant for it is kept, and noted.
"""

from __future__ import annotations

import copy
import hashlib
import threading
import uuid
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from grading.content import LARGEST, UnreadableError, content_of
from grading.matching import LONGEST_TYPED, Keys, keys_of, matches, parsed, work_of
from grading.notebook_shape import notebook_from
from grading.printable import name_of_file

__all__ = ["LARGEST", "UnreadableError", "cells_to_run", "fill", "fill_in", "read"]

# Characters of text in all cells of a student together; what is beyond is not shown.
MOST_TEXT = 100_000
# And of code, on a page; all of it runs.
MOST_CODE = 60_000
_one_at_a_time = threading.Lock()
ANSWERED_ELSEWHERE = "# Answered in another cell."
TYPED_ELSEWHERE = "*(typed in another cell)*"


class Filled(NamedTuple):
    """A notebook to be graded.

    Attributes:
        notebook: As it was handed out, with the answers of a submission.
        notes: What was found in another place than the one meant for it.
    """

    notebook: NotebookNode
    notes: list[str]


def read(path: Path) -> NotebookNode:
    """Return the notebook at ``path``, which may lead into a zip.

    All fields of its cells have the types that grading expects (see ``notebook_shape``).

    Raises:
        UnreadableError: If it is too large, damaged, or no notebook.
    """
    return read_with_digest(path).notebook


class Read(NamedTuple):
    """A notebook that was read, with the checksum of its file."""

    notebook: NotebookNode
    digest: str


def read_with_digest(path: Path) -> Read:
    """Return the notebook at ``path``, and what is known of its file; see ``read``."""
    name = name_of_file(path.name)
    try:
        with _one_at_a_time:  # a large file takes ten times its size while it is read
            content = content_of(path)
            digest = hashlib.sha256(content).hexdigest()
            return Read(notebook_from(content), digest)
    except UnreadableError as error:
        why = str(error)
        raise UnreadableError(why if why.startswith(name) else f"{name}: {why}") from error
    except Exception as error:  # whatever else a file can do, it concerns one student
        raise UnreadableError(
            f"{name} is not a notebook that can be read: {type(error).__name__}"
        ) from error


def fill_in(notebook: NotebookNode, released: NotebookNode) -> NotebookNode:
    """Return the released notebook with the answers of a submission, and its added cells."""
    return fill(notebook, keys_of(notebook), released, keys_of(released)).notebook


def fill(
    notebook: NotebookNode, submitted: list[Keys], released: NotebookNode, known: list[Keys]
) -> Filled:
    """Fill a submission into the released notebook.

    Args:
        notebook: The submission.
        submitted: Keys of its cells.
        released: The version that was handed out.
        known: Keys of its cells.
    """
    return _Filling(notebook, submitted, released, known).filled()


def notes_on(
    notebook: NotebookNode, submitted: list[Keys], released: NotebookNode, known: list[Keys]
) -> list[str]:
    """Return the notes of ``fill`` alone."""
    return _Filling(notebook, submitted, released, known).filled().notes


class _Filling:
    """One submission on its way into the notebook that was handed out."""

    def __init__(
        self,
        notebook: NotebookNode,
        submitted: list[Keys],
        released: NotebookNode,
        known: list[Keys],
    ) -> None:
        self.notebook, self.submitted = notebook, submitted
        self.released, self.known = released, known
        self.place_to_known = matches(submitted, known)
        self.stubs = {
            cell.source.strip(): keys.defines
            for cell, keys in zip(released.cells, known, strict=True)
            if keys.defines and _is_solution(cell)
        }
        self.answered = self._names_that_are_answered()
        self.moved: list[str] = []
        self.kept: list[str] = []
        self.texts: list[tuple[int, str]] = []
        self.text_left, self.is_cut = MOST_TEXT, False
        self.left_to_parse = LONGEST_TYPED
        self.unwritten = self._unwritten()

    def filled(self) -> Filled:
        cells: list[tuple[int, NotebookNode]] = []
        for place, cell in enumerate(self.notebook.cells):
            number = self.place_to_known.get(place)
            if number is None:
                cells += [(place, added) for added in self._added(place, cell)]
            elif _is_open(self.released.cells[number]):
                cells.append((place, self._answer(cell, number)))
            else:
                extra = self._typed_into_locked(place, cell, number)
                cells += [(place, one) for one in extra]
                cells.append((place, copy.deepcopy(self.released.cells[number])))
        # What was deleted comes back at the end: a check needs only what is defined by then.
        for number, cell in enumerate(self.released.cells):
            if number not in self.place_to_known.values() and "nbgrader" in cell.metadata:
                cells.append((self._place_of_deleted(number), self._stub(number)))
        self._hand_texts_over(cells)
        filled = copy.deepcopy(self.released)
        filled.cells = [cell for _, cell in cells]
        return Filled(filled, self._notes())

    def _names_that_are_answered(self) -> set[str]:
        """Names that the student gave a value to, other than by a stub that was left as it was."""
        names: set[str] = set()
        for cell, keys in zip(self.notebook.cells, self.submitted, strict=True):
            if cell.source.strip() not in self.stubs:
                names |= keys.binds
        return names

    def _is_untouched(self, cell: NotebookNode, number: int) -> bool:
        return cell.source.strip() == self.released.cells[number].source.strip()

    def _answer(self, cell: NotebookNode, number: int) -> NotebookNode:
        """The cell for an answer, with the answer: also if it was shown as another type of cell."""
        if self._is_untouched(cell, number):
            out = self._stub(number)
        else:
            out = copy.deepcopy(self.released.cells[number])
            out.source = cell.source if out.cell_type == "code" else self._text(cell.source)
        if out.cell_type == "code":
            out.outputs = cell.get("outputs", [])
        return out

    def _stub(self, number: int) -> NotebookNode:
        """A cell without an answer; it must not replace what was answered in another cell."""
        out = copy.deepcopy(self.released.cells[number])
        names = self.known[number].defines
        if _is_solution(out) and names and names <= self.answered:
            out.source = ANSWERED_ELSEWHERE
            self.moved += sorted(names)
        return out

    def _added(self, place: int, cell: NotebookNode) -> list[NotebookNode]:
        if cell.cell_type != "code" and self.unwritten and cell.source.strip():
            self.texts.append((place, cell.source))
            return []
        names = self.stubs.get(cell.source.strip())
        # A stub whose id is lost, beside an answer that took its place, must not replace that.
        return [] if names and names <= self.answered else self._own(cell)

    def _own(self, cell: NotebookNode) -> list[NotebookNode]:
        """A cell of the student's own, without what could pass for one of ours."""
        if cell.cell_type == "code":
            return [_new_cell("code", cell.source, cell.get("outputs", []))]
        if cell.cell_type == "markdown":
            return [_new_cell("markdown", self._text(cell.source))]
        return []

    def _text(self, text: str) -> str:
        """A text as long as there is room: pages are made of all texts together."""
        kept = text[: self.text_left]
        self.text_left -= len(kept)
        self.is_cut = self.is_cut or len(kept) < len(text)
        return kept

    def _typed_into_locked(self, place: int, cell: NotebookNode, number: int) -> list[NotebookNode]:
        """What a student added to a cell that is not for answers, as a cell of its own."""
        out = self.released.cells[number]
        ours = {line.rstrip() for line in out.source.split("\n")}
        theirs = [line for line in cell.source.split("\n") if line.rstrip() not in ours]
        text = "\n".join(theirs).strip("\n")
        if not text.strip():
            return []
        is_code = cell.cell_type == "code"
        if is_code and not self._parses(text):
            return []
        self.kept.append(out.id)
        return self._added(place, NotebookNode(cell_type=cell.cell_type, source=text))

    def _parses(self, text: str) -> bool:
        """Whether a text is Python; beyond the limit it is not looked into."""
        work = work_of(text)
        if work > self.left_to_parse:
            return False
        self.left_to_parse -= work
        return parsed(text) is not None

    def _unwritten(self) -> list[int]:
        """Written answers that were left as they were, or deleted."""
        places = {number: place for place, number in self.place_to_known.items()}
        return [
            number
            for number, cell in enumerate(self.released.cells)
            if _is_written(cell)
            and (
                number not in places
                or self._is_untouched(self.notebook.cells[places[number]], number)
            )
        ]

    def _place_of_deleted(self, number: int) -> int:
        """Where a deleted cell was: behind the nearest cell before it that is still there."""
        before = [place for place, known in self.place_to_known.items() if known < number]
        return max(before, key=lambda place: self.place_to_known[place], default=0)

    def _hand_texts_over(self, cells: list[tuple[int, NotebookNode]]) -> None:
        """Add texts that stand alone to the nearest empty answer: a person reads them there."""
        unwritten = {self.released.cells[number].id for number in self.unwritten}
        answers = [(place, cell) for place, cell in cells if cell.get("id") in unwritten]
        for place, text in self.texts:
            _, answer = min(answers, key=lambda one: abs(one[0] - place))
            if TYPED_ELSEWHERE not in answer.source:
                answer.source += f"\n\n{TYPED_ELSEWHERE}"
            answer.source += f"\n\n{self._text(text)}"

    def _notes(self) -> list[str]:
        notes = []
        if self.moved:
            notes.append(f"answered in another cell: {', '.join(self.moved)}")
        if self.kept:
            notes.append(f"typed into locked cells, and kept: {', '.join(self.kept)}")
        if self.texts:
            notes.append("text of other cells was added to a written answer: read it")
        if self.is_cut:
            notes.append(f"text beyond {MOST_TEXT:,} characters is not on the page")
        notes += [_too_long(place, self) for place in _long_places(self.submitted)]
        return notes


def _new_cell(kind: str, source: str, outputs: list[NotebookNode] | None = None) -> NotebookNode:
    """A cell as nbformat makes it, which validates each and takes a thousand times as long."""
    cell = NotebookNode(
        id=uuid.uuid4().hex[:8], cell_type=kind, metadata=NotebookNode(), source=source
    )
    if outputs is not None:
        cell.update(execution_count=None, outputs=outputs)
    return cell


def _too_long(place: int, filling: _Filling) -> str:
    size = len(filling.notebook.cells[place].source)
    return f"cell {place + 1} holds {size / 1000:,.0f} kB of code: it was not looked into"


def _long_places(keys: list[Keys]) -> list[int]:
    return [place for place, one in enumerate(keys) if one.too_long][:3]


def for_pages(filled: NotebookNode) -> NotebookNode:
    """Return a copy whose code is cut to what a page can show: to colour it takes long."""
    copied, left = copy.deepcopy(filled), MOST_CODE
    for cell in copied.cells:
        if cell.cell_type == "code":
            if len(cell.source) > left:
                cell.source = f"{cell.source[:left]}\n# ... the rest is in the file itself"
            left = max(0, left - len(cell.source))
    return copied


def cells_to_run(filled: NotebookNode) -> list[NotebookNode]:
    """Its code cells without those that grade."""
    return [
        cell
        for cell in filled.cells
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade")
    ]


def _is_open(cell: NotebookNode) -> bool:
    """Whether a student may change the cell."""
    nbgrader = cell.metadata.get("nbgrader")
    return nbgrader is None or bool(nbgrader.get("solution"))


def _is_solution(cell: NotebookNode) -> bool:
    """Whether the cell is for an answer."""
    nbgrader = cell.metadata.get("nbgrader") or {}
    return bool(nbgrader.get("solution"))


def _is_written(cell: NotebookNode) -> bool:
    """Whether the cell is for an answer in words, which a person grades."""
    return cell.cell_type == "markdown" and _is_solution(cell)

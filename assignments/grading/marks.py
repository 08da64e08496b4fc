"""Grade one submission: run its cells, ask its answers, write down what held."""

from __future__ import annotations

import hashlib
import re
import time
from typing import Any, NamedTuple

from nbformat import NotebookNode

from grading.assignment import Assignment
from grading.conversation import Conversation, Ended
from grading.sandbox import Limits
from grading.submission import cells_to_run
from grading.suspicions import suspicions
from siamese_classroom.asking import WrongAnswer, in_short
from siamese_classroom.question import Finding, Question, earned, examine

# A submission whose process has ended so often is asked nothing more.
MOST_ENDS = 12
MOST_NOTES = 40
SECONDS_BEFORE_ANOTHER_START = 2.0
# With less time left than this, a process that does not start may be the fault of its submission.
SECONDS_TO_START = 60.0
SCRIPT = re.compile(r"^SCRIPT = ([0-9]{1,9})\b", re.M)
LONGEST_GIVEN = 10_000


class SandboxFailedError(BaseException):
    """The sandbox did not start: no fault of the submission, and no answer of it either.

    It is no ``Exception``, so that nobody takes it for what an answer did.
    """


class Marks(NamedTuple):
    """What grading found.

    Attributes:
        questions: for each question, its findings.
        notes: what happened on the way, for student and teacher.
        seconds: how long it took.
    """

    questions: dict[str, list[Finding]]
    notes: list[str]
    seconds: float


class _Submission:
    """A submission that answers; when its process ends, another one is started."""

    def __init__(self, cells: list[NotebookNode], assignment: Assignment, kind: str) -> None:
        self.cells, self.assignment, self.kind = cells, assignment, kind
        self.skipped: set[int] = set()
        self.notes: list[str] = []
        self.n_ends = 0
        self.began = time.monotonic()
        self.talk: Conversation | None = None

    def start(self) -> Conversation:
        """A process in which all cells have run, but for those that ended one."""
        while self.talk is None:
            if self.n_ends >= MOST_ENDS or self._is_late():
                raise Ended("nothing more is asked of it")
            left = self.assignment.limits.total_seconds - (time.monotonic() - self.began)
            limits = self.assignment.limits._replace(total_seconds=left)
            talk = self._started(limits)
            try:
                if self._run_cells(talk):
                    self.talk = talk
            finally:
                if self.talk is None:
                    talk.end("")
        return self.talk

    def examined(self, questions: dict[str, Question], seed: int) -> dict[str, list[Finding]]:
        """The findings of each question; the process has ended when they are there."""
        findings = {}
        try:
            for name, question in questions.items():
                properties = self.assignment.graded(question, _seed_of(name, seed))
                findings[name] = examine(properties, _Asker(self, name), question.slips)
        finally:
            if self.talk is not None:
                self.talk.end("")
                self.talk = None
        return findings

    def beside_right(self, names: list[str]) -> _Submission:
        """The same submission with right answers to some questions, for those that call them.

        It can read the right answers, so no word of what it says may get out.
        """
        right = self.assignment.right_answers(names)
        beside = _Submission([*self.cells, *right], self.assignment, self.kind)
        beside.skipped, beside.n_ends, beside.began = self.skipped, self.n_ends, self.began
        return beside

    def _started(self, limits: Limits) -> Conversation:
        """A process in which no cell has run yet: a second one if the first does not start."""
        for attempt in range(2):
            try:
                return Conversation(self.kind, limits, self.assignment.closed)
            except Exception as error:
                if attempt and limits.total_seconds < SECONDS_TO_START and self.n_ends:
                    raise Ended("nothing more is asked of it") from error
                if attempt:
                    raise SandboxFailedError(
                        f"the sandbox did not start ({in_short(str(error))}): run the command again"
                    ) from error
                time.sleep(SECONDS_BEFORE_ANOTHER_START)
        raise AssertionError

    def _is_late(self) -> bool:
        return time.monotonic() - self.began > self.assignment.limits.total_seconds

    def _run_cells(self, talk: Conversation) -> bool:
        for place, cell in enumerate(self.cells):
            if place in self.skipped or not cell.source.strip():
                continue
            try:
                error = talk.run(cell.source)
            except Ended as ended:
                self.skipped.add(place)
                self._note_end(f"code cell {place + 1}", ended)
                return False
            if error:
                self._note(f"code cell {place + 1}: {error}")
        return True

    def _note(self, text: str) -> None:
        if text not in self.notes and len(self.notes) < MOST_NOTES:
            self.notes.append(in_short(text))

    def _note_end(self, where: str, ended: Ended) -> None:
        self.n_ends += 1
        self._note(f"{where}: {ended}")
        if self.talk is not None:
            self.talk.end("")
            self.talk = None

    def ask(self, answer: str, probe: str, inputs: dict[str, Any]) -> Any:
        """As ``Conversation.ask``; the end of the process is a wrong answer."""
        try:
            return self.start().ask(answer, probe, inputs)
        except Ended as ended:
            self._note_end(answer, ended)
            raise WrongAnswer(str(ended)) from ended


def mark(
    filled: NotebookNode, assignment: Assignment, kind: str, seed: int, script: int = 0
) -> Marks:
    """Grade a submission.

    Args:
        filled: from ``submission.fill_in``.
        assignment: to which it belongs.
        kind: of the sandbox.
        seed: Seed of the inputs that the answers get.
        script: Number of the script that was handed out.
    """
    asked = {question.name: question.about(script) for question in assignment.questions}
    submission = _Submission(cells_to_run(filled), assignment, kind)
    questions = submission.examined(asked, seed)
    questions |= _better_beside_right(submission, asked, questions, seed)
    notes = submission.notes
    other = script_of(filled)
    if other not in (None, script) and any(one.of_script for one in asked.values()):
        notes.append(f"SCRIPT is {other} in the notebook, and {script} was handed out")
    given = assignment.given_sources()
    of_student = [cell for cell in cells_to_run(filled) if cell.source not in given]
    notes += suspicions(of_student, assignment.closed)
    return Marks(questions, notes, time.monotonic() - submission.began)


def script_of(notebook: NotebookNode) -> int | None:
    """Return the number of the script that a notebook says it is about; None if it says none."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and (found := SCRIPT.search(cell.source[:LONGEST_GIVEN])):
            return int(found[1])
    return None


def _better_beside_right(
    submission: _Submission,
    asked: dict[str, Question],
    found: dict[str, list[Finding]],
    seed: int,
) -> dict[str, list[Finding]]:
    """What is found of answers that call one which lost points, where a right one helps them."""
    lost = {name for name, of in found.items() if earned(of) < sum(one.points for one in of)}
    dependent = {
        name: asked[name] for name in asked if name in lost and lost & set(asked[name].needs)
    }
    if not dependent:
        return {}
    needed = sorted(lost & {need for one in dependent.values() for need in one.needs})
    try:
        again = submission.beside_right(needed).examined(dependent, seed)
    except SandboxFailedError:  # what was found before stays
        return {}
    return {
        name: _in_our_words(of, ", ".join(sorted(lost & set(asked[name].needs))))
        for name, of in again.items()
        if earned(of) > earned(found[name])
    }


def _in_our_words(findings: list[Finding], needed: str) -> list[Finding]:
    """The findings beside right answers, of which no word of the answer may tell."""
    says = f"asked once more with a right {needed}, and these are the better results"
    told = f"with a right {needed} it does not hold either"
    return [
        Finding(says, None, 0, 0),
        *(one._replace(hint=one.hint and told) for one in findings),
    ]


def _seed_of(question: str, seed: int) -> int:
    """A seed of its own for each question, below 2**48: too many to try."""
    return int.from_bytes(hashlib.sha256(f"{seed} {question}".encode()).digest()[:6], "big")


class _Asker:
    """Asks one answer; after it has ended the process once, it is asked no more."""

    def __init__(self, submission: _Submission, answer: str) -> None:
        self.submission, self.answer = submission, answer
        self.processor_seconds = 0.0
        self._ended: str | None = None

    def __call__(self, probe: str, **inputs: Any) -> Any:
        if self._ended is not None:
            raise WrongAnswer(self._ended)
        n_ends = self.submission.n_ends
        try:
            value = self.submission.ask(self.answer, probe, inputs)
        except WrongAnswer as error:
            if self.submission.n_ends > n_ends:
                self._ended = str(error)
            raise
        if self.submission.talk is not None:
            self.processor_seconds = self.submission.talk.processor_seconds
        return value

"""Grade a folder of submissions: several at once, one after the other into the gradebook."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

from nbformat import NotebookNode
from tqdm import tqdm

import siamese_classroom
from grading import inbox
from grading.assignment import Assignment
from grading.course import Course, safe_id
from grading.inbox import Received
from grading.interruption import Interruption
from grading.marks import Marks, SandboxFailedError, mark
from grading.submission import fill_in, for_pages, read
from siamese_classroom.asking import in_short
from siamese_classroom.question import Finding


class Graded(NamedTuple):
    """One line of the result: a submission with its marks, or the problem that it has."""

    received: Received
    marks: Marks | None
    scores: dict[str, tuple[float, float, bool]]
    feedback: Path | None
    problem: str | None

    @property
    def score(self) -> float:
        """Points of all graded cells together."""
        return sum(score for score, _, _ in self.scores.values())

    @property
    def most(self) -> float:
        """The most points that these cells give."""
        return sum(most for _, most, _ in self.scores.values())


class ClassRun:
    """Grades a folder into another one.

    Args:
        out: gets the gradebook (``course``), the pages for students (``feedback``), and the marks
            of each submission (``marks``), so that an interrupted run goes on where it stopped.
        assignments: all that may come.
        kind: of the sandbox.
        n_workers: submissions that run at the same time.
        script: Number of the script that was handed out.
    """

    def __init__(
        self,
        out: Path,
        assignments: dict[str, Assignment],
        kind: str,
        n_workers: int,
        script: int = 0,
    ) -> None:
        self.script = script
        out.mkdir(parents=True, exist_ok=True)
        self.out, self.assignments, self.kind, self.n_workers = out, assignments, kind, n_workers
        self.course = Course(out / "course")
        self.released: dict[str, NotebookNode] = {
            name: self.course.release(assignment) for name, assignment in assignments.items()
        }
        self.seed = _seed(out / "seed.txt")
        self.graders = _fingerprint()

    def grade(self, folder: Path) -> list[Graded]:
        """Grade all submissions of a folder; those that were graded before are not run again."""
        received = inbox.find(folder, self.released)
        graded = []
        with (
            tqdm(total=len(received), desc="grading", unit="submission") as bar,
            Interruption() as interruption,
        ):
            for one, marks, problem in self._marked(received):
                bar.set_postfix_str(in_short(one.student, 20))
                graded.append(self._entered(one, safe_id(one.student), marks, problem))
                interruption.again()
                bar.update()
        return sorted(graded, key=lambda line: (line.received.student, str(line.received.path)))

    def _marked(
        self, received: list[Received]
    ) -> Iterator[tuple[Received, Marks | None, str | None]]:
        with ThreadPoolExecutor(self.n_workers) as pool:
            running: dict[Future[Marks], Received] = {}
            for one in received:
                if one.assignment is None:
                    yield one, None, one.problem
                else:
                    running[pool.submit(self._marks, one)] = one
            try:
                for done in as_completed(running):
                    yield (running[done], *_result(done))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _marks(self, one: Received) -> Marks:
        """The marks of a submission: stored ones if nothing has changed since."""
        assert one.assignment is not None
        key, path = self._key(one), self._stored(one)
        stored = _load(path, key)
        if stored is not None:
            return stored
        filled = fill_in(read(one.path), self.released[one.assignment])
        seed = _seed_of(self.seed, one.digest)
        marks = mark(filled, self.assignments[one.assignment], self.kind, seed, self.script)
        _store(path, key, one.student, marks)
        return marks

    def _key(self, one: Received) -> str:
        return f"{one.digest} {self.graders} {self.seed} {self.script}"

    def _stored(self, one: Received) -> Path:
        return self.out / "marks" / str(one.assignment) / f"{_digest(one.student)}.json"

    def _entered(
        self, one: Received, student: str, marks: Marks | None, problem: str | None
    ) -> Graded:
        if marks is None or one.assignment is None:
            return Graded(one, None, {}, None, problem)
        try:
            entered = self._stored(one).with_suffix(".entered")
            # Entering again would ask once more for a look at what was graded by hand.
            if not entered.exists() or entered.read_text("utf8") != self._key(one):
                filled = fill_in(read(one.path), self.released[one.assignment])
                self.course.enter(student, one.assignment, for_pages(filled), marks)
                entered.write_text(self._key(one), encoding="utf8")
            page = self.course.feedback(student, one.assignment)
            scores = self.course.scores(student, one.assignment)
            notes = self.course.overruled(student, one.assignment)
        except Exception as error:  # one submission never stops the rest
            return Graded(
                one, marks, {}, None, f"could not be entered: {in_short(str(error)[-300:])}"
            )
        if notes:
            one = one._replace(note="; ".join(filter(None, [one.note, *notes])))
        to = self.out / "feedback" / student / f"{one.assignment}.html"
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(page, encoding="utf8")
        return Graded(one, marks, scores, to, None)


def _result(done: Future[Marks]) -> tuple[Marks | None, str | None]:
    try:
        return done.result(), None
    # One submission never stops the rest.
    except (Exception, SandboxFailedError) as error:
        return None, in_short(f"could not be graded: {type(error).__name__}: {error}")


def _seed(path: Path) -> int:
    """Return the secret seed of a class, the same in all its runs."""
    if not path.exists():
        path.write_text(f"{secrets.randbits(120)}\n", encoding="utf8")
    return int(path.read_text("utf8"))


def _seed_of(secret: int, submission: str) -> int:
    """Return a seed that changes with what was handed in.

    Feedback can show inputs that an answer was given. They are of no use in the next version.
    """
    return int.from_bytes(hashlib.sha256(f"{secret} {submission}".encode()).digest()[:15], "big")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf8", "surrogatepass")).hexdigest()[:16]


def _fingerprint() -> str:
    """Of the code that grades: marks of other code are made anew."""
    folders = (Path(__file__).parent, Path(siamese_classroom.__file__).parent)
    code = [path.read_bytes() for folder in folders for path in sorted(folder.rglob("*.py"))]
    return hashlib.sha256(b"".join(code)).hexdigest()[:16]


def _store(path: Path, key: str, student: str, marks: Marks) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    record: dict[str, Any] = {"key": key, "student": student, **marks._asdict()}
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(record, indent=1), encoding="utf8")
    unfinished.replace(path)  # whole or not at all


def _load(path: Path, key: str) -> Marks | None:
    try:
        record = json.loads(path.read_text("utf8"))
        if record["key"] != key:
            return None
        questions = {
            name: [Finding(*finding) for finding in findings]
            for name, findings in record["questions"].items()
        }
        return Marks(questions, record["notes"], record["seconds"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None

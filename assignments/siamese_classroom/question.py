"""A question of an assignment: what is true of a right answer, asked one by one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from siamese_classroom.asking import NOT_WRITTEN, Ask, WrongAnswer, in_short
from siamese_classroom.slips import Slip, Undone
from siamese_lib.checks import check_one_of

# What a recognised slip costs: this share of the points of its question, rounded up.
COST_OF_A_SLIP = 1 / 3
UNEXPECTED = "it returns something of another kind or size than was asked for"
SLIP = "a single mistake, and the rest is judged without it"


class Property(NamedTuple):
    """Something that is true of a right answer.

    Attributes:
        says: what is true, in a few words.
        holds: asks the answer; returns None if it is true, else a hint that names the mistake.
        points: what it is worth.
        guard: True for a property that an answer which does nothing may have as well (it refuses
            bad input, it has no NaN). It counts only beside another one that holds.
    """

    says: str
    holds: Callable[[Ask], str | None]
    points: int = 1
    guard: bool = False


class Finding(NamedTuple):
    """Whether a property holds: ``hint`` is None if it does."""

    says: str
    hint: str | None
    points: int
    earned: int


class Question(NamedTuple):
    """What a student is asked to write.

    Attributes:
        name: of the function or class.
        properties: from a seed, the properties on inputs drawn with it.
        slips: Single mistakes that cost a fixed share and not everything that follows from them.
    """

    name: str
    properties: Callable[[int], list[Property]]
    slips: tuple[Slip, ...] = ()


def examine(properties: list[Property], ask: Ask, slips: tuple[Slip, ...] = ()) -> list[Finding]:
    """Ask for each property; an answer that stops with an error lacks the property.

    If one of the slips explains what is missing, the answer gets the points that it would have
    without the slip, less a fixed share of all points. The better of the two results counts.
    """
    best = _asked(properties, ask)
    if all(one.hint is None for one in best) or all(one.hint == NOT_WRITTEN for one in best):
        return best
    cost = math.ceil(COST_OF_A_SLIP * sum(one.points for one in properties))
    for slip in slips:
        found = _asked(properties, Undone(ask, slip))
        if _earned(found) - cost > _earned(best):
            best = [Finding(SLIP, in_short(slip.says), 0, -cost), *found]
    return best


def _earned(findings: list[Finding]) -> int:
    return sum(finding.earned for finding in findings)


def _asked(properties: list[Property], ask: Ask) -> list[Finding]:
    hints = [_hint(one, ask) for one in properties]
    does_something = any(
        hint is None for one, hint in zip(properties, hints, strict=True) if not one.guard
    )
    return [
        Finding(
            one.says,
            hint,
            one.points,
            one.points if hint is None and (does_something or not one.guard) else 0,
        )
        for one, hint in zip(properties, hints, strict=True)
    ]


def _hint(one: Property, ask: Ask) -> str | None:
    try:
        hint = one.holds(ask)
        # Hints may quote what the answer returned.
        return None if hint is None else in_short(hint)
    except WrongAnswer as error:
        return in_short(str(error))
    # What an answer returns may break the comparison itself, in whatever way: a different type, a
    # number that is too large for a float, shapes that broadcast beyond the memory.
    except Exception:
        return UNEXPECTED


def report(name: str, findings: list[Finding], with_points: bool = False) -> str:
    """The findings in plain words, one line each, for the author of the answer."""
    if all(finding.hint == NOT_WRITTEN for finding in findings):
        return f"{name}: {NOT_WRITTEN}"
    held = sum(finding.hint is None for finding in findings)
    asked = sum(finding.says != SLIP for finding in findings)
    lines = [f"{name}: {held} of {asked} checks hold"]
    told: set[str] = set()
    for finding in findings:
        points = _points(finding) if with_points else ""
        if finding.hint is None:
            lines.append(f"  ✓ {finding.says}{points}")
            continue
        again = finding.hint in told
        lines.append(f"  ✗ {finding.says}: {'as above' if again else finding.hint}{points}")
        told.add(finding.hint)
    return "\n".join(lines)


def _points(finding: Finding) -> str:
    of = f" of {finding.points}" if finding.says != SLIP else ""
    # A guard holds, and earns nothing, if nothing else of the question does.
    return f" ({finding.earned}{of} {'point' if finding.points == 1 else 'points'})"


def find(name: str, questions: dict[str, Question]) -> Question:
    """The question of that name.

    Raises:
        ValueError: there is none; the message lists those that there are.
    """
    check_one_of("question", name, questions)
    return questions[name]

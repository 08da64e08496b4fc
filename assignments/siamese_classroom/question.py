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
# An answer with a leak gets at most this share of its question's points, rounded down.
MOST_WITH_A_LEAK = 1 / 2
UNEXPECTED = "it returns something of another kind or size than was asked for"
SLIP = "a single mistake, and the rest is judged without it"
LEAK = "a leak, with which a question gives at most half of its points"


class Leak(str):
    """The hint of a leak: an answer lets the exam know what training or its examples knew."""


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
        shown: What students can check, where that is not what is graded.
        of_script: From the number of a script, the question about it, where there is one.
        needs: Questions whose answers this one may call.
    """

    name: str
    properties: Callable[[int], list[Property]]
    slips: tuple[Slip, ...] = ()
    shown: Callable[[int], list[Property]] | None = None
    of_script: Callable[[int], Question] | None = None
    needs: tuple[str, ...] = ()

    def about(self, script: int) -> Question:
        """The question about the script of that number; itself if it is about none."""
        return self.of_script(script) if self.of_script else self


def examine(properties: list[Property], ask: Ask, slips: tuple[Slip, ...] = ()) -> list[Finding]:
    """Ask for each property; an answer that stops with an error lacks the property.

    If one of the slips explains what is missing, the answer gets the points that it would have
    without the slip, less a fixed share of all points. The better of the two results counts.
    An answer with a leak gets at most half of the points.
    """
    points = sum(one.points for one in properties)
    best = _asked(properties, ask)
    if all(one.hint is None for one in best) or all(one.hint == NOT_WRITTEN for one in best):
        return best
    cost = math.ceil(COST_OF_A_SLIP * points)
    best = _at_most_half(best, points)
    for slip in slips:
        found = _at_most_half(_asked(properties, Undone(ask, slip)), points)
        if earned(found) - cost > earned(best):
            best = [Finding(SLIP, in_short(slip.says), 0, -cost), *found]
    return best


def _at_most_half(findings: list[Finding], points: int) -> list[Finding]:
    leak = next((one.hint for one in findings if isinstance(one.hint, Leak)), None)
    too_much = earned(findings) - math.floor(MOST_WITH_A_LEAK * points)
    if leak is None or too_much <= 0:
        return findings
    return [Finding(LEAK, leak, 0, -too_much), *findings]


def earned(findings: list[Finding]) -> int:
    """Return the points of a question."""
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
        return None if hint is None else type(hint)(in_short(hint))
    except WrongAnswer as error:
        return in_short(str(error))
    # What an answer returns may break the comparison itself, in whatever way: a different type, a
    # number that is too large for a float, shapes that broadcast beyond the memory.
    except Exception:
        return UNEXPECTED


def causes(findings: list[Finding]) -> list[str]:
    """Return the hints to tell: a slip or a leak, and the first property that does not hold.

    What comes after it may follow from it, and a hint about a consequence misleads.
    """
    hints = [one.hint for one in findings if one.hint and one.says in (SLIP, LEAK)]
    first = next((one.hint for one in findings if one.hint and one.says not in (SLIP, LEAK)), None)
    return hints if first is None or first in hints else [*hints, first]


def report(name: str, findings: list[Finding], with_points: bool = False) -> str:
    """The findings in plain words, one line each, for the author of the answer."""
    if all(finding.hint == NOT_WRITTEN for finding in findings):
        return f"{name}: {NOT_WRITTEN}"
    asked = [finding for finding in findings if finding.points]
    held = sum(finding.hint is None for finding in asked)
    lines = [f"{name}: {held} of {len(asked)} checks hold"]
    to_tell = causes(findings)
    for finding in findings:
        points = _points(finding) if with_points else ""
        mark, hint = ("✓" if finding.hint is None else "✗"), ""
        if finding.hint in to_tell:
            to_tell.remove(finding.hint)
            hint = f": {finding.hint}"
        lines.append(f"  {mark} {finding.says}{hint}{points}")
    return "\n".join(lines)


def _points(finding: Finding) -> str:
    if not finding.points and not finding.earned:
        return ""
    of = f" of {finding.points}" if finding.points else ""
    # A guard holds, and earns nothing, if nothing else of the question does.
    return f" ({finding.earned}{of} {'point' if finding.points == 1 else 'points'})"


def find(name: str, questions: dict[str, Question]) -> Question:
    """The question of that name.

    Raises:
        ValueError: there is none; the message lists those that there are.
    """
    check_one_of("question", name, questions)
    return questions[name]

"""The whole door: train, calibrate, and hold for people whom nobody has seen."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from siamese_classroom.asking import Ask, WrongAnswer
from siamese_classroom.handed_out import handed_out, kept_inside
from siamese_classroom.question import Property, Question
from siamese_lib.data import make_glyphs

FAR, N_ENROLLED = 0.05, 20
# The people whom a door is built with, and those who visit it: a few signs of many alphabets, each
# drawn 10 times. With 20 signs of each alphabet, luck decided: alphabets differ in how alike their
# signs are, and over 20 seeds the solution let in 2 to 13 % of the strangers.
ALPHABETS, N_PICTURES = [6] * 80, 10
VISITORS = [5] * 40
N_VISITORS = sum(VISITORS)
MOST_SECONDS = 90
# The solution (600 steps, 20 s on one core) lets in 3.4 to 7.1 % over ten seeds, and once just over
# 10 %; one calibrated for a single employee, on pixels, 21 to 44 % over eight.
MOST_FAR = 3 * FAR
# Shares of employees' visits that must be named right, and their points. Pixels name 7 to 10 %; the
# solution 70 to 78 %.
LEVELS = ((0.2, 3), (0.35, 3), (0.45, 3), (0.55, 3))


def people_to_build_with(seed: int) -> Any:
    """``LabelledImages`` of 480 people, each known by a sign of their own."""
    return make_glyphs(ALPHABETS, n_drawers=N_PICTURES, seed=seed)


def visitors(seed: int) -> np.ndarray:
    """Pictures of other people: uint8 ``(200, 10, 1, 28, 28)``."""
    data = make_glyphs(VISITORS, n_drawers=N_PICTURES, seed=seed)
    order = data.labels.argsort(stable=True)
    pictures = data.images[order].unflatten(0, (N_VISITORS, N_PICTURES)).numpy()
    # Mixed, so that those who enrol together do not all write in one alphabet.
    return np.random.default_rng(seed).permutation(pictures)


class Days:
    """Ten days at the door. Each day 20 other people enrol; then everybody knocks.

    The door gets pictures in no order, under names that say nothing. Who is who stays here.

    Args:
        seed: Of the order and the names.
    """

    def __init__(self, seed: int) -> None:
        draw = np.random.default_rng(seed)
        self._place = draw.permutation(N_VISITORS * N_PICTURES).reshape(N_VISITORS, N_PICTURES)
        self._names, self._knocking, self.asked = [], [], []
        for first in range(0, N_VISITORS - N_ENROLLED + 1, N_ENROLLED):
            inside = draw.permutation(np.arange(first, first + N_ENROLLED))
            numbers = draw.permutation(1000)[:N_ENROLLED].tolist()
            names = {int(who): f"employee {n}" for who, n in zip(inside, numbers, strict=True)}
            knocking = draw.permutation(self._place[:, 1:].reshape(-1))
            self._names.append(names)
            self._knocking.append(knocking)
            enrolling = [int(self._place[who, 0]) for who in names]
            self.asked.append([enrolling, list(names.values()), knocking])

    def pictures(self, of_people: np.ndarray) -> np.ndarray:
        """The pictures ``(people, pictures, 1, H, W)`` in their order ``(M, 1, H, W)``."""
        mixed = np.empty((self._place.size, *of_people.shape[2:]), of_people.dtype)
        mixed[self._place] = of_people
        return mixed

    def counts(self, said: list[list]) -> Counter[str]:
        """Count visits by what the door said to them.

        Args:
            said: For each day the answer to each picture that knocked.

        Raises:
            ValueError: If there is not one answer for each picture.
        """
        person = np.empty(self._place.size, int)
        person[self._place] = np.arange(N_VISITORS)[:, None]
        found: Counter[str] = Counter()
        for names, knocking, of_day in zip(self._names, self._knocking, said, strict=True):
            for picture, name in zip(knocking, of_day, strict=True):
                found[_kind_of(name, names.get(int(person[picture])), names)] += 1
        return found


def _kind_of(said: Any, right: str | None, names: dict[int, str]) -> str:
    """What kind of visit it was: ``right`` is the name of an employee, None for a stranger."""
    if said is not None and said not in names.values():
        return "foreign"  # somebody who was enrolled while the door was built
    if right is None:
        return "kept_out" if said is None else "let_in"
    return "refused" if said is None else "named" if said == right else "misnamed"


def _build_door(seed: int) -> list[Property]:
    remembered: dict[str, Any] = {}
    days = Days(seed)

    def opened(ask: Ask) -> dict[str, Any]:
        """Build it once; each property reads from what happened."""
        if not remembered:
            try:
                remembered.update(_visited(ask, seed, days))
            except WrongAnswer as error:
                remembered["hint"] = str(error)
        if "hint" in remembered:
            raise WrongAnswer(remembered["hint"])
        return remembered

    def rates(ask: Ask) -> tuple[float, float]:
        """Shares: strangers who got in, and employees' visits that were named right."""
        seen = opened(ask)
        strangers = seen.get("let_in", 0) + seen.get("kept_out", 0)
        employees = sum(seen.get(kind, 0) for kind in ("named", "misnamed", "refused"))
        return seen.get("let_in", 0) / strangers, seen.get("named", 0) / employees

    def keeps_out(ask: Ask) -> str | None:
        far, named = rates(ask)
        if far == 1:
            return "all strangers get in"
        if far > MOST_FAR:
            return (
                f"{far:.1%} of the strangers got in, {FAR:.0%} were wanted: was the threshold "
                f"chosen with {N_ENROLLED} people enrolled, on people the network has not seen?"
            )
        if named == 0:
            return "no employee is named right"
        return None

    def lets_in(share: float) -> Any:
        def holds(ask: Ask) -> str | None:
            far, named = rates(ask)
            if far > MOST_FAR:
                return "it counts only for a door that keeps strangers out"
            return None if named >= share else f"{named:.0%} of the employees' visits are named"

        return holds

    def in_time(ask: Ask) -> str | None:
        seconds = opened(ask)["seconds"]
        if seconds <= MOST_SECONDS:
            return None
        return f"it took {seconds:.0f} s to build, {MOST_SECONDS} s were allowed"

    return [
        Property(f"keeps out strangers at about the rate of {FAR:.0%}", keeps_out, 6),
        *(
            Property(f"names {share:.0%} of the employees' visits or more", lets_in(share), points)
            for share, points in LEVELS
        ),
        Property(f"is built within {MOST_SECONDS} s", in_time, 2, guard=True),
    ]


def _visited(ask: Ask, seed: int, days: Days) -> dict[str, Any]:
    """Counts of visits, and the seconds of processor time that building and asking took."""
    data = people_to_build_with(kept_inside(seed, "people"))
    got = ask(
        "doors_opened",
        images=data.images.numpy(),
        labels=data.labels.numpy(),
        far=FAR,
        n_enrolled=N_ENROLLED,
        seed=handed_out(seed),
        pictures=days.pictures(visitors(kept_inside(seed, "visitors"))),
        days=days.asked,
    )
    if "returned" in got:
        raise WrongAnswer(
            f"it returns {got['returned']}, where a door with enrol and identify is expected"
        )
    counts = days.counts(got["said"])
    if counts["foreign"]:
        raise WrongAnswer(
            "visitors are named after people who were enrolled while the door was built: hand it "
            "over with nobody enrolled"
        )
    return {**counts, "seconds": ask.processor_seconds}


BUILD_DOOR = Question("build_door", _build_door, needs=("Door", "choose_threshold"))

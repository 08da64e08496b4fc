"""The hidden properties of assignment 4."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.handed_out import handed_out
from siamese_classroom.office_door.choose_threshold import (
    HIGHEST,
    LOWEST,
    nearest_of_strangers,
    some_people,
)
from siamese_classroom.question import Property

FEW = 5


def _door(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    homes = 10 * np.arange(12).reshape(12, 1, 1, 1) + draw.normal(size=(12, 1, 2, 3))
    days = [["enrol", f"person {number}", home] for number, home in enumerate(homes)]
    visits = ["identify", "", homes[::-1] + 0.01]

    def many(ask: Ask) -> str | None:
        got = ask("door_days", threshold=0.5, days=[*days, visits])["said"][0]
        right = [f"person {number}" for number in range(11, -1, -1)]
        return None if got == right else "with twelve people enrolled, names are wrong"

    def apart(ask: Ask) -> str | None:
        ask("door_days", threshold=0.5, days=days)
        got = ask("door_days", threshold=0.5, days=[visits])["said"][0]
        if got == [None] * 12:
            return None
        return "a new door knows people who enrolled at another one"

    return [
        Property("works with twelve people", many),
        Property("keeps two doors apart", apart, guard=True),
    ]


def _choose_threshold(seed: int) -> list[Property]:
    images, labels = some_people(seed, n_people=60, n_pictures=5)
    nearest = nearest_of_strangers(images, labels, FEW, 400, seed)

    def few(ask: Ask) -> str | None:
        (threshold,) = ask(
            "threshold_chosen",
            images=images,
            labels=labels,
            fars=[0.1],
            n_enrolled=FEW,
            seed=handed_out(seed),
        )
        got = float((nearest <= float(threshold)).mean())
        if LOWEST * 0.1 <= got <= HIGHEST * 0.1:
            return None
        return f"with {FEW} people enrolled: wanted 10% of the strangers, got {got:.1%}"

    return [Property(f"works with {FEW} people enrolled", few, 2)]


DOORS: dict[str, Callable[[int], list[Property]]] = {
    "Door": _door,
    "choose_threshold": _choose_threshold,
    "build_door": lambda seed: [],
}

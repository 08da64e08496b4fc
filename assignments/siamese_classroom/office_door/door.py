"""The door itself: enrol from one picture, name the nearest, refuse who is too far from all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.question import Property, Question

THRESHOLD = 1.2


def _door(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    # Ada, Ben and Cleo on a line; Ben is enrolled first, and is never the nearest by accident.
    start = draw.normal(size=(1, 2, 2))
    away = np.zeros((1, 2, 2))
    away[0, draw.integers(2), draw.integers(2)] = 1

    def at(place: float) -> np.ndarray:
        return start + place * away

    people = {"Ben": 0.0, "Ada": 0.8, "Cleo": 3.0}
    enrolled = [["enrol", name, at(place)] for name, place in people.items()]

    def asked(*places: float) -> list:
        return ["identify", "", np.stack([at(place) for place in places])]

    def said(ask: Ask, days: list) -> list:
        return ask("door_days", threshold=THRESHOLD, days=days)["said"]

    def names(hints: Callable[[list], str | None], right: list, *places: float) -> Any:
        def holds(ask: Ask) -> str | None:
            got = said(ask, [*enrolled, asked(*places)])[0]
            if got == right:
                return None
            if not isinstance(got, list) or len(got) != len(places):
                return "identify returns a list with a name or None for each picture"
            return hints(got) or f"it says {got}, where {right} is right"

        return holds

    def of_nearest(got: list) -> str | None:
        if got[0] == "Ben":
            return (
                "somebody near enough was enrolled earlier than the nearest one, and was taken: "
                "the nearest of all must win"
            )
        if got[0] is None:
            return "a visitor who is near enough is refused"
        if got[0] == "Cleo":
            return "the farthest person is named, not the nearest"
        return None

    def of_strangers(got: list) -> str | None:
        if got[1] not in (None, *people):
            return "the answer for a stranger is None, not a text"
        if got[1] is not None:
            return "nobody is ever refused: beyond the threshold the answer is None"
        return None

    def of_many(got: list) -> str | None:
        if got[1] is None:
            return "a visitor at distance 1.15 is refused at a threshold of 1.2: is it squared?"
        return None

    def alone(ask: Ask) -> str | None:
        got = said(ask, [asked(0.0), *enrolled, asked(0.1)])
        if got[0] != [None]:
            return "with nobody enrolled, everybody is a stranger: [None]"
        return None if got[1] == ["Ben"] else "after an empty day, enrolling does not work"

    def twice(ask: Ask) -> str | None:
        moved = ["enrol", "Ben", at(9.0)]
        got = said(ask, [*enrolled, moved, asked(9.1), asked(-0.5)])
        if got[0] != ["Ben"]:
            return "a person who enrols again is not recognised by the new picture"
        return None if got[1] == [None] else "after enrolling again, the old picture still counts"

    def later(ask: Ask) -> str | None:
        got = said(ask, [*enrolled[:2], asked(3.1), enrolled[2], asked(3.1)])
        if got[0] == [None] and got[1] == ["Cleo"]:
            return None
        return "somebody who enrols after a first visitor came is not found"

    def quiet(ask: Ask) -> str | None:
        modes = ask("door_days", threshold=THRESHOLD, days=[*enrolled, asked(0.1)])
        if modes["in_training"]:
            return "the network is asked in training mode: BatchNorm would use the batch"
        if modes["with_gradient"]:
            return "gradients are recorded: nobody trains at a door"
        return None

    return [
        Property("names the nearest person", names(of_nearest, ["Ada"], 0.7), 2),
        Property(
            "refuses who is too far from all", names(of_strangers, ["Ben", None], -0.5, 6.0), 2
        ),
        Property(
            "answers many visitors at once",
            names(of_many, ["Ben", "Cleo", None, "Ada"], 0.1, 4.15, 4.5, 1.2),
            1,
        ),
        Property("refuses everybody while nobody is enrolled", alone, 1),
        Property("takes somebody who enrols later", later, 1),
        Property("replaces the picture of somebody who enrols again", twice, 1),
        Property("asks the network in evaluation mode and without gradients", quiet, 2, guard=True),
    ]


DOOR = Question("Door", _door)

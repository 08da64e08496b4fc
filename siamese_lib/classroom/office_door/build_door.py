"""The whole door: train, calibrate, and hold for people whom nobody has seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_lib.classroom.asking import Ask, WrongAnswer
from siamese_lib.classroom.question import Property, Question
from siamese_lib.data import make_glyphs

FAR, N_ENROLLED = 0.05, 20
# The people whom a door is built with, and those who visit it: a few signs of many alphabets, each
# drawn 10 times. With 20 signs of each alphabet, luck decided: alphabets differ in how alike their
# signs are, and over 20 seeds the solution let in 2 to 13 % of the strangers.
ALPHABETS, N_PICTURES = [6] * 80, 10
VISITORS = [5] * 40
N_VISITORS = sum(VISITORS)
MOST_SECONDS = 90
# The solution (600 steps, 20 s on one core) lets in 3.4 to 7.1 % over ten seeds; one calibrated for
# a single employee, on pixels, 21 to 44 % over eight.
MOST_FAR = 2 * FAR
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


def _build_door(seed: int) -> list[Property]:
    remembered: dict[str, Any] = {}

    def opened(ask: Ask) -> dict[str, Any]:
        """Build it once; each property reads from what happened."""
        if not remembered:
            data = people_to_build_with(2 * seed)
            try:
                remembered.update(
                    ask(
                        "opening",
                        images=data.images.numpy(),
                        labels=data.labels.numpy(),
                        far=FAR,
                        n_enrolled=N_ENROLLED,
                        seed=seed,
                        visitors=visitors(2 * seed + 1),
                    )
                )
            except WrongAnswer as error:
                remembered["hint"] = str(error)
        if "returned" in remembered:
            remembered["hint"] = (
                f"it returns {remembered['returned']}, where a door with enrol and identify is "
                "expected"
            )
        elif remembered.get("foreign"):
            remembered["hint"] = (
                "visitors are named after people who were enrolled while the door was built: hand "
                "it over with nobody enrolled"
            )
        if "hint" in remembered:
            raise WrongAnswer(remembered["hint"])
        return remembered

    def rates(ask: Ask) -> tuple[float, float]:
        """Shares: strangers who got in, and employees' visits that were named right."""
        seen = opened(ask)
        strangers = seen["let_in"] + seen["kept_out"]
        employees = seen["named"] + seen["misnamed"] + seen["refused"]
        return seen["let_in"] / strangers, seen["named"] / employees

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


BUILD_DOOR = Question("build_door", _build_door)

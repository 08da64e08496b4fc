"""What the door says about a visitor."""

from __future__ import annotations

from typing import NamedTuple

from siamese_lib.files import printable


class Identification(NamedTuple):
    """What the door says about one visitor.

    Attributes:
        name: who it is, or None: unknown.
        distance: to the nearest picture enrolled, lower when closer.
        probability: that the nearest person is the visitor, 0 to 1, if half of all visitors are
            enrolled; None at a door that has a threshold but no calibration.
        nearest: the nearest person, also where they were too far to be named.
    """

    name: str | None
    distance: float
    probability: float | None
    nearest: str

    def __str__(self) -> str:
        nearest = printable(self.nearest)
        who = f"unknown (nearest: {nearest})" if self.name is None else nearest
        sure = "" if self.probability is None else f", probability {self.probability:.0%}"
        return f"{who}, distance {self.distance:.3f}{sure}"

"""Wilson's interval of a share."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.compare import close, diagnose
from siamese_classroom.question import Property, Question
from siamese_classroom.slips import Slip, scaled

PERCENT = "it is in percent; shares are asked for"
HALF_WIDTH = "it returns the centre and the half width; the two ends are asked for"
EXCHANGED = "the ends are exchanged"


def wilson(n_right: int, n: int, z: float = 1.96) -> list[float]:
    """Wilson (1927): the shares whose own z interval holds the share that was seen."""
    share = n_right / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return [max(0.0, centre - half), min(1.0, centre + half)]


def _wilson_interval(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    n = int(draw.integers(15, 40))
    n_right = int(draw.integers(n // 2 + 2, n - 3))

    def mistakes(k: int, n: int, z: float) -> dict[str, Any]:
        share = k / n
        plain = z * np.sqrt(share * (1 - share) / n)
        low, high = wilson(k, n, z)
        centre, half = (low + high) / 2, (high - low) / 2
        unshifted = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        shrunk = (k + z**2 / 2) / (n + z**2)
        top, root = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        over = 1 + z**2 / n
        coull = z * np.sqrt(shrunk * (1 - shrunk) / (n + z**2))
        return {
            "this is the interval of Wald, symmetric around the share: with no mistake seen it has "
            "no width": [share - plain, share + plain],
            "this is the interval of Wald, cut off at 0 and 1: with no mistake seen it has no "
            "width": [max(0, share - plain), min(1, share + plain)],
            "the centre is not moved: Wilson's interval is not symmetric around the share": [
                share - unshifted,
                share + unshifted,
            ],
            "z is not used: another level gives the same": wilson(k, n, 1.96),
            PERCENT: [100 * low, 100 * high],
            HALF_WIDTH: [centre, half],
            EXCHANGED: [high, low],
            "this is the interval of Agresti and Coull": [shrunk - coull, shrunk + coull],
            "the denominator 1 + z²/n is missing": [top - root, top + root],
            "only the centre is divided by 1 + z²/n; the half width is, too": [
                top / over - root,
                top / over + root,
            ],
            "only the half width is divided by 1 + z²/n; the centre is, too": [
                top - root / over,
                top + root / over,
            ],
            "z should be squared in the centre": wilson_without_square(k, n, z),
        }

    def on(k: int, n: int, z: float, otherwise: str) -> Any:
        def holds(ask: Ask) -> str | None:
            got = ask("value", args=[k, n, z])
            return diagnose(got, np.array(wilson(k, n, z)), mistakes(k, n, z), otherwise)

        return holds

    def default(ask: Ask) -> str | None:
        got, right = ask("value", args=[n_right, n]), np.array(wilson(n_right, n))
        return None if close(got, right) else "without z it must be that of 95 %, z = 1.96"

    return [
        Property("is Wilson's", on(n_right, n, 1.96, "these are other numbers"), 3),
        Property("follows z", on(n_right, n, 1.28, "with z = 1.28 the numbers are wrong"), 1),
        Property("has a width when all is right", on(n, n, 1.96, "all right: wrong ends"), 2),
        Property("has a width when nothing is right", on(0, n, 1.96, "none right: wrong ends"), 2),
        Property("has 95 % as default", default, 1),
    ]


def wilson_without_square(k: int, n: int, z: float) -> list[float]:
    """A typical slip: z in place of its square in the centre."""
    share = k / n
    centre = (share + z / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return [centre - half, centre + half]


WILSON_INTERVAL = Question(
    "wilson_interval",
    _wilson_interval,
    (
        scaled(PERCENT, 0.01),
        Slip(EXCHANGED, lambda got, args: got[::-1]),
        Slip(HALF_WIDTH, lambda got, args: np.array([got[0] - got[1], got[0] + got[1]])),
    ),
)

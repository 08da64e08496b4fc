"""The difference of two scores on the same questions, with its interval."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.compare import close, diagnose
from siamese_classroom.question import Property, Question
from siamese_classroom.slips import Slip, exchanged_arguments, scaled

TURNED_ROUND = "this is b - a; a - b is asked for"
PERCENT = "it is in percent; shares are asked for"
ONLY_ENDS = "only the two ends are returned; the difference comes first"
EXCHANGED = "the ends are exchanged"
WITHOUT_Z = "z is missing"
BIASED = "it uses the standard deviation with n; n - 1 is asked for"


def paired(a: np.ndarray, b: np.ndarray, z: float = 1.96) -> np.ndarray:
    """Mean of ``a - b``, and the ends of its normal interval."""
    difference = a - b
    half = z * difference.std(ddof=1) / np.sqrt(len(a))
    return np.array([difference.mean(), difference.mean() - half, difference.mean() + half])


def _paired_difference(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    n = 30
    hard = draw.random(n)  # how hard a question is, for both
    a = (draw.random(n) * 0.3 + 0.75 * hard).clip(0, 1)
    b = (draw.random(n) * 0.3 + 0.6 * hard).clip(0, 1)

    def hints(z: float) -> dict[str, Any]:
        mean, d = (a - b).mean(), a - b
        apart = z * np.sqrt(a.var(ddof=1) / n + b.var(ddof=1) / n)

        def around(half: float, centre: float = mean) -> np.ndarray:
            return np.array([centre, centre - half, centre + half])

        right = paired(a, b, z)
        half = right[2] - mean
        return {
            "the two are taken for independent samples; the questions are the same, so take the "
            "difference of each question first": around(apart),
            TURNED_ROUND: around(half, -mean),
            "the spread is that of one difference, not of their mean": around(z * d.std(ddof=1)),
            "the variance stands where its root should": around(z * d.var(ddof=1) / np.sqrt(n)),
            "it divides by n, where the root of n is right": around(z * d.std(ddof=1) / n),
            WITHOUT_Z: around(half / z),
            "z is not used: another level gives the same": paired(a, b, 1.96),
            PERCENT: 100 * right,
            ONLY_ENDS: right[1:],
            EXCHANGED: right[[0, 2, 1]],
            BIASED: around(z * d.std() / np.sqrt(n)),
        }

    def on(z: float) -> Any:
        def holds(ask: Ask) -> str | None:
            got = ask("value", args=[a, b, z])
            return diagnose(got, paired(a, b, z), hints(z), "these are other numbers")

        return holds

    def default(ask: Ask) -> str | None:
        good = close(ask("value", args=[a, b]), paired(a, b))
        return None if good else "without z it must be that of 95 %, z = 1.96"

    def equal(ask: Ask) -> str | None:
        if close(ask("value", args=[a, a]), np.zeros(3)):
            return None
        return "a network compared with itself differs by 0, with no width"

    def lengths(ask: Ask) -> str | None:
        if ask("refusal", args=[a, b[:1]]) is None:
            return f"{n} results beside 1 are no pairs, and broadcast: raise a ValueError"
        return None

    return [
        Property("is the mean difference with the interval of that mean", on(1.96), 4),
        Property("follows z", on(2.58), 1),
        Property("has 95 % as default", default, 1),
        Property("is 0 to 0 for equal results", equal, 1, guard=True),
        Property("refuses results that are no pairs", lengths, 1, guard=True),
    ]


def _with_n_minus_1(got: np.ndarray, args: list) -> np.ndarray:
    n = len(args[0])
    return got[0] + (got - got[0]) * np.sqrt(n / (n - 1))


def _with_the_middle(got: np.ndarray, args: list) -> np.ndarray:
    low, high = got
    return np.array([(low + high) / 2, low, high])


def _times_z(got: np.ndarray, args: list) -> np.ndarray:
    z = args[2] if len(args) > 2 else 1.96
    return got[0] + (got - got[0]) * z


PAIRED_DIFFERENCE = Question(
    "paired_difference",
    _paired_difference,
    (
        exchanged_arguments(TURNED_ROUND, 0, 1),
        scaled(PERCENT, 0.01),
        Slip(EXCHANGED, lambda got, args: got[[0, 2, 1]]),
        Slip(ONLY_ENDS, _with_the_middle),
        Slip(BIASED, _with_n_minus_1),
        Slip(WITHOUT_Z, _times_z),
    ),
)

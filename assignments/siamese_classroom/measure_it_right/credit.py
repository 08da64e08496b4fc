"""The credit of an answer, with ties shared."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.compare import diagnose
from siamese_classroom.question import Property, Question


def fair_credit(similarity: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """1 where the right way alone is the most similar, 1/k where it shares that with k - 1."""
    best = similarity == similarity.max(axis=1, keepdims=True)
    return best[np.arange(len(answer)), answer] / best.sum(axis=1)


def _credit(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    n, ways = 40, 5
    answer = draw.integers(0, ways, n)
    answer[:ways] = np.arange(ways)
    clear = draw.normal(size=(n, ways))
    # Integers from 0 to 2: nearly every row has a tie at the top.
    tied = draw.integers(0, 3, (n, ways)).astype(float)
    # As far as float32 can tell, their sigmoid is 1.
    large = 30 + 10 * draw.random((n, ways))
    constant = np.zeros((n, ways))

    def mistakes(s: np.ndarray) -> dict[str, Any]:
        rows, best = np.arange(n), s == s.max(axis=1, keepdims=True)
        return {
            "it looks for the smallest; a similarity is higher when closer": (
                s.argmin(axis=1) == answer
            ).astype(float),
            "one number is returned; the credit of each question is asked for": fair_credit(
                s, answer
            ).mean(),
            "it returns the place of the best way, not the credit": s.argmax(axis=1).astype(float),
            "of several best ways the first is taken: a tie must be shared": (
                s.argmax(axis=1) == answer
            ).astype(float),
            "of several best ways the last is taken: a tie must be shared": (
                ways - 1 - s[:, ::-1].argmax(axis=1) == answer
            ).astype(float),
            "a tie counts as right; it must be shared": best[rows, answer].astype(float),
            "a tie counts as wrong; it must be shared": (
                best[rows, answer] & (best.sum(axis=1) == 1)
            ).astype(float),
            "a tie counts as half, however many share it": np.where(
                best[rows, answer], np.where(best.sum(axis=1) == 1, 1.0, 0.5), 0.0
            ),
            "wrong answers get a share of the credit, too": 1.0 / best.sum(axis=1),
        }

    def on(s: np.ndarray, otherwise: str) -> Any:
        def holds(ask: Ask) -> str | None:
            got = ask("value", args=[s, answer])
            return diagnose(got, fair_credit(s, answer), mistakes(s), otherwise)

        return holds

    def refuses_nan(ask: Ask) -> str | None:
        broken = clear.copy()
        broken[3, 2] = np.nan
        if ask("refusal", args=[broken, answer]) is None:
            return "NaN among the similarities is taken: raise a ValueError"
        return None

    return [
        Property("is 1 for the right way and 0 for another", on(clear, "it is something else"), 2),
        Property("shares a tie among those who are best", on(tied, "ties are not shared"), 3),
        Property(
            "gives a constant scorer 1/N", on(constant, "a constant scorer does not get 1/N"), 2
        ),
        Property(
            "compares scores as they come", on(large, "large scores are taken for ties"), 1, True
        ),
        Property("refuses NaN", refuses_nan, 1, guard=True),
    ]


CREDIT = Question("credit", _credit)

"""The hidden properties of assignment 3."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from siamese_lib.classroom.asking import Ask
from siamese_lib.classroom.compare import close
from siamese_lib.classroom.handed_out import handed_out
from siamese_lib.classroom.measure_it_right.credit import fair_credit
from siamese_lib.classroom.measure_it_right.paired_difference import paired
from siamese_lib.classroom.measure_it_right.wilson_interval import wilson
from siamese_lib.classroom.question import Property


def _credit(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    similarity = -draw.integers(0, 4, (60, 20)).astype(float)  # as distances turned round
    answer = draw.integers(0, 20, 60)

    def twenty(ask: Ask) -> str | None:
        got = ask("value", args=[similarity, answer])
        return None if close(got, fair_credit(similarity, answer)) else "wrong with 20 ways"

    return [Property("works with 20 ways and negative similarities", twenty)]


def _wilson_interval(seed: int) -> list[Property]:
    def many(ask: Ask) -> str | None:
        got = ask("value", args=[9_700, 10_000])
        right = np.array(wilson(9_700, 10_000))
        return None if close(got, right, relative=1e-5) else "wrong for 9,700 of 10,000"

    return [Property("is exact for many questions", many)]


def _n_way_accuracy(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    labels = draw.permutation(np.repeat(np.arange(30), 4))
    images = draw.normal(size=(30, 1, 2, 5))[labels] * 20

    def twenty(ask: Ask) -> str | None:
        given = {"kind": "pixels", "images": images, "labels": labels, "seeds": [handed_out(seed)]}
        (got,) = ask("accuracy_of_embedder", options=[20, 1, 10], **given)
        return None if close(np.asarray(got, float), np.ones(10)) else "wrong with 20 ways"

    return [Property("works with 20 ways", twenty)]


def _paired_difference(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    a, b = draw.integers(0, 2, (2, 400)).astype(float)

    def zeros_and_ones(ask: Ask) -> str | None:
        got = ask("value", args=[a, b])
        return None if close(got, paired(a, b)) else "wrong for results of 0 and 1"

    return [Property("works with results of 0 and 1", zeros_and_ones)]


MEASURING: dict[str, Callable[[int], list[Property]]] = {
    "credit": _credit,
    "wilson_interval": _wilson_interval,
    "n_way_accuracy": _n_way_accuracy,
    "find_mistakes": lambda seed: [],
    "evaluate": lambda seed: [],
    "paired_difference": _paired_difference,
}

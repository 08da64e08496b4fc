"""The hidden properties of assignment 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from grading.untouched import untouched
from siamese_classroom.asking import Ask
from siamese_classroom.compare import close
from siamese_classroom.question import Property
from siamese_classroom.twins_and_losses.contrastive_gradient import contrastive_gradient
from siamese_classroom.twins_and_losses.contrastive_loss import contrastive_terms
from siamese_classroom.twins_and_losses.triplet_loss import triplet_terms


def _value(says: str, hint: str, args: list, options: dict, right: Any) -> Property:
    def holds(ask: Ask) -> str | None:
        return None if close(ask("value", args=args, options=options), right) else hint

    return Property(says, holds)


def _distance(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    z1, z2 = 30 * draw.normal(size=(2, 1, 64))
    right = np.sqrt(((z1 - z2) ** 2).sum(axis=1))
    return [
        _value("works for one pair, far apart", "one pair far apart: wrong", [z1, z2], {}, right),
        untouched(z1, z2),
    ]


def _twins(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    weight, images = draw.normal(size=(20, 9)), draw.normal(size=(2, 1, 9))

    def one_pair(ask: Ask) -> str | None:
        got = ask("twins", weight=weight, x1=images[0], x2=images[1])["distance"]
        z1, z2 = np.maximum(images @ weight.T, 0)
        right = np.sqrt(((z1 - z2) ** 2).sum(axis=1))
        return None if close(got, right, absolute=2e-3) else "a batch of one pair: wrong"

    def another_network(ask: Ask) -> str | None:
        measured = ask("twins", weight=weight, x1=images[0], x2=images[1])
        if measured["n_parameters"] != weight.size:
            return "with another network, the number of weights is wrong"
        return None if measured["training"] else "it leaves the mode of training"

    return [
        Property("works for one pair", one_pair),
        Property("has the weights of another network, too", another_network),
    ]


def _contrastive_loss(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    d, same, margin = draw.uniform(0, 12, 200), draw.integers(0, 2, 200).astype(float), 10.0
    right = contrastive_terms(d, same, margin).mean()
    return [
        _value(
            "works with a large margin",
            "wrong with margin 10",
            [d, same],
            {"margin": margin},
            right,
        ),
        untouched(d, same),
    ]


def _contrastive_gradient(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    z1, z2 = draw.normal(size=(2, 40, 3))
    same = draw.integers(0, 2, 40).astype(float)
    right = contrastive_gradient(z1, z2, same, 1.0)
    return [
        _value("has a margin of 1 by default", "wrong without a margin", [z1, z2, same], {}, right),
        untouched(z1, z2, same),
    ]


def _triplet_loss(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    a, p, n = draw.normal(size=(3, 60, 16))
    right = triplet_terms(a, p, n, 0.2).mean()
    return [
        _value("has a margin of 0.2 by default", "wrong without a margin", [a, p, n], {}, right),
        untouched(a, p, n),
    ]


LOSSES: dict[str, Callable[[int], list[Property]]] = {
    "distance": _distance,
    "Twins": _twins,
    "contrastive_loss": _contrastive_loss,
    "contrastive_gradient": _contrastive_gradient,
    "triplet_loss": _triplet_loss,
}

"""All semi-hard triplets of a batch, without a loop."""

from __future__ import annotations

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.question import Property, Question
from siamese_classroom.sampling_and_mining.batch_hard import (
    Triplets,
    as_triplets,
    distances,
    grows,
    some_embeddings,
)


def by_gap(z: np.ndarray, labels: np.ndarray, low: float, high: float) -> Triplets:
    """Triplets whose ``d_an - d_ap`` lies above ``low`` and is at most ``high``."""
    table, n = distances(z), len(z)
    return {
        (a, p, k)
        for a in range(n)
        for p in range(n)
        for k in range(n)
        if a != p
        and labels[a] == labels[p]
        and labels[a] != labels[k]
        and low < table[a, k] - table[a, p] <= high
    }


def _semi_hard(seed: int) -> list[Property]:
    z, labels = some_embeddings(seed + 3)
    margin = 0.6
    right = by_gap(z, labels, 0, margin)
    hard, easy = by_gap(z, labels, -np.inf, 0), by_gap(z, labels, margin, np.inf)
    table = distances(z)

    def got(ask: Ask, margin: float = margin) -> Triplets:
        return as_triplets(ask("value", args=[z, labels, margin]))

    def valid(ask: Ask) -> str | None:
        triplets = got(ask)
        if not triplets:
            return f"it finds no triplet, there are {len(right)}"
        if any(a == p for a, p, _ in triplets):
            return "an image is its own positive"
        if any(labels[a] != labels[p] or labels[a] == labels[n] for a, p, n in triplets):
            return "some positives are of another class, or some negatives of the same"
        return None

    def no_hard(ask: Ask) -> str | None:
        triplets = got(ask)
        if triplets and triplets <= hard:
            return "these are the hard ones, whose negative is nearer than the positive"
        if triplets & hard:
            return "hard triplets are among them: the negative must be farther than the positive"
        return None

    def no_easy(ask: Ask) -> str | None:
        triplets = got(ask)
        if triplets and triplets <= easy:
            return "these are the easy ones, which pay nothing"
        if triplets & easy:
            return "easy triplets are among them: beyond the margin a negative pays nothing"
        return None

    def all_of_them(ask: Ask) -> str | None:
        triplets = got(ask)
        if triplets == right:
            return None
        squared = {
            (a, p, n)
            for a, p, n in right | hard | easy
            if 0 < table[a, n] ** 2 - table[a, p] ** 2 <= margin
        }
        if triplets == squared:
            return "squared distances are compared; the margin is one of plain distances"
        if len(triplets) <= len(z) and triplets < right:
            return "it gives at most one for each anchor; all are asked for"
        missing = right - triplets
        return (
            f"{len(missing)} of {len(right)} semi-hard triplets are missing"
            if missing
            else "too many"
        )

    def other_margin(ask: Ask) -> str | None:
        if got(ask, 0.2) == by_gap(z, labels, 0, 0.2):
            return None
        if got(ask, 0.2) == got(ask):
            return "the margin that is given makes no difference"
        return "with another margin the triplets are wrong"

    return [
        Property("gives triplets: positives of the class, negatives of others", valid, 1),
        Property("gives no hard triplet", no_hard, 2, guard=True),
        Property("gives no easy triplet", no_easy, 2, guard=True),
        Property("gives all semi-hard ones", all_of_them, 3),
        Property("uses the margin that it is given", other_margin, 1),
        Property("has no loop", lambda ask: grows(ask, seed, [0.6]), 1, guard=True),
    ]


SEMI_HARD = Question("semi_hard", _semi_hard)

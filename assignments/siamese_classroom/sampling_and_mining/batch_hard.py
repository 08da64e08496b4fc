"""The hardest triplet of each anchor, without a loop."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.compare import index_rows
from siamese_classroom.question import Property, Question
from siamese_classroom.slips import exchanged_columns

Triplets = set[tuple[int, int, int]]


def some_embeddings(seed: int, n_classes: int | None = None, n_each: int = 4) -> tuple:
    """Embeddings ``(B, 3)`` and labels ``(B,)`` in no order; positives and negatives are mixed.

    By default there are 5 to 14 classes: an answer cannot tell by the size what it is asked for.
    """
    draw = np.random.default_rng(seed)
    if n_classes is None:
        n_classes = int(np.random.default_rng([seed, 7]).integers(5, 15))
    labels = draw.permutation(np.repeat(draw.permutation(50)[:n_classes], n_each))
    homes = {name: 0.7 * draw.normal(size=3) for name in labels.tolist()}
    z = np.array([homes[name] for name in labels.tolist()]) + 0.7 * draw.normal(
        size=(len(labels), 3)
    )
    return z, labels


def distances(z: np.ndarray) -> np.ndarray:
    """Table of all distances ``(B, B)``."""
    return np.linalg.norm(z[:, None] - z[None, :], axis=2)


def hardest(
    z: np.ndarray, labels: np.ndarray, far_positive: bool = True, near_negative: bool = True
) -> Triplets:
    """One triplet for each anchor that has a positive and a negative, pair by pair."""
    table, found = distances(z), set()
    for a, row in enumerate(table):
        mates = [i for i in range(len(z)) if labels[i] == labels[a] and i != a]
        others = [i for i in range(len(z)) if labels[i] != labels[a]]
        if mates and others:
            p = (max if far_positive else min)(mates, key=row.__getitem__)
            n = (min if near_negative else max)(others, key=row.__getitem__)
            found.add((a, p, n))
    return found


def as_triplets(value: Any) -> Triplets:
    """What a miner returned, in any layout, as a set of triplets."""
    return {(a, p, n) for a, p, n in index_rows(value, 3)}


def columns(triplets: Triplets) -> tuple[set, set]:
    """``(anchor, positive)`` pairs and ``(anchor, negative)`` pairs."""
    return {(a, p) for a, p, _ in triplets}, {(a, n) for a, _, n in triplets}


def grows(ask: Ask, seed: int, more: list[Any]) -> str | None:
    """The hint of a loop: whether more Python is run when there are twice as many images.

    What the answer returns meanwhile must be triplets, and the same as otherwise, or it could skip
    its work while it is counted.
    """
    n_classes = int(np.random.default_rng([seed, 8]).integers(5, 8))
    batches = [some_embeddings(seed + 1, n) for n in (n_classes, 2 * n_classes)]
    counted = ask("steps_of_python", many_args=[[*batch, *more] for batch in batches])
    # In another order than before: an answer could tell by it that it is being counted.
    for batch, (_, value) in reversed(list(zip(batches, counted, strict=True))):
        labels, triplets = batch[1], as_triplets(value)
        right = all(labels[a] == labels[p] != labels[n] for a, p, n in triplets)
        if not right or 2 * len(triplets) < len(labels):
            return f"for a batch of {len(labels)} images it does not give triplets"
        if as_triplets(ask("value", args=[*batch, *more])) != triplets:
            return f"for a batch of {len(labels)} images it gives other triplets each time"
    (few, _), (many, _) = counted
    if many > 1.2 * few:
        return (
            f"there is a loop: {few:,} steps of Python for {4 * n_classes} images, {many:,} for "
            f"{8 * n_classes}. Let tables (B, B) and masks do it"
        )
    return None


def _batch_hard(seed: int) -> list[Property]:
    z, labels = some_embeddings(seed)
    right = hardest(z, labels)

    def got(ask: Ask, z: Any = z, labels: Any = labels) -> Triplets:
        return as_triplets(ask("value", args=[z, labels]))

    def three_parts(ask: Ask) -> str | None:
        triplets = got(ask)
        wrong = [
            t for t in triplets if labels[t[1]] != labels[t[0]] or labels[t[2]] == labels[t[0]]
        ]
        if any(a == p for a, p, _ in triplets):
            return "an image is its own positive"
        if triplets and all(labels[p] != labels[a] == labels[n] for a, p, n in triplets):
            return "positives and negatives have changed places"
        if wrong:
            return f"{len(wrong)} of {len(triplets)} triplets are none: wrong class"
        if {a for a, _, _ in triplets} != set(range(len(z))):
            return "not every image is an anchor once"
        return None

    def positives(ask: Ask) -> str | None:
        pairs = columns(got(ask))[0]
        if pairs == columns(right)[0]:
            return None
        if pairs == columns(hardest(z, labels, far_positive=False))[0]:
            return "these are the nearest positives; the hardest is the farthest"
        return "the positive is not the farthest of its class"

    def negatives(ask: Ask) -> str | None:
        pairs = columns(got(ask))[1]
        if pairs == columns(right)[1]:
            return None
        if pairs == columns(hardest(z, labels, near_negative=False))[1]:
            return "these are the farthest negatives; the hardest is the nearest"
        return "the negative is not the nearest of another class"

    def lonely(ask: Ask) -> str | None:
        alone = np.concatenate([z, z[:2] + 5]), np.concatenate([labels, [97, 98]])
        triplets = got(ask, *alone)
        if any(a >= len(z) for a, _, _ in triplets):
            return "an image whose class has no other one is an anchor: it has no positive"
        return None if triplets == hardest(*alone) else "with lonely images, triplets are wrong"

    def nothing(ask: Ask) -> str | None:
        for what, these in (("one class", np.zeros(6)), ("six classes", np.arange(6))):
            if got(ask, z[:6], these.astype(np.int64)):
                return (
                    f"in a batch with {what} of six images there is no triplet, and it finds some"
                )
        return None

    return [
        Property("gives an anchor, a positive and a negative for each image", three_parts, 2),
        Property("takes the farthest positive", positives, 2),
        Property("takes the nearest negative", negatives, 2),
        Property("leaves out images without a positive", lonely, 1),
        Property("gives nothing where there is no triplet", nothing, 1, guard=True),
        Property("has no loop", lambda ask: grows(ask, seed, []), 2, guard=True),
    ]


BATCH_HARD = Question(
    "batch_hard", _batch_hard, (exchanged_columns("positives and negatives have changed places"),)
)

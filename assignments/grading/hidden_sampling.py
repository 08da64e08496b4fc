"""The hidden properties of assignment 2."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grading.untouched import untouched
from siamese_classroom.asking import Ask
from siamese_classroom.compare import index_list
from siamese_classroom.handed_out import handed_out
from siamese_classroom.question import Property
from siamese_classroom.sampling_and_mining.batch_hard import (
    as_triplets,
    hardest,
    some_embeddings,
)
from siamese_classroom.sampling_and_mining.sample_batch import some_labels
from siamese_classroom.sampling_and_mining.semi_hard import by_gap


def _sample_batch(seed: int) -> list[Property]:
    labels = some_labels(seed)

    def other_sizes(ask: Ask) -> str | None:
        (got,) = ask("draws", args=[labels, 4, 2], options={}, seeds=[handed_out(seed)])
        rows = labels[np.array(index_list(got))].reshape(4, 2)
        good = (rows[:, 0] == rows[:, 1]).all() and len(np.unique(rows[:, 0])) == 4
        return None if good else "with P = 4 and K = 2 the batch is wrong"

    return [
        Property("works with other sizes", other_sizes),
        untouched(labels, 4, 2, seed=handed_out(seed)),
    ]


def _sample_episode(seed: int) -> list[Property]:
    labels = some_labels(seed)

    def other_sizes(ask: Ask) -> str | None:
        ((support, query),) = ask(
            "draws", args=[labels, 3, 1, 3], options={}, seeds=[handed_out(seed)]
        )
        support, query = (np.asarray(part, dtype=float).astype(int) for part in (support, query))
        good = support.shape == (3, 1) and query.shape == (3, 3)
        if good and (labels[query] == labels[support]).all() and not np.isin(query, support).any():
            return None
        return "with 3 ways, 1 shot and 3 queries the episode is wrong"

    return [
        Property("works with other sizes", other_sizes),
        untouched(labels, 3, 1, 3, seed=handed_out(seed)),
    ]


def _split_by_alphabet(seed: int) -> list[Property]:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(8), 3))
    alphabets = 10 + labels // 2

    def one(ask: Ask) -> str | None:
        (mask,) = ask("draws", args=[labels, alphabets, 1], options={}, seeds=[handed_out(seed)])
        held = alphabets[~np.asarray(mask, dtype=float).astype(bool)]
        if len(held) == 6 and len(np.unique(held)) == 1:
            return None
        return "with one alphabet held out the mask is wrong"

    return [
        Property("holds out a single alphabet", one),
        untouched(labels, alphabets, 1, seed=handed_out(seed)),
    ]


def _batch_hard(seed: int) -> list[Property]:
    z, labels = some_embeddings(seed, n_classes=9, n_each=2)
    labels = np.where(labels == labels[0], labels[1], labels)  # classes of several sizes

    def sizes(ask: Ask) -> str | None:
        got = as_triplets(ask("value", args=[z, labels]))
        return None if got == hardest(z, labels) else "with classes of several sizes it is wrong"

    return [Property("works with classes of several sizes", sizes), untouched(z, labels)]


def _semi_hard(seed: int) -> list[Property]:
    z, labels = some_embeddings(seed, n_classes=3, n_each=6)

    def large_classes(ask: Ask) -> str | None:
        got = as_triplets(ask("value", args=[z, labels, 0.4]))
        return None if got == by_gap(z, labels, 0, 0.4) else "with large classes it is wrong"

    def nothing(ask: Ask) -> str | None:
        got = ask("value", args=[z, np.arange(len(z)), 0.4])
        sizes = [len(part) if hasattr(part, "__len__") else 0 for part in got]
        return None if sum(sizes) == 0 else "without a positive pair there is no triplet"

    return [
        Property("works with large classes", large_classes),
        Property("gives nothing where there is no triplet", nothing, guard=True),
        untouched(z, labels, 0.4),
    ]


SAMPLING: dict[str, Callable[[int], list[Property]]] = {
    "sample_batch": _sample_batch,
    "sample_episode": _sample_episode,
    "split_by_alphabet": _split_by_alphabet,
    "batch_hard": _batch_hard,
    "semi_hard": _semi_hard,
}

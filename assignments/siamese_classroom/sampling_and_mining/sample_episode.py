"""N-way K-shot episodes without leaks."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask, WrongAnswer, draws, stuck
from siamese_classroom.compare import index_list
from siamese_classroom.handed_out import handed_out
from siamese_classroom.question import Leak, Property, Question
from siamese_classroom.sampling_and_mining.sample_batch import some_labels

WAYS, SHOTS, QUERIES, N_DRAWS = 5, 2, 2, 200
A_CLASS_TWICE = "a class stands in two rows of one episode"
UNUSED = "another seed gives the same episode: the generator is not used"


def _sample_episode(seed: int) -> list[Property]:
    labels = some_labels(seed + 7)
    names, sizes = np.unique(labels, return_counts=True)
    large = names[sizes >= SHOTS + QUERIES]
    args = [labels, WAYS, SHOTS, QUERIES]

    def episodes(ask: Ask, seeds: Any = tuple(range(N_DRAWS))) -> list[tuple]:
        got = draws(ask, args, [handed_out(seed, s) for s in seeds])
        return [(_indices(support), _indices(query)) for support, query in got]

    def shapes(ask: Ask) -> str | None:
        for support, query in episodes(ask, range(20)):
            if support.shape != (WAYS, SHOTS) or query.shape != (WAYS, QUERIES):
                return (
                    f"support has shape {support.shape} and query {query.shape}, where "
                    f"{(WAYS, SHOTS)} and {(WAYS, QUERIES)} are expected"
                )
            if max(support.max(), query.max()) >= len(labels):
                return "some numbers are no places in labels: are they labels, not indices?"
            of_support, of_query = labels[support], labels[query]
            if not (of_support == of_support[:, :1]).all():
                return "the examples of a row are of several classes: labels or indices mixed up?"
            if not (of_query == of_support[:, :1]).all():
                return "the queries of a row are of another class than its examples"
        return None

    def no_leak(ask: Ask) -> str | None:
        if any(len(np.unique(labels[support[:, 0]])) < WAYS for support, _ in episodes(ask)):
            return A_CLASS_TWICE
        leaks = sum(bool(np.isin(query, support).any()) for support, query in episodes(ask))
        if leaks:
            return Leak(f"in {leaks} of {N_DRAWS} episodes a query is one of the examples as well")
        return None

    def no_repeats(ask: Ask) -> str | None:
        for support, query in episodes(ask):
            if len(np.unique(labels[support[:, 0]])) < WAYS:
                return A_CLASS_TWICE
            if len(np.unique(support)) < support.size or len(np.unique(query)) < query.size:
                return "the same image stands twice among the examples, or among the queries"
        return None

    def everything(ask: Ask) -> str | None:
        drawn = episodes(ask)
        if len({(support.tobytes(), query.tobytes()) for support, query in drawn}) == 1:
            return UNUSED
        classes = labels[np.concatenate([support[:, 0] for support, _ in drawn])]
        if not np.isin(large, classes).all():
            return "some classes are never drawn: is it always the first ones?"
        used = np.concatenate([np.concatenate([s, q], axis=1).reshape(-1) for s, q in drawn])
        own = np.flatnonzero(np.isin(labels, large))
        if np.isin(own, used).mean() < 0.95:
            return "some images are never drawn: is it always the first ones of a class?"
        first = np.concatenate([support.reshape(-1) for support, _ in drawn])
        second = np.concatenate([query.reshape(-1) for _, query in drawn])
        both = np.isin(own, first) & np.isin(own, second)
        if both.mean() < 0.8:
            return "some images are only ever examples, and others only ever queries"
        return None

    def generator(ask: Ask) -> str | None:
        first, second, third = (
            [index_list(part) for part in one] for one in episodes(ask, (0, 0, 1))
        )
        if first != second:
            return "the same generator does not give the same episode: draw only with it"
        if first == third:
            return UNUSED
        if ask("global_generator_moved", args=args, options={}, seed=handed_out(seed)):
            return "it draws from PyTorch's global generator"
        return stuck(draws(ask, args, [handed_out(seed)] * 3, goes_on=True), "episode")

    def small_classes(ask: Ask) -> str | None:
        if (
            ask(
                "draw_refusal", args=[labels, len(large) + 1, SHOTS, QUERIES], seed=handed_out(seed)
            )
            is None
        ):
            return (
                f"{len(large) + 1} classes are asked for, {len(large)} have "
                f"{SHOTS + QUERIES} images: raise a ValueError"
            )
        return None

    return [
        Property("gives examples and queries of the same classes, row by row", shapes, 3),
        Property("never asks for an image that is an example", no_leak, 3, guard=True),
        Property("repeats no class and no image", no_repeats, 1, guard=True),
        Property("draws all classes and images", everything, 1),
        Property("draws with the generator and nothing else", generator, 1),
        Property("refuses when too few classes have enough images", small_classes, 1, guard=True),
    ]


def _indices(value: Any) -> np.ndarray:
    """Whole numbers as an array; texts are refused before NumPy makes room for the longest."""
    numbers = np.asarray(value, dtype=float)
    # A negative number is another name for the same place: a leak would not be seen.
    if not (numbers == np.floor(numbers)).all() or (numbers < 0).any():
        raise WrongAnswer("indices are whole numbers of 0 or more")
    return numbers.astype(np.int64)


SAMPLE_EPISODE = Question("sample_episode", _sample_episode, needs=("sample_batch",))

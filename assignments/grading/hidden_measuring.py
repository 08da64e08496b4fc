"""The hidden properties of assignment 3."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grading.untouched import untouched
from siamese_classroom.asking import Ask
from siamese_classroom.compare import close
from siamese_classroom.handed_out import handed_out, kept_inside
from siamese_classroom.measure_it_right.credit import fair_credit
from siamese_classroom.measure_it_right.paired_difference import paired
from siamese_classroom.measure_it_right.wilson_interval import wilson
from siamese_classroom.question import Property


def _credit(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    similarity = -draw.integers(0, 4, (60, 20)).astype(float)  # as distances turned round
    answer = draw.integers(0, 20, 60)

    def twenty(ask: Ask) -> str | None:
        got = ask("value", args=[similarity, answer])
        return None if close(got, fair_credit(similarity, answer)) else "wrong with 20 ways"

    return [
        Property("works with 20 ways and negative similarities", twenty),
        untouched(similarity, answer),
    ]


def _wilson_interval(seed: int) -> list[Property]:
    def many(ask: Ask) -> str | None:
        got = ask("value", args=[9_700, 10_000])
        right = np.array(wilson(9_700, 10_000))
        return None if close(got, right, relative=1e-5) else "wrong for 9,700 of 10,000"

    return [Property("is exact for many questions", many)]


def _share_named_right(
    draw: np.random.Generator, embeddings: np.ndarray, n_way: int, n_shot: int
) -> float:
    """Return the accuracy that prototypes reach over 2,000 episodes.

    Args:
        embeddings: Shape ``(n_classes, n_images_of_each, dimensions)``.
    """
    n_classes, n_images, _ = embeddings.shape
    classes = draw.random((2_000, n_classes)).argsort(axis=1)[:, :n_way, None]
    images = draw.random((2_000, n_way, n_images)).argsort(axis=2)[:, :, : n_shot + 1]
    drawn = embeddings[classes, images]
    prototypes, queries = drawn[:, :, :-1].mean(axis=2), drawn[:, :, -1]
    distances = np.linalg.norm(queries[:, :, None] - prototypes[:, None], axis=-1)
    return float((distances.argmin(axis=2) == np.arange(n_way)).mean())


def _around_their_places(
    draw: np.random.Generator, n_classes: int, n_images: int, spread: float
) -> np.ndarray:
    """Embeddings ``(n_classes, n_images, 8)`` that lie around the place of their class."""
    places = draw.normal(size=(n_classes, 1, 8))
    return places + spread * draw.normal(size=(n_classes, n_images, 8))


# More than six standard errors of the mean of 300 episodes of five queries, or of 600 of one query.
FAR_OFF = 0.13


def _n_way_accuracy(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    labels = draw.permutation(np.repeat(np.arange(30), 4))
    images = draw.normal(size=(30, 1, 2, 5))[labels] * 20

    def asked(ask: Ask, images: np.ndarray, labels: np.ndarray, options: list) -> np.ndarray:
        (got,) = ask(
            "accuracy_of_embedder",
            kind="pixels",
            images=images,
            labels=labels,
            options=options,
            seeds=[handed_out(seed, 1)],
        )
        return np.asarray(got, float)

    def twenty(ask: Ask) -> str | None:
        got = asked(ask, images, labels, [20, 1, 10])
        return None if close(got, np.ones(10)) else "wrong with 20 ways"

    def look_alike(ask: Ask) -> str | None:
        # The first classes share one place, and all classes are in each episode.
        n_alike = int(draw.integers(2, 9))
        places = 20 * draw.normal(size=(12, 8))
        places[:n_alike] = places[0]
        labels = draw.permutation(np.repeat(np.arange(12), 3))
        got = asked(ask, places[labels].reshape(-1, 1, 2, 4), labels, [12, 1, 20])
        right = (12 - n_alike + 1) / 12
        return None if close(got, np.full(20, right)) else "wrong if some classes look alike"

    def in_between(ask: Ask) -> str | None:
        for n_shot in (1, 4):
            spread = draw.uniform(0.5, 1.5)
            embeddings = _around_their_places(draw, 12, 6, spread)
            right = _share_named_right(draw, embeddings, 5, n_shot)
            order = draw.permutation(72)
            images, labels = embeddings.reshape(72, 1, 2, 4)[order], order // 6
            got = asked(ask, images, labels, [5, n_shot, 300])
            if not abs(got.mean() - right) < FAR_OFF:
                return f"wrong on average if classes overlap, with n_shot = {n_shot}"
        return None

    return [
        Property("works with 20 ways", twenty),
        Property("is exact if some classes look alike", look_alike, 2),
        Property("is right on average if classes overlap", in_between, 2),
    ]


def _evaluate(seed: int) -> list[Property]:
    draw = np.random.default_rng(kept_inside(seed, "hidden evaluate"))

    def asked(ask: Ask, embeddings: np.ndarray, n_way: int) -> np.ndarray:
        """Credits of 600 questions about four alphabets, of which the first was trained on."""
        n_classes, n_images, _ = embeddings.shape
        order = draw.permutation(n_classes * n_images)
        got = ask(
            "evaluated",
            kind="pixels",
            images=embeddings.reshape(-1, 1, 2, 4)[order],
            labels=order // n_images,
            alphabets=order // (n_images * n_classes // 4),
            trained_on=np.array([0]),
            n_way=n_way,
            n_episodes=600,
            seeds=[handed_out(seed, 2)],
        )
        (scores,) = got["scores"]
        return np.asarray(scores, float)

    def look_alike(ask: Ask) -> str | None:
        # In each alphabet the first characters share one place, and all are in each episode.
        n_alike = int(draw.integers(2, 6))
        places = 20 * draw.normal(size=(4, 6, 1, 8))
        places[:, :n_alike] = places[:, :1]
        got = asked(ask, np.repeat(places.reshape(24, 1, 8), 3, axis=1), 6)
        shared = np.isclose(got, 1 / n_alike)
        if (shared | np.isclose(got, 1)).all() and abs(shared.mean() - n_alike / 6) < FAR_OFF:
            return None
        return "wrong if some characters look alike"

    def in_between(ask: Ask) -> str | None:
        embeddings = _around_their_places(draw, 24, 6, draw.uniform(0.5, 1.5))
        new = embeddings[6:].reshape(3, 6, 6, 8)
        right = np.mean([_share_named_right(draw, alphabet, 5, 1) for alphabet in new])
        if abs(asked(ask, embeddings, 5).mean() - right) < FAR_OFF:
            return None
        return "wrong on average if characters overlap"

    return [
        Property("is exact if some characters look alike", look_alike, 2),
        Property("is right on average if characters overlap", in_between, 2),
    ]


def _paired_difference(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    a, b = draw.integers(0, 2, (2, 400)).astype(float)

    def zeros_and_ones(ask: Ask) -> str | None:
        got = ask("value", args=[a, b])
        return None if close(got, paired(a, b)) else "wrong for results of 0 and 1"

    return [Property("works with results of 0 and 1", zeros_and_ones), untouched(a, b)]


MEASURING: dict[str, Callable[[int], list[Property]]] = {
    "credit": _credit,
    "wilson_interval": _wilson_interval,
    "n_way_accuracy": _n_way_accuracy,
    "find_mistakes": lambda seed: [],
    "evaluate": _evaluate,
    "paired_difference": _paired_difference,
}

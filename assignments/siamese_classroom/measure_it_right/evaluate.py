"""The evaluation script, mended."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask, stuck
from siamese_classroom.handed_out import handed_out
from siamese_classroom.question import Leak, Property, Question

WAYS, N_EPISODES = 5, 80


def _evaluate(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    # 6 alphabets of 8 characters with 6 images each; the first three were trained on.
    n_alphabets, n_each, n_images = 6, 8, 6
    characters = np.arange(n_alphabets * n_each)
    order = draw.permutation(n_alphabets * n_each * n_images)
    labels = np.repeat(characters, n_images)[order]
    names = draw.permutation(30)[:n_alphabets]
    alphabets = names[labels // n_each]
    trained_on = names[:3]
    homes = 5 * draw.normal(size=(len(characters), 1, 2, 3))
    images = homes[labels] + 0.01 * draw.normal(size=(len(labels), 1, 2, 3))
    seen = np.isin(alphabets, trained_on)

    # Two images of each character: one that is drawn twice is asked about every other time.
    pair = np.concatenate([np.flatnonzero(labels == c)[:2] for c in characters])
    # Four times, as the questions about one table of noise depend on each other.
    noises = draw.normal(size=(4, *images.shape))
    noise = noises[0]
    # Characters of the alphabets that were trained on lie apart; all others are noise.
    only_seen = np.where(seen[:, None, None, None], images, noises)
    # Alphabets are far from each other, and within one there is nothing but noise.
    by_alphabet = 50.0 * np.searchsorted(np.sort(names), alphabets)[:, None, None, None] + noises

    def evaluated(ask: Ask, kind: str, images: Any, seeds: Any = (0,), **changed: Any) -> dict:
        given = {"trained_on": trained_on, "n_way": WAYS, **changed}
        return ask(
            "evaluated",
            kind=kind,
            images=images,
            n_episodes=N_EPISODES,
            seeds=[handed_out(seed, s) for s in seeds],
            **{"labels": labels, "alphabets": alphabets, **given},
        )

    def scores(
        ask: Ask, kind: str, images: Any, seeds: Any = (0,), **changed: Any
    ) -> list[np.ndarray]:
        got = evaluated(ask, kind, images, seeds, **changed)["scores"]
        got = [np.asarray(one, float) for one in got]
        if any(one.shape != (N_EPISODES,) for one in got):
            raise LookupError
        return got

    def mean_score(ask: Ask, of_images: Any, **changed: Any) -> float:
        return np.mean([scores(ask, "pixels", one, (0,), **changed)[0] for one in of_images])

    def shape(ask: Ask) -> str | None:
        try:
            mean = scores(ask, "pixels", images)[0].mean()
        except LookupError:
            return f"the credit of each episode is asked for: {N_EPISODES} numbers"
        return None if mean > 0.999 else f"characters that lie far apart are named in {mean:.0%}"

    def not_first(ask: Ask) -> str | None:
        got = scores(ask, "constant", images)[0]
        if np.allclose(got, 1):
            return "a network that sees nothing scores 100 %: the right answer always stands first"
        if not np.isin(scores(ask, "pixels", noise)[0], (0, 1)).all():
            return "without a tie a question is right or wrong: ask about one image of an episode"
        return None

    def no_leak(ask: Ask) -> str | None:
        given = {"labels": labels[pair], "alphabets": alphabets[pair]}
        # With all images first: an answer could refuse characters that have two.
        mean = mean_score(ask, noises)
        mean = mean if mean > 0.4 else mean_score(ask, noises[:, pair], **given)
        # By chance 0.20 with a standard deviation of 0.03; with a leak 0.60.
        if mean > 0.4:
            return Leak(
                f"images of pure noise are named right in {mean:.0%}: is the query one of the "
                "examples?"
            )
        return None

    def ties(ask: Ask) -> str | None:
        got = scores(ask, "constant", images)[0]
        if np.allclose(got, 1 / WAYS):
            return None
        if set(np.unique(got)) <= {0.0, 1.0}:
            return f"ties are decided by place; a network that sees nothing gets 1/{WAYS} each time"
        return f"a network that sees nothing must get 1/{WAYS} in each episode"

    def unseen_alphabets(ask: Ask) -> str | None:
        if mean_score(ask, only_seen) > 0.38:
            return Leak("alphabets that were trained on are asked about")
        return None

    def within(ask: Ask) -> str | None:
        if mean_score(ask, by_alphabet) > 0.38:
            return "the ways of an episode come from several alphabets"
        return None

    def seeded(ask: Ask) -> str | None:
        first, second, third = scores(ask, "pixels", noise, (0, 0, 1))
        if not np.array_equal(first, second):
            return "the same generator gives another result: draw only with it"
        if np.array_equal(first, third):
            return "another seed gives the same result: the generator is not used"
        drawn = evaluated(ask, "pixels", noise, (0, 0, 0), goes_on=True)["scores"]
        return stuck(drawn, "result")

    def modes(ask: Ask) -> str | None:
        got = evaluated(ask, "batchnorm", images)
        if got["asked_in_training"]:
            return "the network is asked in training mode: BatchNorm uses the batch"
        if got["statistics_moved"]:
            return "evaluating changes the network's running statistics"
        if got["with_gradient"]:
            return "gradients are recorded"
        if not got["training_after"]:
            return "the network was in training mode before, and is left in evaluation mode"
        return None

    def refuses(ask: Ask) -> str | None:
        if evaluated(ask, "pixels", images, n_way=n_each + 1)["refused"]:
            return None
        return f"{n_each + 1} ways are asked for, alphabets have {n_each}: raise a ValueError"

    return [
        Property("gives the credit of each episode", shape, 2),
        Property(
            "asks about one image, whose answer is not always the first", not_first, 2, guard=True
        ),
        Property("never asks about an image that is an example", no_leak, 3, guard=True),
        Property("shares ties", ties, 2, guard=True),
        Property("leaves out alphabets that were trained on", unseen_alphabets, 2, guard=True),
        Property("stays within an alphabet", within, 1, guard=True),
        Property("draws with the generator", seeded, 1, guard=True),
        Property("asks in evaluation mode, and leaves the network as it was", modes, 3, guard=True),
        Property("refuses more ways than an alphabet has", refuses, 1, guard=True),
    ]


EVALUATE = Question("evaluate", _evaluate, needs=("credit",))

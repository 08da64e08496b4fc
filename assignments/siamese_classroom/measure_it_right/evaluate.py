"""The evaluation script, mended."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.handed_out import handed_out
from siamese_classroom.question import Property, Question

WAYS, N_EPISODES = 5, 80


def _evaluate(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    # 6 alphabets of 8 characters with 6 images each; the first two were trained on.
    n_alphabets, n_each, n_images = 6, 8, 6
    characters = np.arange(n_alphabets * n_each)
    order = draw.permutation(n_alphabets * n_each * n_images)
    labels = np.repeat(characters, n_images)[order]
    names = draw.permutation(30)[:n_alphabets]
    alphabets = names[labels // n_each]
    trained_on = names[:2]
    homes = 5 * draw.normal(size=(len(characters), 1, 2, 3))
    images = homes[labels] + 0.01 * draw.normal(size=(len(labels), 1, 2, 3))
    seen = np.isin(alphabets, trained_on)
    # Characters of the alphabets that were trained on lie apart; all others look alike.
    blank = np.where(seen[:, None, None, None], images, 0.0)
    # Alphabets are far from each other, and within one all characters look alike.
    by_alphabet = (
        50.0 * np.searchsorted(np.sort(names), alphabets)[:, None, None, None] + 0 * images
    )

    def evaluated(ask: Ask, kind: str, images: Any, seeds: Any = (0,), **changed: Any) -> dict:
        given = {"trained_on": trained_on, "n_way": WAYS, **changed}
        return ask(
            "evaluated",
            kind=kind,
            images=images,
            labels=labels,
            alphabets=alphabets,
            n_episodes=N_EPISODES,
            seeds=[handed_out(seed, s) for s in seeds],
            **given,
        )

    def scores(ask: Ask, kind: str, images: Any, seeds: Any = (0,)) -> list[np.ndarray]:
        got = [np.asarray(one, float) for one in evaluated(ask, kind, images, seeds)["scores"]]
        if any(one.shape != (N_EPISODES,) for one in got):
            raise LookupError
        return got

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
        return None

    def ties(ask: Ask) -> str | None:
        got = scores(ask, "constant", images)[0]
        if np.allclose(got, 1 / WAYS):
            return None
        if set(np.unique(got)) <= {0.0, 1.0}:
            return f"ties are decided by place; a network that sees nothing gets 1/{WAYS} each time"
        return f"a network that sees nothing must get 1/{WAYS} in each episode"

    def unseen_alphabets(ask: Ask) -> str | None:
        mean = scores(ask, "pixels", blank)[0].mean()
        if abs(mean - 1 / WAYS) < 1e-6:
            return None
        if mean > 1 / WAYS:
            return "alphabets that were trained on are asked about"
        return "on alphabets whose characters all look alike the score is not that of guessing"

    def within(ask: Ask) -> str | None:
        mean = scores(ask, "pixels", by_alphabet)[0].mean()
        if abs(mean - 1 / WAYS) < 1e-6:
            return None
        return "the ways of an episode come from several alphabets"

    def seeded(ask: Ask) -> str | None:
        noise = np.random.default_rng(seed).normal(size=images.shape)
        first, second, third = scores(ask, "pixels", noise, (0, 0, 1))
        if not np.array_equal(first, second):
            return "the same generator gives another result: draw only with it"
        if np.array_equal(first, third):
            return "another seed gives the same result: the generator is not used"
        return None

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
        Property("does not put the right answer first", not_first, 2, guard=True),
        Property("shares ties", ties, 2),
        Property("leaves out alphabets that were trained on", unseen_alphabets, 2),
        Property("stays within an alphabet", within, 1),
        Property("draws with the generator", seeded, 1),
        Property("asks in evaluation mode, and leaves the network as it was", modes, 3, guard=True),
        Property("refuses more ways than an alphabet has", refuses, 1, guard=True),
    ]


EVALUATE = Question("evaluate", _evaluate)

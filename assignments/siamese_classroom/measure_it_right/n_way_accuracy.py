"""N-way K-shot accuracy of an embedding, episode by episode."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask, stuck
from siamese_classroom.handed_out import handed_out
from siamese_classroom.question import Leak, Property, Question

WAYS, N_EPISODES = 5, 60
ALIKE = "all episodes are alike: draw other classes and images for each"


def _n_way_accuracy(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    labels = draw.permutation(np.repeat(np.arange(12), 14))
    noise = draw.normal(size=(len(labels), 1, 2, 4))
    # Six times, as the questions about one table of noise depend on each other.
    noises = draw.normal(size=(6, *noise.shape))
    # Two images of each class: one that is drawn twice is asked about every other time.
    pair = np.concatenate([np.flatnonzero(labels == c)[:2] for c in range(12)])
    # Each class has a place of its own, far from the others.
    apart = 20 * draw.normal(size=(12, 1, 2, 4))[labels] + 0.1 * noise
    # Each class has a place, and its images lie around it, farther than the places are apart.
    around = 2.0 * np.eye(12)[labels].reshape(-1, 1, 3, 4) + draw.normal(
        size=(len(labels), 1, 3, 4)
    )

    def scores(
        ask: Ask,
        images: Any,
        shots: int = 1,
        kind: str = "pixels",
        seeds: Any = (0,),
        labels: Any = labels,
        goes_on: bool = False,
    ) -> Any:
        got = ask(
            "accuracy_of_embedder",
            kind=kind,
            images=images,
            labels=labels,
            options=[WAYS, shots, N_EPISODES],
            seeds=[handed_out(seed, s) for s in seeds],
            goes_on=goes_on,
        )
        arrays = [np.asarray(one, dtype=float) for one in got]
        for one in arrays:
            if one.shape != (N_EPISODES,):
                raise LookupError
        return arrays if len(seeds) > 1 else arrays[0]

    def shape(ask: Ask) -> str | None:
        try:
            got = scores(ask, around)
        except LookupError:
            return f"the accuracy of each episode is asked for: {N_EPISODES} numbers"
        if len(np.unique(got)) == 1 and 0 < got[0] < 1:
            return ALIKE
        return None

    def perfect(ask: Ask) -> str | None:
        mean = scores(ask, apart).mean()
        return None if mean > 0.999 else f"classes that lie far apart are named right in {mean:.0%}"

    def constant(ask: Ask) -> str | None:
        got = scores(ask, apart, kind="constant")
        if np.allclose(got, 1 / WAYS):
            return None
        if np.allclose(got, 1):
            return "an embedding that sees nothing scores 100 %: the right answer stands first"
        if np.allclose(got, 0):
            return "an embedding that sees nothing scores 0: a tie is shared, it is not wrong"
        return f"an embedding that sees nothing must score 1/{WAYS} in each episode, by fair ties"

    def no_leak(ask: Ask) -> str | None:
        # With all images first: an answer could refuse classes that have two.
        mean = np.mean([scores(ask, one) for one in noises])
        if mean <= 0.4:
            mean = np.mean([scores(ask, one, labels=labels[pair]) for one in noises[:, pair]])
        # By chance 0.20 with a standard deviation of 0.03; with a leak 0.60.
        if mean > 0.4:
            return Leak(
                f"images of pure noise are named right in {mean:.0%}: is a query among its own "
                "examples?"
            )
        return None

    def prototypes(ask: Ask) -> str | None:
        many, one = scores(ask, around, shots=10).mean(), scores(ask, around, shots=1).mean()
        if many > one + 0.12:
            return None
        return (
            f"ten shots score {many:.0%} and one {one:.0%} where images lie far around their "
            "class: a class is compared by the mean of its shots"
        )

    def once(ask: Ask) -> str | None:
        seen = ask(
            "images_embedded",
            images=apart,
            labels=labels,
            options=[WAYS, 1, N_EPISODES],
            seed=handed_out(seed),
        )
        if seen["with_gradient"]:
            return "gradients are recorded: nobody trains in an exam"
        if seen["n_images"] > len(labels):
            return f"{seen['n_images']} images are embedded, and there are {len(labels)}: each once"
        return None

    def generator(ask: Ask) -> str | None:
        first, second, third = scores(ask, around, seeds=(0, 0, 1))
        if not np.array_equal(first, second):
            return "the same generator gives other episodes: draw only with it"
        if np.array_equal(first, third):
            return "another seed gives the same episodes: the generator is not used"
        if len(np.unique(first)) == 1:
            return ALIKE
        return stuck(scores(ask, around, seeds=(0, 0, 0), goes_on=True), "episodes")

    return [
        Property("gives the accuracy of each episode", shape, 1, guard=True),
        Property("is 1 where classes lie far apart", perfect, 2),
        Property("is 1/N for an embedding that sees nothing", constant, 3, guard=True),
        Property("asks for no image that is an example", no_leak, 2, guard=True),
        Property("compares with the mean of the shots", prototypes, 2),
        Property("embeds each image once, without gradients", once, 1, guard=True),
        Property("draws with the generator", generator, 1, guard=True),
    ]


N_WAY_ACCURACY = Question("n_way_accuracy", _n_way_accuracy, needs=("credit",))

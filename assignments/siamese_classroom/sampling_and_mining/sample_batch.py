"""P x K batches: so many classes, so many images of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask, draws, stuck
from siamese_classroom.compare import index_list
from siamese_classroom.handed_out import handed_out
from siamese_classroom.question import Property, Question

P, K, N_DRAWS = 6, 3, 200
UNUSED = "another seed gives the same batch: the generator is not used"


def some_labels(seed: int) -> np.ndarray:
    """Labels ``(N,)`` in no order: 20 classes of 4 to 12 images, and 3 classes of 2."""
    draw = np.random.default_rng(seed)
    sizes = np.concatenate([draw.integers(4, 13, 20), np.full(3, 2)])
    names = 1000 + draw.permutation(100)[: len(sizes)]  # no label is the place of an image
    return draw.permutation(np.repeat(names, sizes))


def _sample_batch(seed: int) -> list[Property]:
    labels = some_labels(seed)
    names, sizes = np.unique(labels, return_counts=True)
    large = names[sizes >= K]
    args = [labels, P, K]

    def batches(ask: Ask, seeds: Any = tuple(range(N_DRAWS))) -> list[list[int]]:
        got = draws(ask, args, [handed_out(seed, s) for s in seeds])
        return [index_list(one) for one in got]

    def p_times_k(ask: Ask) -> str | None:
        for batch in batches(ask, range(20)):
            if len(batch) != P * K:
                return f"it returns {len(batch)} numbers; {P} classes x {K} images are {P * K}"
            if max(batch) >= len(labels) or min(batch) < 0:
                return "some numbers are no places in labels: are they labels, not indices?"
            rows = labels[np.array(batch)].reshape(P, K)
            if (rows == rows[:, :1]).all() and len(np.unique(rows[:, 0])) == P:
                continue
            counts = np.unique(rows, return_counts=True)[1]
            if len(counts) < P:
                return (
                    f"there are {len(counts)} classes in a batch, {P} were asked for: is one "
                    "drawn twice?"
                )
            if len(counts) == P and (counts == K).all():
                return "the images of a class do not stand together"
            return (
                f"there are not {K} images of each of {P} classes: are labels and indices mixed up?"
            )
        return None

    def no_repeats(ask: Ask) -> str | None:
        repeated = sum(len(set(batch)) < len(batch) for batch in batches(ask))
        if repeated:
            return f"the same image stands twice in {repeated} of {N_DRAWS} batches"
        return None

    def all_alike(ask: Ask) -> str | None:
        if len({tuple(batch) for batch in batches(ask)}) == 1:
            return UNUSED
        drawn = labels[np.array(batches(ask)).reshape(N_DRAWS, P, K)[:, :, 0]]
        if not np.isin(drawn, large).all():
            return f"a class with fewer than {K} images is drawn"
        counts = np.array([(drawn == name).sum() for name in large])
        # 200 batches draw each of 20 classes about 60 times. Ten standard deviations: a right
        # answer is outside with a chance below 1e-9.
        mean = N_DRAWS * P / len(large)
        if (
            np.abs(counts - mean).max() > 10 * np.sqrt(mean * (1 - P / len(large)))
            or not counts.all()
        ):
            if not counts.all():
                return "some classes are never drawn: is it always the first ones?"
            return "some classes are drawn far more often than others"
        few, many = (large[np.isin(large, names[which])] for which in (sizes <= 6, sizes >= 9))
        rates = [np.isin(drawn, part).sum() / max(len(part), 1) for part in (few, many)]
        # Classes in proportion to their size would come 1.8 times as often; chance moves this
        # ratio by less than 0.2 (four standard deviations with the fewest classes).
        if len(few) > 2 and len(many) > 2 and rates[1] > 1.45 * rates[0]:
            return "large classes are drawn more often: draw a class first, then its images"
        return None

    def all_images(ask: Ask) -> str | None:
        used = set(np.array(batches(ask)).reshape(-1).tolist())
        own = set(np.flatnonzero(np.isin(labels, large)).tolist())
        if len(own - used) > 0.05 * len(own):
            return "some images are never drawn: is it always the first ones of a class?"
        return None

    def generator(ask: Ask) -> str | None:
        first, second, third = batches(ask, (0, 0, 1))
        if first != second:
            return "the same generator does not give the same batch: draw only with it"
        if first == third:
            return UNUSED
        if ask("global_generator_moved", args=args, options={}, seed=handed_out(seed)):
            return "it draws from PyTorch's global generator"
        return stuck(draws(ask, args, [handed_out(seed)] * 3, goes_on=True), "batch")

    def too_few(ask: Ask) -> str | None:
        if ask("draw_refusal", args=[labels, len(large) + 1, K], seed=handed_out(seed)) is None:
            return (
                f"{len(large) + 1} classes are asked for and {len(large)} are there: raise a "
                "ValueError"
            )
        return None

    return [
        Property("gives P classes and K images of each, side by side", p_times_k, 3),
        Property("never gives an image twice", no_repeats, 1, guard=True),
        Property("draws every class alike, and none that is too small", all_alike, 2),
        Property("draws every image of a class", all_images, 1),
        Property("draws with the generator and nothing else", generator, 2),
        Property("refuses more classes than there are", too_few, 1, guard=True),
    ]


SAMPLE_BATCH = Question("sample_batch", _sample_batch)

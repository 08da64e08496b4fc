"""A split in which no alphabet is on both sides."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask, draws, stuck
from siamese_classroom.handed_out import handed_out
from siamese_classroom.question import Leak, Property, Question
from siamese_classroom.slips import Slip

N_ALPHABETS, N_HELD_OUT = 9, 3


def _split_by_alphabet(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    sizes = draw.integers(4, 9, N_ALPHABETS)
    of_class = np.repeat(draw.permutation(40)[:N_ALPHABETS], sizes)
    labels = draw.permutation(np.repeat(np.arange(len(of_class)), 5))
    alphabets = of_class[labels]
    args = [labels, alphabets, N_HELD_OUT]

    def masks(ask: Ask, seeds: Any = tuple(range(60))) -> list[np.ndarray]:
        got = draws(ask, args, [handed_out(seed, s) for s in seeds])
        return [np.asarray(mask, dtype=float) for mask in got]

    def a_mask(ask: Ask) -> str | None:
        (mask,) = masks(ask, (0,))
        if mask.shape != labels.shape or not np.isin(mask, (0, 1)).all():
            return f"a mask is expected: {labels.shape} of True (to train) and False (held out)"
        if mask.all() or not mask.any():
            return "one side of the split is empty"
        return None

    def sides(mask: np.ndarray, of: np.ndarray) -> np.ndarray:
        """Which of the groups are on both sides."""
        mask = mask.astype(bool)
        return np.intersect1d(of[mask], of[~mask])

    def whole(ask: Ask) -> str | None:
        mask = masks(ask, (0,))[0]
        if len(sides(mask, labels)):
            return Leak("characters are on both sides: it is the images that are split")
        if len(sides(mask, alphabets)):
            return Leak(
                "alphabets are on both sides: it is the characters that are split, and letters of "
                "one alphabet resemble each other"
            )
        return None

    def number(ask: Ask) -> str | None:
        for mask in masks(ask, range(10)):
            mask = mask.astype(bool)
            if mask.shape != labels.shape or len(sides(mask, alphabets)):
                return "the alphabets are not whole"
            n = len(np.unique(alphabets[~mask]))
            if n == N_ALPHABETS - N_HELD_OUT:
                return "True and False are exchanged: True is for training"
            if n != N_HELD_OUT:
                return f"{n} alphabets are held out, {N_HELD_OUT} were asked for"
        return None

    def generator(ask: Ask) -> str | None:
        first, second, *others = masks(ask, (0, 0, *range(1, 40)))
        if not np.array_equal(first, second):
            return "the same generator does not give the same split: draw only with it"
        if all(np.array_equal(first, other) for other in others):
            return "every seed holds out the same alphabets: the generator is not used"
        held = [set(alphabets[~mask.astype(bool)].tolist()) for mask in (first, *others)]
        if set.union(*held) != set(alphabets.tolist()):
            return "some alphabets are never held out"
        return stuck(draws(ask, args, [handed_out(seed)] * 12, goes_on=True), "split")

    def refuses(ask: Ask) -> str | None:
        if (
            ask("draw_refusal", args=[labels, alphabets, N_ALPHABETS], seed=handed_out(seed))
            is None
        ):
            return "all alphabets held out leave nothing to train on: raise a ValueError"
        return None

    return [
        Property("gives a mask with something on both sides", a_mask, 1, guard=True),
        Property("keeps characters and alphabets whole", whole, 4, guard=True),
        Property("holds out as many alphabets as asked", number, 2),
        Property("draws them with the generator", generator, 2),
        Property("refuses to hold out everything", refuses, 1, guard=True),
    ]


def _mask_of(indices: np.ndarray, args: list) -> np.ndarray:
    mask = np.zeros(len(args[0]))
    mask[indices.astype(int)] = 1
    return mask


SPLIT_BY_ALPHABET = Question(
    "split_by_alphabet",
    _split_by_alphabet,
    (Slip("a mask is expected, and it returns the indices of the training images", _mask_of),),
)

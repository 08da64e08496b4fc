"""People in three parts: to train on, to choose a threshold on, and to measure on."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import torch

from siamese_lib.checks import check_share
from siamese_lib.data.labelled_images import LabelledImages
from siamese_lib.randomness import as_generator

# Two people make a pair of strangers; fewer are no part.
FEWEST = 2


class PeopleSplit(NamedTuple):
    """Three sets that share nobody.

    Attributes:
        train: for the network.
        calibrate: for the threshold, and for every other choice.
        test: to measure on, once.
    """

    train: LabelledImages
    calibrate: LabelledImages
    test: LabelledImages


def split_people(
    data: LabelledImages,
    train: float = 0.5,
    calibrate: float = 0.25,
    generator: torch.Generator | int | None = None,
) -> PeopleSplit:
    """Deal out the people (classes) of a set at random; what is left is to test on.

    Args:
        data: pictures of P people.
        train: share of the people to train on, between 0 and 1.
        calibrate: share of the people for choices; ``train + calibrate`` is below 1.
        generator: a generator or a seed.

    Raises:
        ValueError: shares that leave nobody to test on, or so few people that a part would hold
            fewer than two; the message says how many are needed.

    >>> from siamese_lib.data.faces import make_faces
    >>> parts = split_people(make_faces(8, 1, 2, size=16, generator=0), generator=0)
    >>> [len(part.classes) for part in parts]
    [4, 2, 2]
    """
    check_share("train", train)
    check_share("calibrate", calibrate)
    if not 1 - train - calibrate > 1e-9:
        raise ValueError(f"train={train} and calibrate={calibrate} leave nobody to test on")

    def counts_of(n: int) -> list[int]:
        n_train, n_calibrate = round(train * n), round(calibrate * n)
        return [n_train, n_calibrate, n - n_train - n_calibrate]

    people = data.classes.cpu()
    counts = counts_of(len(people))
    if min(counts) < FEWEST:
        needed = next(n for n in itertools.count(1) if min(counts_of(n)) >= FEWEST)
        raise ValueError(
            f"{data.name} has {len(people)} people: too few for three parts without a person in "
            f"common. {needed} or more are needed with train={train} and calibrate={calibrate}"
        )
    order = people[torch.randperm(len(people), generator=as_generator(generator))]
    parts = (
        data.select(torch.isin(data.labels, chosen.to(data.device)), f"{data.name}, to {name}")
        for name, chosen in zip(PeopleSplit._fields, order.split(counts), strict=True)
    )
    return PeopleSplit(*parts)

"""The threshold that lets in a wanted share of strangers, and how sure it is."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.checks import check_share
from siamese_lib.distances import at_least_float32
from siamese_lib.recognition.rehearsal import Visits

# Distances made at once; more would only cost memory.
AT_ONCE = 1 << 22
# How often people are drawn anew, and how many more distances are kept for that.
N_RESAMPLES = 200
SPARE = 8


class Comparisons(NamedTuple):
    """Strangers, each compared with another person: all distances, or the smallest of all pairs.

    Attributes:
        distance: float ``(K,)``, ascending.
        first: int64 ``(K,)``, the stranger, 0 to P - 1.
        second: int64 ``(K,)``, the other person.
        n: of how many distances these are the smallest.
        pictures: int64 ``(P,)``, of each person, where these are the smallest of all pairs of
            pictures; None where they are all distances.
    """

    distance: Tensor
    first: Tensor
    second: Tensor
    n: int
    pictures: Tensor | None = None

    def weight_of_all(self, count: Tensor, weight: Tensor) -> Tensor:
        """What all n comparisons weigh when each person counts ``count`` ``(P,)`` times."""
        if self.pictures is None:
            return weight.sum()
        shown = count * self.pictures
        return (shown.sum() ** 2 - (shown**2).sum()) / 2


def comparisons_of_visits(seen: Visits) -> Comparisons:
    """Each stranger at the door with the nearest person enrolled."""
    distance, order = seen.unknown_distance.sort()
    both = torch.cat([seen.unknown_person[order], seen.unknown_nearest[order]])
    first, second = torch.unique(both, return_inverse=True)[1].chunk(2)
    return Comparisons(distance, first, second, len(distance))


def comparisons_of_pairs(embeddings: Tensor, labels: Tensor, far: float) -> Comparisons:
    """All pairs of pictures of two people, as many of the closest as a rate of ``far`` needs.

    The distances are made a few rows at a time, and only the smallest are kept: a table of all
    pictures with all would not fit where there are many.
    """
    _, labels, counts = labels.unique(return_inverse=True, return_counts=True)
    n_pairs = int((len(labels) ** 2 - (counts**2).sum()) // 2)
    n_kept = min(n_pairs, SPARE * (int(far * n_pairs + 1e-9) + 1))
    embeddings = at_least_float32(embeddings)
    embeddings = embeddings - embeddings.mean(dim=0)
    place = torch.arange(len(labels), device=labels.device)
    smallest, pairs = embeddings.new_zeros(0), place.new_zeros(0, 2)
    for rows in place.split(max(1, AT_ONCE // len(labels))):
        later = place > rows[:, None]  # each pair once
        strangers = later & (labels[rows, None] != labels)
        found = torch.cdist(embeddings[rows], embeddings)[strangers]
        here, there = strangers.nonzero().unbind(1)
        smallest = torch.cat([smallest, found])
        pairs = torch.cat([pairs, torch.stack([rows[here], there], dim=1)])
        kept = smallest.topk(min(n_kept, len(smallest)), largest=False)
        smallest, pairs = kept.values, pairs[kept.indices]
    first, second = labels[pairs].unbind(1)
    return Comparisons(smallest, first, second, n_pairs, counts)


def threshold_for(
    unknown_distance: Tensor, target_far: float, n_distances: int | None = None
) -> float:
    """The largest threshold at which at most ``target_far`` of the strangers get in.

    Args:
        unknown_distance: distances of strangers, all or the smallest ones.
        target_far: the share that may get in, between 0 and 1.
        n_distances: of how many distances these are the smallest; by default they are all.

    Raises:
        ValueError: the rate is not between 0 and 1, or finer than the comparisons can tell.
    """
    check_share("target_far", target_far)
    # A product like 0.29 * 100 comes out a hair below 29.
    n_distances = len(unknown_distance) if n_distances is None else n_distances
    allowed = int(target_far * n_distances + 1e-9)
    if allowed < 1:
        raise ValueError(
            f"a false-accept rate of {target_far:.3g} is finer than {n_distances:,} "
            "comparisons of strangers can tell: allow more, rehearse more often, or calibrate on "
            "more people"
        )
    threshold = _just_below(unknown_distance.sort().values[allowed]).item()
    if threshold <= 0:
        raise ValueError(
            f"more than {target_far:.3g} of the strangers are at distance 0 from somebody: no "
            "threshold keeps them out"
        )
    return threshold


def thresholds_over_people(
    strangers: Comparisons, target_far: float, generator: torch.Generator
) -> Tensor:
    """The threshold again and again, for people drawn anew.

    People are drawn with replacement, as many as there are, and a comparison counts as often as
    its two people meet in the draw (the subsets bootstrap of Bolle, Ratha and Pankanti 2004). The
    thresholds spread as they would if you had asked other people; with few of them (20 and fewer)
    they spread too little, as nobody in the draw is new.

    Args:
        strangers: their distances.
        target_far: the share of strangers that may get in.
        generator: where the draws come from.

    Returns:
        Thresholds ``(N_RESAMPLES,)``, fewer where a draw held one person alone.
    """
    first, second = strangers.first, strangers.second
    n_people = 1 + int(torch.cat([first, second]).max())
    if strangers.pictures is not None:
        n_people = len(strangers.pictures)
    thresholds = []
    for _ in range(N_RESAMPLES):
        drawn = torch.randint(n_people, (n_people,), generator=generator)
        count = torch.bincount(drawn, minlength=n_people).double()
        weight = count[first] * count[second]
        allowed = target_far * strangers.weight_of_all(count, weight)
        if allowed > 0:
            # A product like 0.29 * 100 comes out a hair below 29.
            refused = int((weight.cumsum(0) <= allowed + 1e-9).sum())
            thresholds.append(strangers.distance[min(refused, len(weight) - 1)])
    return _just_below(torch.stack(thresholds))


def far_of_one(far: float, n_enrolled: int) -> float:
    """The rate for one comparison that gives ``far`` over ``n_enrolled`` independent ones.

    The comparisons of one visitor are not independent: who looks like one person looks like
    their likes. So the rate at the door is at most ``far``, as a rule less.
    """
    return 1 - (1 - far) ** (1 / n_enrolled)


def _just_below(distance: Tensor) -> Tensor:
    return torch.nextafter(distance, -torch.ones_like(distance))

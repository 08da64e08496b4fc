"""The threshold of the door: rehearse with people who are neither enrolled nor in training."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.checks import check_counts, check_ids, check_share
from siamese_lib.distances import at_least_float32
from siamese_lib.randomness import as_generator
from siamese_lib.sampling import Buckets, random_subsets

# Distances made at once; more would only cost memory.
AT_ONCE = 1 << 22


class Visits(NamedTuple):
    """The best match of each visitor in many rehearsals.

    Attributes:
        known_distance: float ``(K,)``, distance of known visitors to the nearest person enrolled.
        known_right: bool ``(K,)``, whether that person is the visitor.
        unknown_distance: float ``(U,)``, the same distance for visitors who are not enrolled.
    """

    known_distance: Tensor
    known_right: Tensor
    unknown_distance: Tensor


@torch.no_grad()
def visits(
    embeddings: Tensor,
    labels: Tensor,
    n_enrolled: int,
    n_shot: int = 1,
    n_rehearsals: int = 50,
    generator: torch.Generator | int | None = 0,
) -> Visits:
    """Rehearse the door: enrol some people, let the others and another picture of these come.

    In each rehearsal ``n_enrolled`` people are drawn and enrolled with ``n_shot`` pictures each.
    Every one of them comes once, with another picture; and one picture of everybody else.

    Args:
        embeddings: ``(N, D)``.
        labels: integers ``(N,)``, who each picture shows.
        n_enrolled: people enrolled at once.
        n_shot: pictures of each.
        n_rehearsals: how often.
        generator: a ``torch.Generator`` or a seed.

    Returns:
        The best matches, rehearsal after rehearsal.

    Raises:
        ValueError: ``n_enrolled`` people leave nobody to be unknown, or somebody has too few
            pictures.
        TypeError: labels that are not integers.
    """
    check_counts(n_enrolled=n_enrolled, n_shot=n_shot, n_rehearsals=n_rehearsals)
    people = Buckets(check_ids("labels", labels, len(embeddings)))
    if n_enrolled >= len(people):
        raise ValueError(
            f"n_enrolled={n_enrolled}, but there are {len(people)} people: somebody must be left "
            f"to come as a stranger, so enrol {len(people) - 1} or fewer, of two people or more"
        )
    fewest = int(people.counts.min())
    if fewest <= n_shot:
        raise ValueError(
            f"somebody has {fewest} picture(s), but {n_shot + 1} are needed: {n_shot} to enrol "
            "and another one to come with"
        )
    # Distances do not change when all points move, and rounding is least at the origin.
    embeddings = at_least_float32(embeddings)
    embeddings = embeddings - embeddings.mean(dim=0)
    generator = as_generator(generator)
    order = random_subsets(n_rehearsals, len(people), len(people), generator)
    known, right, unknown = [], [], []
    for who in order:
        pictures = people.draw(who, n_shot + 1, generator).to(embeddings.device)
        enrolled = embeddings[pictures[:n_enrolled, :n_shot].flatten()]
        visitor = embeddings[pictures[:, n_shot]]
        distance, picture = torch.cdist(visitor, enrolled).min(dim=1)
        person = torch.arange(n_enrolled, device=picture.device)
        known.append(distance[:n_enrolled])
        right.append(picture[:n_enrolled] // n_shot == person)
        unknown.append(distance[n_enrolled:])
    return Visits(torch.cat(known).cpu(), torch.cat(right).cpu(), torch.cat(unknown).cpu())


def threshold_for(
    unknown_distance: Tensor, target_far: float, n_distances: int | None = None
) -> float:
    """The largest threshold at which at most ``target_far`` of the strangers get in.

    Args:
        unknown_distance: distances of strangers, all or the smallest ones.
        target_far: the share that may get in, between 0 and 1.
        n_distances: of how many distances these are the smallest; by default they are all.

    Raises:
        ValueError: the rate is not between 0 and 1, or finer than the visits can tell.
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
    first_refused = unknown_distance.sort().values[allowed]
    threshold = torch.nextafter(first_refused, -torch.ones_like(first_refused)).item()
    if threshold <= 0:
        raise ValueError(
            f"more than {target_far:.3g} of the strangers are at distance 0 from somebody: no "
            "threshold keeps them out"
        )
    return threshold


def threshold_of_pairs(embeddings: Tensor, labels: Tensor, far: float) -> float:
    """The largest threshold at which a share ``far`` of all pairs of strangers is accepted.

    The distances are made a few rows at a time, and only the smallest are kept: a table of all
    pictures with all would not fit where there are many.

    Raises:
        ValueError: as for ``threshold_for``.
    """
    counts = labels.unique(return_counts=True)[1]
    n_pairs = int((len(labels) ** 2 - (counts**2).sum()) // 2)
    n_kept = min(n_pairs, int(far * n_pairs + 1e-9) + 1)
    embeddings = at_least_float32(embeddings)
    embeddings = embeddings - embeddings.mean(dim=0)
    place = torch.arange(len(labels), device=labels.device)
    smallest = embeddings.new_zeros(0)
    for rows in place.split(max(1, AT_ONCE // len(labels))):
        later = place > rows[:, None]  # each pair once
        strangers = later & (labels[rows, None] != labels)
        found = torch.cdist(embeddings[rows], embeddings)[strangers]
        smallest = torch.cat([smallest, found])
        smallest = smallest.topk(min(n_kept, len(smallest)), largest=False).values
    return threshold_for(smallest, far, n_pairs)


def far_of_one(far: float, n_enrolled: int) -> float:
    """The rate for one comparison that gives ``far`` over ``n_enrolled`` independent ones.

    The comparisons of one visitor are not independent: who looks like one person looks like
    their likes. So the rate at the door is at most ``far``, as a rule less.
    """
    return 1 - (1 - far) ** (1 / n_enrolled)

"""The threshold of the door: rehearse with people who are neither enrolled nor in training."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.batch_indices import same_class
from siamese_lib.checks import check_counts, check_ids, check_share
from siamese_lib.distances import all_distances, at_least_float32
from siamese_lib.randomness import as_generator
from siamese_lib.sampling import Buckets, random_subsets


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


def threshold_for(unknown_distance: Tensor, target_far: float) -> float:
    """The largest threshold at which at most ``target_far`` of the strangers get in.

    Raises:
        ValueError: the rate is not between 0 and 1, or finer than the visits can tell.
    """
    check_share("target_far", target_far)
    # A product like 0.29 * 100 comes out a hair below 29.
    allowed = int(target_far * len(unknown_distance) + 1e-9)
    if allowed < 1:
        raise ValueError(
            f"a false-accept rate of {target_far:.3g} is finer than {len(unknown_distance):,} "
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


def stranger_distances(embeddings: Tensor, labels: Tensor) -> Tensor:
    """Distances ``(T,)`` of all pairs of pictures of different people, each pair once."""
    return all_distances(embeddings)[(~same_class(labels)).triu(1)]


def far_of_one(far: float, n_enrolled: int) -> float:
    """The rate for one comparison that gives ``far`` over ``n_enrolled`` independent ones.

    The comparisons of one visitor are not independent: who looks like one person looks like
    their likes. So the rate at the door is at most ``far``, as a rule less.
    """
    return 1 - (1 - far) ** (1 / n_enrolled)

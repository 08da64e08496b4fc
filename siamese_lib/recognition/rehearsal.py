"""Rehearse the door with people who are neither enrolled nor in training."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.checks import check_counts, check_ids
from siamese_lib.distances import at_least_float32
from siamese_lib.randomness import as_generator
from siamese_lib.sampling import Buckets, random_subsets


class Visits(NamedTuple):
    """The best match of each visitor in many rehearsals.

    Attributes:
        known_distance: float ``(K,)``, distance of known visitors to the nearest person enrolled.
        known_right: bool ``(K,)``, whether that person is the visitor.
        unknown_distance: float ``(U,)``, the same distance for visitors who are not enrolled.
        unknown_person: int64 ``(U,)``, who these visitors are.
        unknown_nearest: int64 ``(U,)``, the person enrolled who is nearest to each.
    """

    known_distance: Tensor
    known_right: Tensor
    unknown_distance: Tensor
    unknown_person: Tensor
    unknown_nearest: Tensor


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
    labels = check_ids("labels", labels, len(embeddings))
    people = Buckets(labels)
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
    known, right, unknown, stranger, nearest = [], [], [], [], []
    for who in order:
        pictures = people.draw(who, n_shot + 1, generator).to(embeddings.device)
        enrolled = embeddings[pictures[:n_enrolled, :n_shot].flatten()]
        visitor = embeddings[pictures[:, n_shot]]
        distance, picture = torch.cdist(visitor, enrolled).min(dim=1)
        person = torch.arange(n_enrolled, device=picture.device)
        known.append(distance[:n_enrolled])
        right.append(picture[:n_enrolled] // n_shot == person)
        unknown.append(distance[n_enrolled:])
        met = labels[pictures[:, 0].cpu()]
        stranger.append(met[n_enrolled:])
        nearest.append(met[picture[n_enrolled:].cpu() // n_shot])
    parts = (known, right, unknown, stranger, nearest)
    return Visits(*(torch.cat(part).cpu() for part in parts))

"""The threshold of a door, and the probability over the distance, from a rehearsal."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from siamese_lib.checks import check_ids, check_share
from siamese_lib.messages import note
from siamese_lib.metrics import DistanceCalibration
from siamese_lib.randomness import as_generator
from siamese_lib.recognition.rehearsal import Visits, visits
from siamese_lib.recognition.threshold import (
    comparisons_of_pairs,
    comparisons_of_visits,
    far_of_one,
    threshold_for,
    thresholds_over_people,
)

LEVEL = 0.9


@dataclass(frozen=True)
class DoorCalibration:
    """The threshold of a door, and what it was found on.

    Attributes:
        threshold: largest distance at which a visitor is let in.
        target_far: share of strangers who may get in.
        n_enrolled: people enrolled in the rehearsals; with more, more strangers get in.
        n_people: people it was rehearsed with.
        lowest: lower end of a 90 % interval for the threshold, over other people who might have
            been asked.
        highest: its upper end.
        confidence: how sure the threshold is, or None for the one that fits these people best.
        curve: the probability over the distance.
    """

    threshold: float
    target_far: float
    n_enrolled: int
    n_people: int
    lowest: float
    highest: float
    confidence: float | None
    curve: DistanceCalibration


def calibrated(
    embeddings: Tensor,
    labels: Tensor,
    target_far: float,
    n_enrolled: int,
    n_rehearsals: int = 50,
    generator: torch.Generator | int | None = 0,
    confidence: float | None = None,
) -> DoorCalibration:
    """Find the threshold at which a share ``target_far`` of the strangers gets in.

    A threshold is only as good as the people whom it was found on are many: other people would
    have given another one. How far apart these would lie is estimated by drawing people anew
    (``lowest`` and ``highest``). With ``confidence`` the threshold is one that so large a share of
    these draws would have allowed. With fewer than ``1 / target_far`` people the strangers at
    the threshold are likely to be pictures of one or two, and the estimate is too narrow. A note
    says so.

    Args:
        embeddings: ``(N, D)``, of people who are neither enrolled nor known to the network.
        labels: integers ``(N,)``, who each picture shows; two pictures or more of each.
        target_far: share of strangers who may get in, between 0 and 1.
        n_enrolled: people to enrol in a rehearsal. With more of them than there are people (less
            one), the rate is worked out from single comparisons as if they were independent.
        n_rehearsals: how often.
        generator: a ``torch.Generator`` or a seed.
        confidence: between 0 and 1, for example 0.95: a threshold on the safe side. None takes
            the one that lets in ``target_far`` of these strangers; in half of all cases more get in
            at the door.

    Raises:
        ValueError: a rate or a confidence that is out of range, a rate finer than so many visits
            can tell, or too few people or pictures.
    """
    check_share("target_far", target_far)
    embeddings, labels = embeddings.cpu(), check_ids("labels", labels, len(embeddings))
    n_people = len(labels.unique())
    needed = math.ceil(1 / target_far)
    if n_people < needed:
        note(
            f"{n_people} people are few for a false-accept rate of {target_far:.2%}: the rate at "
            f"the door may well be twice as high or more. Calibrate on {needed:,} people or more."
        )
    if confidence is not None:
        check_share("confidence", confidence)
    generator = as_generator(generator)
    rehearsed = min(n_enrolled, n_people - 1)
    seen = visits(embeddings, labels, max(1, rehearsed), 1, n_rehearsals, generator)
    far = target_far
    if rehearsed == n_enrolled:
        strangers = comparisons_of_visits(seen)
    else:
        note(
            f"{n_people} people cannot rehearse a door for {n_enrolled}: the threshold is "
            "worked out from single comparisons, as if they were independent"
        )
        far = far_of_one(target_far, n_enrolled)
        strangers = comparisons_of_pairs(embeddings, labels, far)
    threshold = threshold_for(strangers.distance, far, strangers.n)
    others = thresholds_over_people(strangers, far, generator)
    lowest, highest = (others.quantile((1 + side * LEVEL) / 2).item() for side in (-1, 1))
    if confidence is not None:
        threshold = min(threshold, others.quantile(1 - confidence).item())
        if threshold <= 0:
            raise ValueError(
                f"with confidence={confidence} the door would open to nobody: in so many draws of "
                "these people strangers are at distance 0 from somebody"
            )
    return DoorCalibration(
        threshold=threshold,
        target_far=float(target_far),
        n_enrolled=n_enrolled,
        n_people=n_people,
        lowest=lowest,
        highest=highest,
        confidence=confidence,
        curve=_curve(seen),
    )


def _curve(seen: Visits) -> DistanceCalibration:
    """The probability that the nearest person is the visitor, if half of all are enrolled.

    Some of them are nearer to somebody else, so less than half of the names are right.
    """
    both = (seen.known_distance, seen.unknown_distance)
    return DistanceCalibration.fit(
        torch.cat(both),
        torch.cat([seen.known_right, torch.zeros(len(seen.unknown_distance), dtype=torch.bool)]),
        weight=torch.cat([torch.full((len(kind),), 0.5 / len(kind)) for kind in both]),
    )

"""Made-up faces as labelled images."""

from __future__ import annotations

from typing import NamedTuple

import torch

from siamese_lib.checks import check_counts
from siamese_lib.data.faces.people import TONES, People, meet_people
from siamese_lib.data.faces.portrait import photograph
from siamese_lib.data.faces.shots import Shots, plan_shots
from siamese_lib.data.labelled_images import LabelledImages
from siamese_lib.randomness import as_generator


class FacePhotographs(NamedTuple):
    """Photographs, and all that is known about them because they are made up.

    Attributes:
        data: N pictures. A class is a person, a group the tone of their skin, and a maker one day
            of one person.
        people: N people, one for each picture.
        shots: N shots.
    """

    data: LabelledImages
    people: People
    shots: Shots


def photographs_of(
    people: People,
    n_days: int = 3,
    n_per_day: int = 3,
    size: int = 64,
    generator: torch.Generator | int | None = None,
    name: str = "made-up faces",
) -> FacePhotographs:
    """Photographs of some people, on several days; see ``plan_shots`` for what a day is.

    Args:
        people: P people.
        n_days: days on which each of them comes by.
        n_per_day: photographs of a person on a day.
        size: side of the square pictures in pixels, 16 or more.
        generator: a generator or a seed.
        name: of the set; people are called ``"person 0000"``, ``"person 0001"``, ...

    Raises:
        ValueError: a number below 1, or pictures of fewer than 16 pixels.
    """
    check_counts(n_days=n_days, n_per_day=n_per_day)
    generator = as_generator(generator, people.facts.device)
    shots = plan_shots(people, n_days, n_per_day, generator)
    day = torch.arange(len(people) * n_days, device=people.facts.device)
    makers = day.repeat_interleave(n_per_day)
    labels = makers // n_days
    names = tuple(f"person {number:04}" for number in range(len(people)))
    shown = people[labels]
    data = LabelledImages(
        images=photograph(shown, shots, size, generator),
        labels=labels,
        groups=shown.tone_group,
        makers=makers,
        class_names=names,
        group_names=tuple(f"{tone} skin" for tone in TONES),
        maker_names=tuple(f"{person} day {day}" for person in names for day in range(n_days)),
        name=name,
    )
    return FacePhotographs(data, shown, shots)


def make_faces(
    n_people: int,
    n_days: int = 3,
    n_per_day: int = 3,
    size: int = 64,
    darker: float = 0.5,
    generator: torch.Generator | int | None = None,
) -> LabelledImages:
    """Photographs of people who do not exist.

    Args:
        n_people: how many.
        n_days: days on which each of them comes by.
        n_per_day: photographs of a person on a day.
        size: side of the square pictures in pixels, 16 or more.
        darker: the share of people whose skin is of the darker half, 0 to 1.
        generator: a generator or a seed.

    Returns:
        ``n_people * n_days * n_per_day`` pictures in colour. A class is a person, a group the tone
        of their skin, and a maker one day of one person.

    Raises:
        ValueError: a number below 1, a share outside 0 to 1, or pictures of fewer than 16 pixels.

    >>> make_faces(2, n_days=1, n_per_day=2, size=32, generator=0).images.shape
    torch.Size([4, 3, 32, 32])
    """
    generator = as_generator(generator)
    people = meet_people(n_people, darker, generator)
    return photographs_of(people, n_days, n_per_day, size, generator).data

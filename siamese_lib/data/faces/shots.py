"""What differs from one photograph to the next: the day, the camera, the light, the expression."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.data.faces.people import People
from siamese_lib.randomness import as_generator, draws


class Shots(NamedTuple):
    """N photographs before they are taken. ``shots._replace(glasses=...)`` changes one thing.

    Attributes:
        pose: float ``(N, 3)``, yaw, pitch and roll in radians.
        place: float ``(N, 3)``, shift to the right and down (in halves of the side), and scale.
        light: float ``(N, 4)``, the direction that light comes from (right, down), how much of
            it is directed (0 to 1), and the exposure (1 is right).
        cast: float ``(N, 3)``, a factor for red, green and blue: the colour of the light.
        expression: float ``(N, 4)``, smile, open mouth (0 or more), lifted brows, open eyes.
        gaze: float ``(N, 2)``, to the right and down.
        hair: float ``(N, 3)``, volume, fringe and parting of the day, in standard deviations.
        glasses: bool ``(N,)``, whether they are worn.
        clothes: float ``(N, 3)``, their colour.
        wall: float ``(N, 3)``, the colour of the background.
        noise: float ``(N,)``, standard deviation of the camera's noise.
    """

    pose: Tensor
    place: Tensor
    light: Tensor
    cast: Tensor
    expression: Tensor
    gaze: Tensor
    hair: Tensor
    glasses: Tensor
    clothes: Tensor
    wall: Tensor
    noise: Tensor


def plan_shots(
    people: People, n_days: int, n_per_day: int, generator: torch.Generator | int | None = None
) -> Shots:
    """Photographs of everybody, on several days.

    Of one day are the hair, the clothes, the glasses, the room and its light; the pose, the
    expression and the camera's noise change from picture to picture. Who owns glasses wears them
    on seven days in ten.

    Args:
        people: P people.
        n_days: days, on which each of them comes by.
        n_per_day: photographs of a person on a day.
        generator: a generator or a seed.

    Returns:
        ``P * n_days * n_per_day`` shots; those of one person stand together, day by day.
    """
    generator = as_generator(generator, people.facts.device)
    n_visits = len(people) * n_days
    n = n_visits * n_per_day

    rand, any_normal = draws(generator)

    def randn(*shape: int) -> Tensor:
        return any_normal(*shape).clamp(-2.2, 2.2)

    def of_the_day(values: Tensor) -> Tensor:
        return values.repeat_interleave(n_per_day, dim=0)

    angle = 6.2832 * rand(n_visits)
    direction = torch.stack([0.9 * angle.cos(), 0.3 * angle.sin() - 0.35], dim=1)
    directed, exposure = 0.15 + 0.5 * rand(n_visits), torch.exp(0.16 * randn(n_visits))
    light = torch.cat([direction, directed[:, None], exposure[:, None]], dim=1)
    owner = people.glasses.repeat_interleave(n_days)
    smile, mouth, brows, eyes = randn(n, 4).unbind(1)
    expression = [0.5 + 0.8 * smile, (mouth - 0.8).clamp(min=0), 0.5 * brows, 1 + 0.14 * eyes]
    return Shots(
        pose=randn(n, 3) * randn(n, 3).new_tensor([0.20, 0.10, 0.07]),
        place=torch.stack([0.04 * randn(n), 0.04 * randn(n), torch.exp(0.05 * randn(n))], 1),
        light=of_the_day(light),
        cast=of_the_day(torch.exp(0.05 * randn(n_visits, 3))),
        expression=torch.stack(expression, dim=1),
        gaze=0.4 * randn(n, 2),
        hair=of_the_day(randn(n_visits, 3)),
        glasses=of_the_day(owner & (rand(n_visits) < 0.7)),
        clothes=of_the_day(0.1 + 0.75 * rand(n_visits, 3)),
        wall=of_the_day(0.25 + 0.6 * rand(n_visits, 1) + 0.05 * randn(n_visits, 3)),
        noise=0.012 + 0.02 * rand(n),
    )

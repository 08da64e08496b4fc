"""People who sign: each owns a movement that they have made a thousand times.

A signature is not a drawing of letters; it is one practised movement. Here it is a row of knots,
passed one after the other at a nearly steady beat: a large initial, a run of letters that go up and
down between the lines, and a flourish. Long strokes take hardly longer than short ones, as in real
handwriting, so the pen is fast where the knots are far apart.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.randomness import draws

INITIAL = 8  # knots of the initial
LETTERS = 8  # letters at most
PER_LETTER = 4  # knots: up, top, down, foot
FLOURISH = 8  # knots of the flourish
KNOTS = INITIAL + LETTERS * PER_LETTER + FLOURISH
# How a signature ends: how often.
ENDINGS = {"short": 0.25, "tail": 0.25, "paraph": 0.25, "underline": 0.25}


class Signers(NamedTuple):
    """N people, and the movement that each of them is used to.

    The unit is the height of a small letter; x to the right, y down, the line at y = 0.

    Attributes:
        knots: ``(N, KNOTS, 2)``, upright, on a level line; the unused ones at the end repeat the
            last.
        used: int64 ``(N,)``, how many knots are used.
        air: bool ``(N, KNOTS)``, True where the pen is lifted on the way to the next knot.
        press: ``(N, KNOTS)``, how hard the pen is pressed at each knot, about 1.
        slant: ``(N,)``, x moves by so much for each unit up.
        slope: ``(N,)``, how steeply the line rises, in radians.
        beat: ``(N,)``, knots a second.
        unsteady: ``(N,)``, how much this person's signatures differ from each other; about 1.
        tremor: ``(N,)``, how far the hand shakes, in units.
        flat: ``(N,)``, 0 for a pen that is pressed and lifted with the movement, 1 for an even
            pressure.
        rounding: ``(N,)``, how much of each turn is cut off, 0 to 1.
    """

    knots: Tensor
    used: Tensor
    air: Tensor
    press: Tensor
    slant: Tensor
    slope: Tensor
    beat: Tensor
    unsteady: Tensor
    tremor: Tensor
    flat: Tensor
    rounding: Tensor

    def rows(self, which: Tensor) -> Signers:
        """Some of them, repeated as often as wanted: ``which`` int64 ``(M,)``."""
        return Signers(*(field[which] for field in self))


def meet_signers(n: int, generator: torch.Generator) -> Signers:
    """Make up ``n`` people on the device of ``generator``."""
    device = generator.device

    rand, randn = draws(generator)

    n_letters = torch.randint(3, LETTERS + 1, (n,), generator=generator, device=device)
    letters, letters_end = _letters(n, n_letters, generator)
    initial, initial_lifts = _initial(n, generator)
    flourish, flourish_lifts, flourish_count = _flourish(letters_end, generator)

    knots = torch.cat([initial, letters.flatten(1, 2), flourish], dim=1)
    air = torch.zeros(n, KNOTS, dtype=torch.bool, device=device)
    air[:, INITIAL - 1] = initial_lifts
    rows = torch.arange(n, device=device)
    air[rows, INITIAL + PER_LETTER * n_letters - 1] = flourish_lifts

    # What is not used is moved behind what is, and stays where the movement ended.
    place = torch.arange(KNOTS, device=device)
    in_letters = place < INITIAL + PER_LETTER * n_letters[:, None]
    behind = place - (INITIAL + LETTERS * PER_LETTER)
    used = (in_letters & (behind < 0)) | ((behind >= 0) & (behind < flourish_count[:, None]))
    # Where the pen was lifted stands at its knot, and so moves with it.
    order = (~used).int().argsort(dim=1, stable=True)
    count = used.sum(1)
    order = order.gather(1, torch.minimum(place.expand(n, -1), count[:, None] - 1))
    knots = knots.gather(1, order[..., None].expand(-1, -1, 2))
    downwards = knots[:, :, 1].diff(dim=1, prepend=knots[:, :1, 1]).sign()
    depth = 0.5 + 0.3 * rand(n, 1)
    return Signers(
        knots=knots,
        used=count,
        air=air.gather(1, order),
        press=(1 + depth * downwards + 0.15 * randn(n, KNOTS)).clamp(0.2, 2),
        slant=0.25 + 0.22 * randn(n),
        slope=0.08 * randn(n),
        beat=14 * torch.exp(0.2 * randn(n)),
        unsteady=torch.exp(0.35 * randn(n)),
        tremor=0.01 * torch.exp(0.3 * randn(n)),
        flat=torch.zeros(n, device=device),
        rounding=torch.zeros(n, device=device),
    )


def _letters(n: int, n_letters: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Letters ``(n, LETTERS, PER_LETTER, 2)``, and where the last one ends ``(n, 2)``."""
    device = generator.device

    rand, randn = draws(generator)

    kind = rand(n, LETTERS)
    tall, deep = kind < 0.25, (kind > 0.25) & (kind < 0.38)
    height = 1 + 0.25 * randn(n, LETTERS).clamp(-2, 2) + tall * (0.9 + 0.6 * rand(n, 1))
    depth = 0.1 * randn(n, LETTERS) + deep * (1.0 + 0.6 * rand(n, 1))
    # Many people's letters get flatter and wider towards the end.
    along = torch.arange(LETTERS, device=device) / (n_letters[:, None] - 1)
    fade = torch.exp(-(0.9 * rand(n, 1)) * along)
    width = (0.75 + 0.5 * rand(n, 1)) * torch.exp(0.3 * randn(n, LETTERS)) / fade.sqrt()
    loop = 0.15 + 0.3 * rand(n, 1) + 0.16 * randn(n, LETTERS) + 0.1 * (tall | deep)
    start = width.cumsum(1) - width
    top, foot = -1.35 * height * fade, 0.9 * depth
    knots = torch.stack(
        [
            torch.stack([start + 0.25 * width + loop, 0.5 * top], -1),
            torch.stack([start + 0.5 * width, top], -1),
            torch.stack([start + 0.55 * width - loop, 0.4 * top + 0.6 * foot], -1),
            torch.stack([start + 0.85 * width, foot], -1),
        ],
        dim=2,
    )
    knots = knots + 0.13 * randn(n, LETTERS, PER_LETTER, 2)
    last = knots[torch.arange(n, device=device), n_letters - 1, -1]
    return knots, last


def _initial(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A large first letter ``(n, INITIAL, 2)``, left of x = 0; and whether the pen is lifted."""
    device = generator.device

    rand, _ = draws(generator)

    # Upwards first, then round: one turning for the whole, another from some knot on.
    turn = (0.5 + 0.7 * rand(n, 2)) * torch.where(rand(n, 2) < 0.5, -1.0, 1.0)
    step = torch.arange(INITIAL - 1, device=device)
    change = torch.randint(2, INITIAL - 2, (n, 1), generator=generator, device=device)
    turning = torch.where(step < change, turn[:, :1], turn[:, 1:])
    heading = -math.pi / 2 + 1.2 * (rand(n, 1) - 0.5) + turning.cumsum(1)
    stride = torch.exp(0.35 * torch.randn(n, INITIAL - 1, generator=generator, device=device))
    steps = torch.stack([heading.cos() * stride, heading.sin() * stride], -1)
    knots = torch.cat([torch.zeros_like(steps[:, :1]), steps.cumsum(1)], dim=1)
    low, high = knots.amin(1, keepdim=True), knots.amax(1, keepdim=True)
    box = torch.stack([1.4 + 1.2 * rand(n, 1), 2.6 + 1.4 * rand(n, 1)], -1)
    knots = (knots - low) / (high - low).clamp(min=0.3) * box
    foot = 0.9 * rand(n, 1)
    corner = torch.stack([-box[..., 0] - 0.1, foot - box[..., 1]], -1)
    return knots + corner, rand(n) < 0.45


def _flourish(end: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """How it ends: knots ``(n, FLOURISH, 2)``, whether the pen is lifted before, knots used."""
    n, device = len(end), generator.device

    rand, _ = draws(generator)

    odds = torch.tensor(list(ENDINGS.values()), device=device).expand(n, -1)
    kind = torch.multinomial(odds, 1, generator=generator)[:, 0]
    way = torch.linspace(0, 1, FLOURISH, device=device)
    x, y = end[:, :1], end[:, 1:]
    left = x * (0.1 + 0.5 * rand(n, 1)) - 1.0 * rand(n, 1)
    below = 0.9 + 0.8 * rand(n, 1)
    bow = (rand(n, 1) - 0.3) * 0.8
    reach = x + 1.5 * rand(n, 1)

    short = torch.stack([x + 0.9 * way, y - 0.3 * way], -1)
    rise = 1.6 * (rand(n, 1) - 0.35)
    tail = torch.stack([x + (1.5 + 2 * rand(n, 1)) * way, y + 0.2 - rise * way**1.5], -1)
    # A paraph runs back under the name, turns, and comes out to the right again.
    back = (1 - (2 * way - 1).abs().clamp(max=1)).pow(0.8)
    paraph = torch.stack(
        [
            x + 0.7 * torch.sin(math.pi * way) + back * (left - x) + way**4 * (reach - x),
            y + below * way.pow(0.5) + 0.35 * torch.sin(2 * math.pi * way),
        ],
        -1,
    )
    line = torch.stack(
        [left + (reach - left) * way, 0.3 + below + bow * torch.sin(math.pi * way)], -1
    )
    every = torch.stack([short, tail, paraph, line])
    knots = every[kind, torch.arange(n, device=device)]
    count = torch.tensor([2, FLOURISH, FLOURISH, FLOURISH], device=device)[kind]
    return knots, kind == 3, count

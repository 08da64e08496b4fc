"""Signing: the practised movement, made once more; and a copy of it by another hand."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese_lib.data.rendering import render
from siamese_lib.data.signatures.signers import INITIAL, KNOTS, Signers
from siamese_lib.randomness import draws

POINTS = 320  # moments of one signature
DRAWN = 320  # points along its line, where it is drawn
# Of the picture's height: how much the signature may fill, and the ordinary width of the pen.
FILLED, PEN = 0.88, 0.036


class Movements(NamedTuple):
    """What a tablet records: N signatures, each at T moments from its beginning to its end.

    Attributes:
        position: ``(N, T, 2)``, the tip of the pen; x to the right, y down; the height of a small
            letter is about 1.
        pressure: ``(N, T)``, about 1; 0 where the pen is in the air.
        seconds: ``(N,)``, how long the signature took. The moments divide it evenly.
    """

    position: Tensor
    pressure: Tensor
    seconds: Tensor

    @property
    def speed(self) -> Tensor:
        """``(N, T - 1)``, units a second, from each moment to the next."""
        steps = self.position.diff(dim=1).norm(dim=-1)
        return steps * (self.position.shape[1] - 1) / self.seconds[:, None]

    def and_then(self, others: Movements) -> Movements:
        """These movements, and then the others."""
        return Movements(*(torch.cat(fields) for fields in zip(self, others, strict=True)))


def sign(signers: Signers, generator: torch.Generator) -> Movements:
    """One signature by each signer: no two are the same.

    Args:
        signers: N people (repeat a person to have them sign again).
        generator: where the variation comes from.
    """
    n, device = len(signers.used), generator.device

    _, randn = draws(generator)

    by = signers.unsteady[:, None, None]
    # A hand drifts: neighbouring knots stray together, and letters get wider or narrower.
    stray = 0.12 * _smooth(randn(n, KNOTS, 2)) + 0.06 * _smooth(randn(n, KNOTS, 2)).cumsum(1) / 2
    free = torch.ones(KNOTS, device=device)
    free[:INITIAL] = 1.5
    knots = signers.knots + by * stray * free[:, None]
    aspect = torch.exp(0.07 * by * randn(n, 1, 2))
    knots = _round_off(knots * aspect, signers.rounding)
    slant = signers.slant + 0.05 * signers.unsteady * randn(n)
    slope = signers.slope + 0.03 * signers.unsteady * randn(n)
    press = 1 + (signers.press - 1) * (1 - signers.flat[:, None]) + 0.08 * randn(n, KNOTS)
    press = press * torch.exp(0.1 * randn(n, 1))

    # The beat is not quite even: each person-signature hurries and lingers in its own way.
    way = _beat(signers.used, 0.25 * by[:, 0] * randn(n, 3))
    position = _spline(knots, way)
    seconds = signers.used / (signers.beat * torch.exp(0.08 * signers.unsteady * randn(n)))
    position = position + _tremor(signers.tremor, seconds, randn(n, 4, 2), randn(n, 4, 2))
    position = _lean(position, slant, slope)
    on_paper = ~signers.air.gather(1, way.long().clamp(max=KNOTS - 1))
    pressure = _spline(press[..., None], way)[..., 0].clamp(min=0.2) * on_paper
    return Movements(position, pressure, seconds)


def copied(signers: Signers, forgers: Signers, generator: torch.Generator) -> Signers:
    """How forgers move who have practised the signatures of others: shape from one, hand from two.

    A forger has seen the picture. The order of the strokes and the large shape are right; the eye
    misjudges proportions a little, always in the same way for one forger and one signature. What
    the picture does not show is the forger's own: slower, so rounder or shakier, and pressed more
    evenly.

    Args:
        signers: N people whose signature is copied.
        forgers: N people who copy: row i copies row i.
        generator: where the forgers' misjudgements come from.

    Returns:
        N "signers", for ``sign``.
    """
    n = len(signers.used)
    rand, randn = draws(generator)

    misjudged = 0.2 * _smooth(randn(n, KNOTS, 2))
    aspect = torch.exp(0.07 * randn(n, 1, 2))
    shaky = rand(n) < 0.5
    return signers._replace(
        knots=(signers.knots + misjudged) * aspect,
        slant=signers.slant + 0.2 * (forgers.slant - signers.slant),
        slope=signers.slope + 0.2 * (forgers.slope - signers.slope),
        beat=signers.beat / (1.4 + 1.2 * rand(n)),
        unsteady=0.9 * forgers.unsteady,
        tremor=torch.where(shaky, 0.03 + 0.03 * rand(n), signers.tremor),
        flat=0.85 + 0.15 * rand(n),
        rounding=torch.where(shaky, 0.1 * rand(n), 0.3 + 0.4 * rand(n)),
    )


def draw(movements: Movements, size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """What stays on the paper, cut out so that the signature fills the picture.

    Args:
        movements: N signatures.
        size: height and width of the pictures in pixels.
        generator: which pen was at hand, and how well the picture was cut out.

    Returns:
        uint8 ``(N, 1, height, width)``, ink 255 on 0.
    """
    n, device = len(movements.seconds), generator.device
    pen = PEN * torch.exp(0.15 * torch.randn(n, generator=generator, device=device))
    loose = 1 - 0.08 * torch.rand(n, generator=generator, device=device)
    off = 0.03 * torch.randn(n, 1, 2, generator=generator, device=device)
    on_paper = (movements.pressure > 0)[..., None]
    low = movements.position.masked_fill(~on_paper, torch.inf).amin(1, keepdim=True)
    high = movements.position.masked_fill(~on_paper, -torch.inf).amax(1, keepdim=True)
    frame = torch.tensor([size[1] / size[0], 1.0], device=device)
    scale = (2 * FILLED * frame / (high - low)).amin(-1, keepdim=True) * loose[:, None, None]
    position = (movements.position - (low + high) / 2) * scale + off
    path, lengths, pressure = _even(position, movements.pressure)
    return render(path[:, None], lengths[:, None], pen, size, pressure[:, None])


def _smooth(noise: Tensor) -> Tensor:
    """Noise ``(N, K, 2)`` whose neighbours resemble each other, of about the same size."""
    padded = F.pad(noise.transpose(1, 2), (1, 1), mode="replicate").transpose(1, 2)
    return (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / math.sqrt(6)


def _round_off(knots: Tensor, amount: Tensor) -> Tensor:
    """Each knot moved towards the middle of its neighbours by a share ``(N,)`` of the way."""
    middle = knots.clone()
    middle[:, 1:-1] = (knots[:, :-2] + knots[:, 2:]) / 2
    return knots + 0.5 * amount[:, None, None] * (middle - knots)


def _beat(count: Tensor, waves: Tensor) -> Tensor:
    """Which knot is reached at each moment: ``(N, POINTS)``, rising from 0 to the last knot."""
    time = torch.linspace(0, 1, POINTS, device=count.device)
    order = torch.arange(1, waves.shape[1] + 1, device=count.device)
    # sin(k pi t) / (k pi) has a slope of cos(k pi t): small waves never turn time round.
    bends = torch.sin(math.pi * order[:, None] * time) / (math.pi * order[:, None])
    way = time + (waves / order).clamp(-0.3, 0.3) @ bends
    return way.clamp(0, 1) * (count[:, None] - 1)


def _spline(knots: Tensor, way: Tensor) -> Tensor:
    """The cubic B-spline through ``knots`` ``(N, K, D)`` at ``way`` ``(N, T)``: ``(N, T, D)``."""
    before = way.long().clamp(max=knots.shape[1] - 2)
    t = (way - before)[..., None]
    weights = (
        (1 - t) ** 3 / 6,
        (3 * t**3 - 6 * t**2 + 4) / 6,
        (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
        t**3 / 6,
    )
    total = torch.zeros((), device=knots.device)
    for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
        place = (before + offset).clamp(0, knots.shape[1] - 1)
        total = total + weight * knots.gather(1, place[..., None].expand(-1, -1, knots.shape[2]))
    return total


def _tremor(size: Tensor, seconds: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """Shaking at 7 to 13 times a second: ``(N, POINTS, 2)``."""
    time = torch.linspace(0, 1, POINTS, device=size.device) * seconds[:, None]
    rate = 2 * math.pi * torch.tensor([7.0, 9.0, 11.0, 13.0], device=size.device)
    angle = time[..., None] * rate
    return size[:, None, None] * (angle.sin() @ one + angle.cos() @ other) / 2


def _lean(position: Tensor, slant: Tensor, slope: Tensor) -> Tensor:
    """Slanted letters on a line that rises."""
    x, y = position.unbind(-1)
    x = x - slant[:, None] * y
    cos, sin = slope.cos()[:, None], slope.sin()[:, None]
    return torch.stack([cos * x + sin * y, cos * y - sin * x], -1)


def _even(position: Tensor, pressure: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Points evenly along the line where they were evenly in time: a fast pen leaves no gaps.

    Returns:
        Path ``(N, DRAWN, 2)``, the length of line at each point (0 in the air), the pressure.
    """
    inked = (pressure[:, 1:] > 0) & (pressure[:, :-1] > 0)
    steps = position.diff(dim=1).norm(dim=-1) * inked
    run = F.pad(steps.cumsum(1), (1, 0))  # (N, T), rising
    total = run[:, -1:]
    wanted = (torch.arange(DRAWN, device=run.device) + 0.5) / DRAWN * total
    after = torch.searchsorted(run.contiguous(), wanted.contiguous()).clamp(1, run.shape[1] - 1)
    start, end = run.gather(1, after - 1), run.gather(1, after)
    share = ((wanted - start) / (end - start).clamp(min=1e-9)).clamp(0, 1)

    def between(values: Tensor) -> Tensor:
        a = values.gather(1, (after - 1)[..., None].expand(-1, -1, values.shape[2]))
        b = values.gather(1, after[..., None].expand(-1, -1, values.shape[2]))
        return a + share[..., None] * (b - a)

    lengths = (total / DRAWN).expand(-1, DRAWN)
    return between(position), lengths, between(pressure[..., None])[..., 0]

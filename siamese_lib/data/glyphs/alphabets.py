"""Alphabets with a style of their own, and characters made in that style.

The way of thinking is Lake's (Science 2015): a script owns a few pen movements; a character puts
one to four of them together, each begun at, ended at, or laid along an earlier one, or set free.
Letters of one alphabet therefore look like relatives, and two alphabets do not.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese_lib.data.rendering import render
from siamese_lib.randomness import draws

STROKES = 4  # at most, in one character
KNOTS = 6  # control points of one stroke
MOVEMENTS = 9  # pen movements that an alphabet owns
# The kinds of movement: how the pen turns between one knot and the next.
KINDS = ("line", "arc", "hook", "wave", "loop", "zigzag", "corner", "bracket")
# How often each kind occurs over all alphabets; each alphabet then has its own taste.
KIND_WEIGHTS = (1.6, 1.5, 0.8, 0.4, 1.0, 0.25, 1.2, 0.8)


class Alphabets(NamedTuple):
    """Styles of A alphabets.

    Attributes:
        movements: ``(A, MOVEMENTS, KNOTS, 2)``, each about one unit large.
        favour: ``(A, MOVEMENTS)``, how often a movement is used.
        stroke_odds: ``(A, STROKES)``, the odds of one to four strokes.
        attach: ``(A,)``, how often a stroke touches an earlier one.
        dots: ``(A,)``, how often a later stroke is a dot.
        turn_step: ``(A,)``, angle of which a movement is turned by multiples, in radians.
        smooth: ``(A,)``, 0 for corners and straight lines, 1 for round strokes.
        proportions: ``(A, 2)``, width and height of the characters, up to 1.
        stem: ``(A,)``, how often the first stroke is the alphabet's own first movement, as the
            head line of Devanagari is.
    """

    movements: Tensor
    favour: Tensor
    stroke_odds: Tensor
    attach: Tensor
    dots: Tensor
    turn_step: Tensor
    smooth: Tensor
    proportions: Tensor
    stem: Tensor


class Characters(NamedTuple):
    """C characters in their ideal form, before anybody has drawn them.

    Attributes:
        knots: ``(C, STROKES, KNOTS, 2)``, centred, within -1 to 1.
        used: bool ``(C, STROKES)``.
        smooth: ``(C,)``, as for the alphabet.
    """

    knots: Tensor
    used: Tensor
    smooth: Tensor


def design_alphabets(n: int, generator: torch.Generator) -> Alphabets:
    """Design ``n`` alphabets on the device of ``generator``."""

    rand, _ = draws(generator)

    def gamma_like(*shape: int, spread: float) -> Tensor:
        # exp of a normal: positive, with a few large values, so that each alphabet has tastes.
        normal = torch.randn(*shape, generator=generator, device=generator.device)
        return torch.exp(spread * normal)

    taste = gamma_like(n, len(KINDS), spread=1.2) * torch.tensor(
        KIND_WEIGHTS, device=generator.device
    )
    kinds = torch.multinomial(taste, MOVEMENTS, replacement=True, generator=generator)
    turn_steps = torch.tensor([math.pi / 2, math.pi / 4, math.pi], device=generator.device)
    stroke_centre = 1.6 + 1.7 * rand(n, 1)
    counts = torch.arange(1, STROKES + 1, device=generator.device)
    return Alphabets(
        movements=_movements(kinds, generator),
        favour=gamma_like(n, MOVEMENTS, spread=1.6),
        stroke_odds=torch.exp(-((counts - stroke_centre) ** 2) / 0.8),
        attach=0.6 + 0.38 * rand(n),
        dots=(rand(n) - 0.45).clamp(min=0) * 0.8,
        turn_step=turn_steps[torch.randint(3, (n,), generator=generator, device=generator.device)],
        smooth=(1.6 * rand(n) - 0.2).clamp(0, 1),
        proportions=0.6 + 0.4 * rand(n, 2),
        stem=(rand(n) - 0.55).clamp(min=0) * 2,
    )


def _movements(kinds: Tensor, generator: torch.Generator) -> Tensor:
    """Turn kinds ``(A, M)`` into knots ``(A, M, KNOTS, 2)``, walking knot by knot."""
    shape, device = (*kinds.shape, KNOTS - 1), kinds.device
    step = torch.arange(KNOTS - 1, device=device).expand(shape)
    bend = 0.5 + torch.rand(*kinds.shape, 1, generator=generator, device=device)
    side = torch.where(torch.rand(*kinds.shape, 1, generator=generator, device=device) < 0.5, -1, 1)
    corner_at = torch.randint(1, KNOTS - 1, (*kinds.shape, 1), generator=generator, device=device)
    quarter = math.pi / 2
    turning = torch.stack(
        [
            torch.zeros(shape, device=device),  # line
            (0.45 * bend).expand(shape),  # arc
            torch.where(step >= KNOTS - 3, 1.0 * bend, 0.0),  # hook: straight, then round
            torch.where(step < (KNOTS - 1) / 2, 0.7 * bend, -0.7 * bend),  # wave
            (0.75 + 0.55 * bend).expand(shape),  # loop
            torch.where(step % 2 == 0, 1.4, -1.4) * (0.8 + 0.4 * bend),  # zigzag
            torch.where(step == corner_at, quarter * (0.6 + 0.5 * bend), 0.0),  # corner
            torch.where((step == 1) | (step == 4), quarter, 0.0) * (0.8 + 0.2 * bend),  # bracket
        ]
    )
    turning = turning.gather(0, kinds[None, ..., None].expand(1, *shape))[0] * side
    wobble = 0.03 * torch.randn(shape, generator=generator, device=device)
    # Most movements set out along an axis, as most writing does.
    oblique = torch.rand(*kinds.shape, 1, generator=generator, device=device) < 0.3
    start = torch.randint(4, (*kinds.shape, 1), generator=generator, device=device) * quarter
    heading = start + oblique * (quarter / 2) + (turning + wobble).cumsum(-1)
    stride = torch.exp(0.2 * torch.randn(shape, generator=generator, device=device))
    steps = torch.stack([heading.cos() * stride, heading.sin() * stride], dim=-1)
    knots = torch.cat([torch.zeros_like(steps[..., :1, :]), steps.cumsum(-2)], dim=-2)
    low, high = knots.amin(-2, keepdim=True), knots.amax(-2, keepdim=True)
    return (knots - (low + high) / 2) / (high - low).amax(-1, keepdim=True)


def design_characters(
    alphabets: Alphabets, per_alphabet: int, generator: torch.Generator
) -> Characters:
    """Design ``per_alphabet`` characters for each alphabet, no two of one alphabet too alike.

    Half as many again are designed, and those that resemble an earlier one of their alphabet the
    most are dropped.

    Returns:
        Characters, ``C = A * per_alphabet``, alphabet by alphabet.
    """
    n_alphabets = len(alphabets.attach)
    tried = per_alphabet + (per_alphabet + 1) // 2
    every = torch.arange(n_alphabets, device=generator.device).repeat_interleave(tried)
    characters = _compose(Alphabets(*(field[every] for field in alphabets)), generator)

    looks = _look(characters).unflatten(0, (n_alphabets, tried))
    apart = torch.cdist(looks, looks)
    later = torch.ones(tried, tried, dtype=torch.bool, device=apart.device).tril(-1)
    to_earlier = apart.masked_fill(~later, torch.inf).amin(-1)
    kept = to_earlier.topk(per_alphabet, dim=1).indices.sort(1).values
    rows = (kept + torch.arange(n_alphabets, device=kept.device)[:, None] * tried).flatten()
    return Characters(*(field[rows] for field in characters))


def _look(characters: Characters) -> Tensor:
    """A coarse, blurred picture of each character as one vector: near means alike."""
    n = len(characters.used)
    paths, lengths = strokes_to_paths(characters.knots * 0.75, characters.used, characters.smooth)
    pen = torch.full((n,), 0.16, device=paths.device)
    return render(paths, lengths, pen, 16).flatten(1).to(torch.float32) / 255


def _compose(style: Alphabets, generator: torch.Generator) -> Characters:
    """One character for each row of ``style``: strokes laid down one after another."""
    n, device = len(style.attach), generator.device

    rand, _ = draws(generator)

    count = torch.multinomial(style.stroke_odds, 1, generator=generator) + 1
    used = torch.arange(STROKES, device=device) < count
    chosen = torch.multinomial(style.favour, STROKES, replacement=True, generator=generator)
    chosen[:, 0] = torch.where(rand(n) < style.stem, 0, chosen[:, 0])
    rows = torch.arange(n, device=device)
    knots = torch.zeros(n, STROKES, KNOTS, 2, device=device)
    for stroke in range(STROKES):
        shape = style.movements[rows, chosen[:, stroke]]
        turns = torch.randint(8, (n,), generator=generator, device=device)
        # The stem keeps its direction, so that it looks the same in each character.
        turned = style.turn_step * turns * ((stroke > 0) | (chosen[:, stroke] != 0))
        size = torch.exp(0.35 * (rand(n) * 2 - 1)) * (1.0 if stroke == 0 else 0.8)
        if stroke > 0:
            size = torch.where(rand(n) < style.dots, 0.06, size)
        shape = _rotate(shape, turned) * size[:, None, None]
        if stroke > 0:
            shape = shape + _place(knots[:, :stroke], shape, style.attach, generator)
        knots[:, stroke] = shape
    return Characters(_fit(knots, used) * style.proportions[:, None, None], used, style.smooth)


def _place(earlier: Tensor, shape: Tensor, attach: Tensor, generator: torch.Generator) -> Tensor:
    """Where the next stroke goes: an offset ``(n, 1, 2)`` for ``shape`` ``(n, KNOTS, 2)``."""
    n, n_strokes, _, _ = earlier.shape
    device = generator.device

    def pick(high: int) -> Tensor:
        return torch.randint(high, (n,), generator=generator, device=device)

    rows = torch.arange(n, device=device)
    # Ends and the middle are the usual places to join, of both strokes.
    joints = torch.tensor([0, KNOTS - 1, 0, KNOTS - 1, KNOTS // 2, 1], device=device)
    target = earlier[rows, pick(n_strokes), joints[pick(6)]]
    joined = target - shape[rows, joints[pick(5)]]
    angle = pick(8) * (math.pi / 4)
    away = 0.55 + 0.35 * torch.rand(n, generator=generator, device=device)
    beside = torch.stack([angle.cos() * away, angle.sin() * away], dim=1)
    attached = torch.rand(n, generator=generator, device=device) < attach
    return torch.where(attached[:, None], joined, beside)[:, None]


def _rotate(points: Tensor, angle: Tensor) -> Tensor:
    """Rotate ``(n, K, 2)`` by ``(n,)`` radians about the origin."""
    cos, sin = angle.cos()[:, None], angle.sin()[:, None]
    x, y = points[..., 0], points[..., 1]
    return torch.stack([cos * x - sin * y, sin * x + cos * y], dim=-1)


def _fit(knots: Tensor, used: Tensor) -> Tensor:
    """Centre each character and fill its frame of -1 to 1: letters are rarely long and thin."""
    absent = ~used[:, :, None, None]
    low = knots.masked_fill(absent, torch.inf).amin((1, 2), keepdim=True)
    high = knots.masked_fill(absent, -torch.inf).amax((1, 2), keepdim=True)
    sides = (high - low).clamp(min=0.1)
    longer = sides.amax(-1, keepdim=True)
    # The shorter side is widened by up to a half; a line stays a line.
    stretch = (longer / sides).pow(0.5).clamp(max=1.5)
    knots = (knots - (low + high) / 2) * stretch * (2 / longer.clamp(min=0.6))
    return knots.masked_fill(absent, 0.0)


POINTS = 40  # along each stroke when it is drawn


def strokes_to_paths(knots: Tensor, used: Tensor, smooth: Tensor) -> tuple[Tensor, Tensor]:
    """Run the pen through the knots.

    Args:
        knots: ``(N, STROKES, KNOTS, 2)``.
        used: bool ``(N, STROKES)``.
        smooth: ``(N,)``: 0 joins the knots by straight lines, 1 by a cubic B-spline.

    Returns:
        Paths ``(N, STROKES, POINTS, 2)`` and the length of path ``(N, STROKES, POINTS)`` that
        belongs to each point, 0 where a stroke is not used.
    """
    straight, spline = (basis.to(knots) for basis in _bases())
    blend = smooth[:, None, None, None]
    weights = (1 - blend) * straight + blend * spline
    paths = weights @ knots
    steps = paths.diff(dim=2).norm(dim=-1) / 2
    lengths = F.pad(steps, (0, 1)) + F.pad(steps, (1, 0)) + 1e-6
    return paths, lengths * used[:, :, None]


def _bases() -> tuple[Tensor, Tensor]:
    """Weights ``(POINTS, KNOTS)`` of the knots along the pen's way: linear, and cubic B-spline."""
    knots = torch.arange(KNOTS, dtype=torch.float32)
    way = torch.linspace(0, KNOTS - 1, POINTS)[:, None]
    straight = (1 - (way - knots).abs()).clamp(min=0)

    # Beyond both ends the row of knots is continued straight, so the spline begins and ends there.
    outer = torch.arange(-1, KNOTS + 1, dtype=torch.float32)
    gap = (way - outer).abs()
    bump = torch.where(gap < 1, 2 / 3 - gap**2 + gap**3 / 2, ((2 - gap).clamp(min=0) ** 3) / 6)
    spline = bump[:, 1:-1].clone()
    spline[:, 0] += 2 * bump[:, 0]
    spline[:, 1] -= bump[:, 0]
    spline[:, -1] += 2 * bump[:, -1]
    spline[:, -2] -= bump[:, -1]
    return straight, spline

"""Made-up people: what stays the same from one photograph of a face to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from siamese_lib.checks import check_at_least_zero, check_counts, check_share
from siamese_lib.randomness import as_generator, draws

# Each fact of a face: its mean over people, and its standard deviation. Lengths are in halves of
# the picture's side before the camera moves; the head is about 1.2 high and 1 wide.
FACTS = {
    "head_width": (0.49, 0.035),
    "head_height": (0.62, 0.03),
    "jaw": (2.3, 0.28),  # exponent of the outline below the eyes: pointed to square
    "crown": (2.2, 0.15),  # and above
    "ear_size": (0.115, 0.02),
    "ear_level": (0.02, 0.03),
    "eye_distance": (0.205, 0.02),  # from the middle of the face
    "eye_level": (-0.06, 0.03),
    "eye_width": (0.092, 0.011),
    "eye_height": (0.046, 0.009),
    "eye_tilt": (0.0, 0.11),
    "brow_gap": (0.125, 0.018),  # above the eye
    "brow_thickness": (0.030, 0.009),
    "brow_arch": (0.030, 0.014),
    "brow_tilt": (0.0, 0.11),
    "brow_length": (0.125, 0.015),
    "nose_length": (0.27, 0.035),
    "nose_width": (0.088, 0.016),
    "mouth_level": (0.335, 0.025),  # below the middle of the head
    "mouth_width": (0.155, 0.024),
    "upper_lip": (0.024, 0.007),
    "lower_lip": (0.034, 0.008),
    "mouth_curve": (0.0, 0.12),
    "hairline": (-0.36, 0.055),
    "hair_peak": (0.0, 0.055),  # a hairline that comes down in the middle, or goes up
    "hair_parting": (0.0, 0.09),
    "hair_volume": (0.065, 0.025),
    "hair_length": (0.0, 0.35),  # how far down the sides; below -0.2 there is none beside the face
    "hair_shade": (0.0, 1.0),  # an index into the colours of hair, by quantile
    "iris_shade": (0.0, 1.0),
    "beard": (-0.9, 0.9),  # seen above 0
    "mole_x": (0.0, 0.16),
    "mole_y": (0.10, 0.14),
    "mole": (-0.5, 1.0),  # seen above 0
    "lip_shade": (0.0, 1.0),
    "skin_warmth": (0.0, 1.0),
}
NUMBER = {name: i for i, name in enumerate(FACTS)}
TONES = ("lighter", "darker")


@dataclass(frozen=True, eq=False)
class People:
    """P made-up people.

    Attributes:
        facts: float ``(P, F)``, each fact of ``FACTS`` in standard deviations from its mean.
        tone: float ``(P,)``, of the skin, from 0 (lightest) to 1 (darkest).
        glasses: bool ``(P,)``, who owns a pair.
        frame: float ``(P, 3)``, its width, height and thickness, in standard deviations.
    """

    facts: Tensor
    tone: Tensor
    glasses: Tensor
    frame: Tensor

    def __len__(self) -> int:
        return len(self.facts)

    def __getitem__(self, which: Tensor | slice) -> People:
        """Some of them, in that order; a person may be taken more than once."""
        return People(*(part[which] for part in self._parts()))

    def _parts(self) -> tuple[Tensor, ...]:
        return self.facts, self.tone, self.glasses, self.frame

    @property
    def tone_group(self) -> Tensor:
        """int64 ``(P,)``, an index into ``TONES``."""
        return (self.tone >= 0.5).long()

    def fact(self, name: str) -> Tensor:
        """One fact ``(P,)`` in the unit of ``FACTS``."""
        mean, spread = FACTS[name]
        return mean + spread * self.facts[:, NUMBER[name]]

    def together(self, others: People) -> People:
        """Both, these first."""
        parts = zip(self._parts(), others._parts(), strict=True)
        return People(*(torch.cat(pair) for pair in parts))


def meet_people(
    n: int, darker: float = 0.5, generator: torch.Generator | int | None = None
) -> People:
    """Make up ``n`` people.

    All facts but the tone of the skin are drawn alike for everybody: hair, eyes and shapes have
    nothing to do with it, unlike in the world.

    Args:
        n: how many.
        darker: the share of them whose skin is of the darker half, 0 to 1.
        generator: a generator or a seed.

    Raises:
        ValueError: ``n`` below 1, or a share outside 0 to 1.
    """
    check_counts(n=n)
    check_at_least_zero(darker=darker)
    if darker > 1:
        raise ValueError(f"darker must be a share between 0 and 1, got {darker}")
    generator = as_generator(generator)
    device = generator.device
    rand, randn = draws(generator)
    facts = randn(n, len(FACTS)).clamp(-2.2, 2.2)
    depth = rand(n)
    is_darker = torch.arange(n, device=device) < round(darker * n)
    is_darker = is_darker[torch.randperm(n, generator=generator, device=device)]
    return People(
        facts=facts,
        tone=torch.where(is_darker, 0.62 + 0.38 * depth, 0.38 * depth),
        glasses=rand(n) < 0.5,
        frame=randn(n, 3).clamp(-2, 2),
    )


def look_alikes(
    people: People, apart: float = 0.4, generator: torch.Generator | int | None = None
) -> People:
    """For each of them somebody who resembles them, as a sibling would.

    Args:
        people: P people.
        apart: how far the look-alike is from the person, as a share of how far two people are
            apart who have nothing to do with each other: 0 is a double, 1 a stranger.
        generator: a generator or a seed.

    Raises:
        ValueError: ``apart`` is not between 0 and 1.
    """
    check_share("apart", apart)
    generator = as_generator(generator, people.facts.device)
    fresh = torch.randn(people.facts.shape, generator=generator, device=people.facts.device)
    # The spread over people stays 1, and two of a pair differ by `apart` times sqrt(2) spreads.
    kept = 1 - apart**2
    facts = kept * people.facts + (1 - kept**2) ** 0.5 * fresh
    return replace(people, facts=facts.clamp(-2.2, 2.2))

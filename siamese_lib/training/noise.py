"""Random generators of dropout and augmentation, for one process or many."""

from __future__ import annotations

import hashlib

import torch

from siamese_lib.distributed import this_rank
from siamese_lib.randomness import seed_global


def generator_of(augment: object) -> dict[str, torch.Generator]:
    """Return ``{"augment": generator}`` of an augmentation, or an empty dict if it has none."""
    generator = getattr(augment, "generator", None)
    return {"augment": generator} if isinstance(generator, torch.Generator) else {}


def noise_of_rank(
    seed: int, step: int, device: torch.device, augment: torch.Generator | None
) -> None:
    """Seed dropout and augmentation by the run's seed, the step and the rank.

    Ranks draw different noise, and a run can resume with a different number of ranks.
    """
    digest = hashlib.sha256(f"{seed} {step} {this_rank()}".encode()).digest()
    own = int.from_bytes(digest[:7], "big")
    seed_global(own, device)
    if augment is not None:
        augment.manual_seed(own + 1)

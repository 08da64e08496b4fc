"""Where the noise of a run comes from: dropout and augmentation, for one process and for many."""

from __future__ import annotations

import hashlib

import torch

from siamese_lib.distributed import this_rank
from siamese_lib.randomness import seed_global


def generator_of(augment: object) -> dict[str, torch.Generator]:
    """The generator that an augmentation draws from, by name; empty where it has none."""
    generator = getattr(augment, "generator", None)
    return {"augment": generator} if isinstance(generator, torch.Generator) else {}


def noise_of_rank(
    seed: int, step: int, device: torch.device, augment: torch.Generator | None
) -> None:
    """Seed all noise by the run's seed, the step and the rank, whatever was drawn before.

    So ranks draw different noise, no rank's generators need to be stored, and a run can go on
    with another number of ranks.
    """
    digest = hashlib.sha256(f"{seed} {step} {this_rank()}".encode()).digest()
    own = int.from_bytes(digest[:7], "big")
    seed_global(own, device)
    if augment is not None:
        augment.manual_seed(own + 1)

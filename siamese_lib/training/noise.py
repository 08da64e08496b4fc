"""Where the noise of a run comes from: dropout and augmentation, for one process and for many."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from siamese_lib.distributed import this_rank


def generator_of(augment: object) -> dict[str, torch.Generator]:
    """The generator that an augmentation draws from, by name; empty where it has none."""
    generator = getattr(augment, "generator", None)
    return {"augment": generator} if isinstance(generator, torch.Generator) else {}


@contextmanager
def lent_generators(seed: int, device: torch.device) -> Iterator[None]:
    """Dropout draws from the global generators: they are seeded for the run, then given back."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        _seed_global(seed, device)
        yield


def noise_of_rank(
    seed: int, step: int, device: torch.device, augment: torch.Generator | None
) -> None:
    """Seed all noise by the run's seed, the step and the rank, whatever was drawn before.

    So ranks draw different noise, no rank's generators need to be stored, and a run can go on
    with another number of ranks.
    """
    digest = hashlib.sha256(f"{seed} {step} {this_rank()}".encode()).digest()
    own = int.from_bytes(digest[:7], "big")
    _seed_global(own, device)
    if augment is not None:
        augment.manual_seed(own + 1)


def _seed_global(seed: int, device: torch.device) -> None:
    # Not torch.manual_seed, which would reseed every device and give back one.
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)

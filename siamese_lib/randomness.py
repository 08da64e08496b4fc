"""Random generators: a common argument for seeds and generators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from numbers import Integral

import torch
from torch import Tensor

from siamese_lib.devices import usable_device


def as_generator(
    generator: torch.Generator | int | None, device: torch.device | str = "cpu"
) -> torch.Generator:
    """Return a ``torch.Generator`` for a ``generator`` argument.

    The global generators are not touched.

    Args:
        generator: A generator, which is returned unchanged, a seed, or None for a new generator
            with an unpredictable seed.
        device: Device of a new generator.

    Returns:
        The generator.

    Raises:
        TypeError: If ``generator`` has a different type (a bool, a float or a NumPy generator).
        ValueError: If ``device`` is not available on this machine.
    """
    if isinstance(generator, torch.Generator):
        return generator
    if generator is None:
        made = torch.Generator(device=usable_device(device))
        made.seed()
        return made
    if isinstance(generator, Integral) and not isinstance(generator, bool):
        return torch.Generator(device=usable_device(device)).manual_seed(int(generator))
    raise TypeError(
        f"generator must be a torch.Generator, an int seed or None, got {type(generator).__name__}"
    )


@contextmanager
def lent_generators(seed: int, device: torch.device) -> Iterator[None]:
    """Seed the global generators in a ``with`` block and restore their states afterwards.

    Args:
        seed: Seed of the generators of the CPU and of ``device``.
        device: Device whose generator is seeded in addition to the CPU's.
    """
    before = torch.mps.get_rng_state() if device.type == "mps" else None
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        seed_global(seed, device)
        try:
            yield
        finally:
            if before is not None:
                torch.mps.set_rng_state(before)


def seed_global(seed: int, device: torch.device) -> None:
    """Seed the global generators of the CPU and of one device, and no others."""
    # Not torch.manual_seed, which would reseed every device and give back one.
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


def draws(
    generator: torch.Generator,
) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    """Return ``torch.rand`` and ``torch.randn`` bound to a generator and its device.

    >>> rand, randn = draws(torch.Generator().manual_seed(0))
    >>> rand(2).shape, randn(3, 4).shape
    (torch.Size([2]), torch.Size([3, 4]))
    """
    source = {"generator": generator, "device": generator.device}
    return partial(torch.rand, **source), partial(torch.randn, **source)

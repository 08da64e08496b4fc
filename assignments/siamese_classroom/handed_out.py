"""Seeds that an answer is given: they tell nothing of the seed that its inputs are drawn from."""

from __future__ import annotations

import hashlib


def handed_out(seed: int, place: int = 0) -> int:
    """Return the seed number ``place`` to hand out, in ``[0, 2**48)``.

    The inputs of a question, and with them what is right, follow from ``seed``. An answer that was
    given ``seed`` itself could draw them again.
    """
    digest = hashlib.blake2b(f"{seed} {place}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")


def kept_inside(seed: int, what: str) -> int:
    """Return a seed for inputs of one kind, in ``[0, 2**48)``, that no other seed leads to.

    Inputs of two kinds from seeds that differ by one would tell of each other: PyTorch's generator
    on the CPU keeps 32 bits of a seed.
    """
    digest = hashlib.blake2b(f"{what} {seed}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")

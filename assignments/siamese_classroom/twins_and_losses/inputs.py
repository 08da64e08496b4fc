"""What the questions of assignment 1 are asked with."""

from __future__ import annotations

import numpy as np

FLIPPED = "it treats 1 as different; here same = 1 means the same class"


def some_pairs(seed: int, n: int = 12, d: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two embeddings each, near and far, and whether they are of the same class."""
    draw = np.random.default_rng(seed)
    z1 = draw.normal(size=(n, d))
    z2 = z1 + draw.normal(size=(n, d)) * np.linspace(0.1, 1.5, n)[:, None]
    return z1, z2, (np.arange(n) + seed) % 2


def norm(difference: np.ndarray) -> np.ndarray:
    """The length of each row: ``(..., D)`` to ``(...)``."""
    return np.sqrt((difference**2).sum(axis=-1))

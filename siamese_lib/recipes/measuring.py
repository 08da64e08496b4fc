"""Measure a network on what it has never seen: three exams, each with its interval."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from siamese_lib.data import lake_trials, load_characters
from siamese_lib.embedding import embed_all
from siamese_lib.evaluation import OneShotResult, evaluate_lake, one_shot_accuracy

EXAMS = ("unstructured", "within_alphabet", "official_trials")


def measure(
    embed: Callable[[Tensor], Tensor],
    source: str = "auto",
    n_episodes: int = 1000,
    device: torch.device | str = "cpu",
    size: int = 28,
) -> dict[str, OneShotResult]:
    """Unstructured and within-alphabet 20-way one-shot, and the 400 official trials.

    Only for the end: nothing may be chosen by these numbers.

    Args:
        embed: images ``(B, 1, size, size)`` to embeddings.
        source: as for ``load_characters``.
        n_episodes: of each kind, with 20 queries in each; which ones is fixed.
        device: where the network is.
        size: side of the images that it takes, in pixels.

    Returns:
        A result for each of ``EXAMS``.
    """
    data = load_characters(source, "evaluation", size).to(device)
    z = embed_all(embed, data)
    results = {
        protocol: one_shot_accuracy(
            z, data, protocol=protocol, n_episodes=n_episodes, generator=seed
        )
        for seed, protocol in enumerate(EXAMS[:2], start=2)
    }
    results["official_trials"] = evaluate_lake(embed, lake_trials(size, source).to(device))
    return results

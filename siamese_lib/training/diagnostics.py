"""Numbers that show a collapse while it happens."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.batch_checks import check_embeddings, check_labels
from siamese_lib.distances import all_distances


@torch.no_grad()
def diagnose(embeddings: Tensor, labels: Tensor) -> dict[str, float]:
    """Describe a batch of embeddings.

    Args:
        embeddings: ``(B, D)``.
        labels: integers ``(B,)``.

    Returns:
        ``spread``: root mean square distance of the embeddings to their mean; it goes to 0 when a
        network collapses to one point. ``positive_distance`` and ``negative_distance``: mean
        distance of same and of different pairs (NaN where there is none).

    Raises:
        ValueError: NaN or infinity, an empty batch, labels of another length.
        TypeError: labels that are no integers, embeddings that are no floats.
    """
    check_embeddings("embeddings", embeddings)
    check_labels(labels, embeddings)
    z = embeddings.float()
    distance = all_distances(z)
    same = labels[:, None] == labels[None, :]
    mates = same.clone().fill_diagonal_(False)
    return {
        "spread": (z - z.mean(0)).square().sum(1).mean().sqrt().item(),
        "positive_distance": distance[mates].mean().item(),
        "negative_distance": distance[~same].mean().item(),
    }

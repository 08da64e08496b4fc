"""Numbers that show a collapse while it happens."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.batch_indices import positive_pairs, same_class
from siamese_lib.checks import check_embeddings, check_labels
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
        distance of positive and of negative pairs (NaN where there is none).

    Raises:
        ValueError: NaN or infinity, an empty batch, labels of another length.
        TypeError: labels that are not integers, embeddings that are not floats.
    """
    check_embeddings("embeddings", embeddings)
    check_labels(labels, embeddings)
    z = embeddings.float()
    distance = all_distances(z)
    return {
        "spread": (z - z.mean(0)).square().sum(1).mean().sqrt().item(),
        "positive_distance": distance[positive_pairs(labels)].mean().item(),
        "negative_distance": distance[~same_class(labels)].mean().item(),
    }

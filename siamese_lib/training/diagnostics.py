"""Diagnostics of a batch of embeddings, such as a collapse to one point."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.batch_indices import positive_pairs, same_class
from siamese_lib.checks import check_embeddings, check_labels
from siamese_lib.distances import all_distances


@torch.no_grad()
def diagnose(embeddings: Tensor, labels: Tensor) -> dict[str, float]:
    """Return the spread of a batch of embeddings and the mean distances of its pairs.

    Args:
        embeddings: Float tensor of shape ``(B, D)``.
        labels: Integer class labels of shape ``(B,)``.

    Returns:
        ``spread``: Root mean square distance of the embeddings to their mean. It approaches 0 when
        a network collapses to one point. ``positive_distance`` and ``negative_distance``: Mean
        distance of the positive and of the negative pairs, NaN if there are none.

    Raises:
        ValueError: If the batch is empty, if shapes do not match, or if ``embeddings`` contains NaN
            or infinity (checked on the CPU only).
        TypeError: If ``labels`` is not an integer tensor or ``embeddings`` is not a float tensor.
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

"""Miners of pairs."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.batch_checks import check_at_least_zero, check_embeddings, check_labels
from siamese_lib.distances import all_distances


class PairMarginMiner:
    """Same pairs that are too far apart, and different pairs that are too close.

    Args:
        pos_margin: same pairs at more than this distance are taken, 0 or more.
        neg_margin: different pairs at less than this distance are taken, 0 or more.

    Raises:
        ValueError: a negative margin.
    """

    def __init__(self, pos_margin: float = 0.2, neg_margin: float = 0.8) -> None:
        check_at_least_zero(pos_margin=pos_margin, neg_margin=neg_margin)
        self.pos_margin, self.neg_margin = pos_margin, neg_margin

    @torch.no_grad()
    def __call__(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Mine a batch.

        Args:
            embeddings: ``(B, D)``.
            labels: integers ``(B,)``.

        Returns:
            Index tensors of same pairs ``(a1, p)`` and of different pairs ``(a2, n)``, int64, each
            in both orders. Either may be empty.

        Raises:
            ValueError: NaN or infinity, an empty batch, labels of another length.
            TypeError: labels that are no integers, embeddings that are no floats.
        """
        check_embeddings("embeddings", embeddings)
        check_labels(labels, embeddings)
        distance = all_distances(embeddings.detach())
        same = labels[:, None] == labels[None, :]
        mates = same.clone().fill_diagonal_(False)
        too_far = (mates & (distance > self.pos_margin)).nonzero(as_tuple=True)
        too_close = (~same & (distance < self.neg_margin)).nonzero(as_tuple=True)
        return *too_far, *too_close

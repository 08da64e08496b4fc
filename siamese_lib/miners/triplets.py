"""Miners of triplets."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.batch_checks import check_at_least_zero, check_embeddings, check_labels
from siamese_lib.distances import all_distances

TYPES = ("all", "hard", "semihard", "easy")

Triplets = tuple[Tensor, Tensor, Tensor]


class BatchHardMiner:
    """For each image its farthest mate and its nearest stranger.

    The "batch hard" of Hermans, Beyer and Leibe (2017).
    Time and memory grow with B squared: one table of distances.
    """

    @torch.no_grad()
    def __call__(self, embeddings: Tensor, labels: Tensor) -> Triplets:
        """Mine a batch.

        Args:
            embeddings: ``(B, D)``.
            labels: integers ``(B,)``.

        Returns:
            Indices of anchors, positives and negatives, int64 ``(T,)`` each. T is the number of
            images that have both a mate and a stranger, and may be 0. Ties go to the first in the
            batch.

        Raises:
            ValueError: NaN or infinity, an empty batch, labels of another length.
            TypeError: labels that are no integers, embeddings that are no floats.
        """
        check_embeddings("embeddings", embeddings)
        check_labels(labels, embeddings)
        # The order of squared distances is that of the distances, and the root takes its time.
        distance = all_distances(embeddings.detach(), squared=True)
        same = labels[:, None] == labels[None, :]
        has_both = (same.sum(dim=1) > 1) & ~same.all(dim=1)
        # An image is no mate of itself: its distance, 0, is put below all others.
        farthest = distance.masked_fill(~same, -1).fill_diagonal_(-1).argmax(dim=1)
        nearest = distance.masked_fill_(same, torch.inf).argmin(dim=1)
        anchor = has_both.nonzero().squeeze(1)
        return anchor, farthest[anchor], nearest[anchor]


class TripletMarginMiner:
    """Triplets by how far the negative is behind the positive: ``gap = d_an - d_ap``.

    Args:
        margin: 0 or more.
        type_of_triplets: ``"all"``: gap of at most the margin, so that the loss is not zero;
            ``"hard"``: gap of at most 0, the negative is closer than the positive;
            ``"semihard"``: gap above 0 and at most the margin (Schroff et al. 2015);
            ``"easy"``: gap above the margin, the loss is zero.

    Raises:
        ValueError: a negative margin or an unknown type.
    """

    def __init__(self, margin: float = 0.2, type_of_triplets: str = "all") -> None:
        check_at_least_zero(margin=margin)
        if type_of_triplets not in TYPES:
            raise ValueError(
                f"type_of_triplets must be one of {', '.join(TYPES)}, got {type_of_triplets!r}"
            )
        self.margin, self.type_of_triplets = margin, type_of_triplets

    @torch.no_grad()
    def __call__(self, embeddings: Tensor, labels: Tensor) -> Triplets:
        """Mine a batch: anchor, positive, negative, int64 ``(T,)`` each; T may be 0.

        Args and errors as for ``BatchHardMiner``. One row is made for each pair of mates, so
        memory grows with B squared times K - 1 for P x K batches.
        """
        check_embeddings("embeddings", embeddings)
        check_labels(labels, embeddings)
        distance = all_distances(embeddings.detach())
        same = labels[:, None] == labels[None, :]
        anchor, positive = same.clone().fill_diagonal_(False).nonzero(as_tuple=True)
        gap = distance[anchor] - distance[anchor, positive][:, None]
        wanted = self._wanted(gap) & ~same[anchor]
        pair, negative = wanted.nonzero(as_tuple=True)
        return anchor[pair], positive[pair], negative

    def _wanted(self, gap: Tensor) -> Tensor:
        if self.type_of_triplets == "easy":
            return gap > self.margin
        if self.type_of_triplets == "hard":
            return gap <= 0
        if self.type_of_triplets == "semihard":
            return (gap > 0) & (gap <= self.margin)
        return gap <= self.margin

"""Mining of pairs by their distance."""

from __future__ import annotations

from torch import Tensor

from siamese_lib.batch_indices import positive_pairs, same_class
from siamese_lib.checks import check_at_least_zero
from siamese_lib.distances import all_distances
from siamese_lib.miners.base import Miner


class PairMarginMiner(Miner):
    """Select positive pairs that are too far apart and negative pairs that are too close.

    Args:
        pos_margin: Distance above which a positive pair is selected, 0 or more.
        neg_margin: Distance below which a negative pair is selected, 0 or more.

    Raises:
        ValueError: If a margin is negative.
    """

    def __init__(self, pos_margin: float = 0.2, neg_margin: float = 0.8) -> None:
        check_at_least_zero(pos_margin=pos_margin, neg_margin=neg_margin)
        self.pos_margin, self.neg_margin = pos_margin, neg_margin

    def mine(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return positive pairs ``(a1, p)`` and negative pairs ``(a2, n)``, in both orders.

        The result is the tuple ``(a1, p, a2, n)`` of int64 tensors. Either kind of pair may be
        empty.
        """
        distance = all_distances(embeddings)
        too_far = positive_pairs(labels) & (distance > self.pos_margin)
        too_close = ~same_class(labels) & (distance < self.neg_margin)
        a1, p = too_far.nonzero(as_tuple=True)
        a2, n = too_close.nonzero(as_tuple=True)
        return a1, p, a2, n

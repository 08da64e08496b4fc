"""Mining of easy, semi-hard and hard triplets."""

from __future__ import annotations

from torch import Tensor

from siamese_lib.batch_indices import Triplets, positive_pairs, same_class
from siamese_lib.checks import check_at_least_zero, check_one_of
from siamese_lib.distances import all_distances
from siamese_lib.miners.base import Miner

TYPES = ("all", "hard", "semihard", "easy")


class TripletMarginMiner(Miner):
    """Select triplets by ``gap = d_an - d_ap``, how much farther the negative is than the positive.

    Memory grows with ``B**2 * (K - 1)`` for P x K batches, as there is one row for each positive
    pair.

    Args:
        margin: Gap that separates easy triplets from the others, 0 or more.
        type_of_triplets: ``"all"``: gap at most the margin, every triplet that is not easy;
            ``"hard"``: gap at most 0, the negative is not farther than the positive;
            ``"semihard"``: gap above 0 and at most the margin (Schroff et al. 2015); ``"easy"``:
            gap above the margin, the loss is zero.

    Raises:
        ValueError: If ``margin`` is negative or ``type_of_triplets`` is unknown.
    """

    def __init__(self, margin: float = 0.2, type_of_triplets: str = "all") -> None:
        check_at_least_zero(margin=margin)
        check_one_of("type_of_triplets", type_of_triplets, TYPES)
        self.margin, self.type_of_triplets = margin, type_of_triplets

    def mine(self, embeddings: Tensor, labels: Tensor) -> Triplets:
        """Return anchors, positives and negatives, int64 tensors of shape ``(T,)``; T may be 0."""
        distance = all_distances(embeddings)
        anchor, positive = positive_pairs(labels).nonzero(as_tuple=True)
        gap = distance[anchor] - distance[anchor, positive][:, None]
        wanted = self._wanted(gap) & ~same_class(labels)[anchor]
        pair, negative = wanted.nonzero(as_tuple=True)
        return Triplets(anchor[pair], positive[pair], negative)

    def _wanted(self, gap: Tensor) -> Tensor:
        if self.type_of_triplets == "easy":
            return gap > self.margin
        if self.type_of_triplets == "hard":
            return gap <= 0
        if self.type_of_triplets == "semihard":
            return (gap > 0) & (gap <= self.margin)
        return gap <= self.margin

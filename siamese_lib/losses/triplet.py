"""The triplet loss: the positive should be closer than the negative, by a margin."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese_lib.batch_checks import (
    check_at_least_zero,
    check_embeddings,
    check_labels,
    check_same_shape,
)
from siamese_lib.distances import all_distances, pair_distances
from siamese_lib.losses.reducing import CountingLoss, is_labels, same_class


class TripletMarginLoss(CountingLoss):
    r"""Triplet loss, averaged over all triplets, also those at zero.

    .. math:: L = [\, d_{ap} - d_{an} + m \,]_+

    with plain distances, as ``torch.nn.TripletMarginLoss``; FaceNet (Schroff, Kalenichenko and
    Philbin 2015, equation 3) has squared ones.

    It is called in one of two ways:

    - ``loss(anchor, positive, negative)``: embeddings ``(B, D)`` three times;
    - ``loss(embeddings, labels, indices_tuple=None)``: embeddings ``(B, D)``, integer labels
      ``(B,)``, and triplets ``(a, p, n)`` as a miner gives them; by default all of the batch.

    Args:
        margin: m, 0 or more, in units of the (plain or squared) distance.
        p: the norm of the distance, 1 or more.
        swap: use the smaller of the distances anchor to negative and positive to negative
            (Balntas et al. 2016).
        smooth: ``log(1 + exp(d_ap - d_an))`` in place of the hinge: the soft margin of Hermans,
            Beyer and Leibe (2017). The margin is not used then.
        squared: squared distances (p = 2 only).

    Raises:
        ValueError: a negative margin, shapes that do not fit, NaN or infinity.
        TypeError: labels that are no integers, embeddings that are no floats.
    """

    def __init__(
        self,
        margin: float = 0.2,
        p: float = 2,
        swap: bool = False,
        smooth: bool = False,
        squared: bool = False,
    ) -> None:
        super().__init__()
        check_at_least_zero(margin=margin, **{"p - 1": p - 1})
        if squared and p != 2:
            raise ValueError(f"squared=True is for p=2, got p={p}")
        self.margin, self.p, self.swap = margin, p, swap
        self.smooth, self.squared = smooth, squared

    def forward(
        self, anchor: Tensor, positive: Tensor, negative: Tensor | tuple | None = None
    ) -> Tensor:
        """See the class: ``(anchor, positive, negative)``, or ``(embeddings, labels, indices)``."""
        if is_labels(positive):
            return self._of_batch(anchor, positive, negative)
        if negative is None:
            raise TypeError("for triplets, call loss(anchor, positive, negative)")
        named = {"anchor": anchor, "positive": positive, "negative": negative}
        for name, embeddings in named.items():
            check_embeddings(name, embeddings)
        check_same_shape(**named)
        return self._of_triplets(anchor, positive, negative)

    def _of_batch(self, embeddings: Tensor, labels: Tensor, indices_tuple: tuple | None) -> Tensor:
        check_embeddings("embeddings", embeddings)
        check_labels(labels, embeddings)
        if indices_tuple is None:
            indices_tuple = all_triplets(labels)
        if len(indices_tuple) != 3:
            raise ValueError(f"indices_tuple must be (a, p, n), got {len(indices_tuple)} parts")
        if self.p != 2:
            return self._of_triplets(*(embeddings[index] for index in indices_tuple))
        # A pair is in many triplets: each distance is computed once, and then looked up.
        distance = all_distances(embeddings, self.squared)
        a, p, n = indices_tuple
        return self._mean(self._terms(distance[a, p], distance[a, n], distance[p, n]), embeddings)

    def _of_triplets(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        pairs = ((anchor, positive), (anchor, negative), (positive, negative))
        distances = (pair_distances(z1, z2, self.squared, self.p) for z1, z2 in pairs)
        return self._mean(self._terms(*distances), anchor)

    def _terms(self, to_positive: Tensor, to_negative: Tensor, swapped: Tensor) -> Tensor:
        """The loss of each triplet, from distances ``(T,)`` a to p, a to n, and p to n."""
        if self.swap:
            to_negative = torch.minimum(to_negative, swapped)
        if self.smooth:
            return F.softplus(to_positive - to_negative)
        return (to_positive - to_negative + self.margin).clamp(min=0)


def all_triplets(labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """All triplets of a batch: anchor, positive, negative, int64 ``(T,)`` each.

    There are sum over classes of ``n (n - 1) (B - n)`` of them; take a miner for large batches.
    """
    same = same_class(labels)
    other = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    anchor, positive = (same & other).nonzero(as_tuple=True)
    pair, negative = (~same[anchor]).nonzero(as_tuple=True)
    return anchor[pair], positive[pair], negative

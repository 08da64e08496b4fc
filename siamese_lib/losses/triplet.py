"""The triplet loss: the positive should be closer to the anchor than the negative, by a margin."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese_lib.batch_indices import all_triplets
from siamese_lib.checks import (
    check_at_least_zero,
    check_embeddings,
    check_indices,
    check_same_shape,
)
from siamese_lib.distances import all_distances, pair_distances
from siamese_lib.losses.base import BatchLoss


class TripletMarginLoss(BatchLoss):
    r"""Triplet loss, averaged over all triplets, including those that are zero.

    .. math:: L = [\, d_{ap} - d_{an} + m \,]_+

    By default the distances are not squared, as in ``torch.nn.TripletMarginLoss``. FaceNet
    (Schroff, Kalenichenko and Philbin 2015, equation 3) squares them.

    Args:
        margin: m, 0 or more, in units of the distance (squared if ``squared`` is True).
        swap: If True, use the smaller of the distances from anchor to negative and from positive to
            negative (Balntas et al. 2016).
        smooth: If True, use ``log(1 + exp(d_ap - d_an))`` instead of the hinge: the soft margin of
            Hermans, Beyer and Leibe (2017). ``margin`` is then ignored.
        squared: If True, use squared distances.

    Raises:
        ValueError: If ``margin`` is negative.

    >>> z = torch.tensor([[0.0], [0.5], [0.6]])
    >>> loss = TripletMarginLoss(margin=0.2)
    >>> loss.of_triplets(z[:1], z[1:2], z[2:])  # 0.5 - 0.6 + 0.2
    tensor(0.1000)
    """

    def __init__(
        self,
        margin: float = 0.2,
        *,
        swap: bool = False,
        smooth: bool = False,
        squared: bool = False,
    ) -> None:
        super().__init__()
        check_at_least_zero(margin=margin)
        self.margin, self.swap = margin, swap
        self.smooth, self.squared = smooth, squared

    def of_triplets(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Return the mean loss of the given triplets as a scalar tensor.

        Args:
            anchor: Embeddings of shape ``(B, D)``.
            positive: Embeddings of shape ``(B, D)``.
            negative: Embeddings of shape ``(B, D)``.

        Raises:
            ValueError: If shapes differ or the embeddings contain NaN or infinity (checked on the
                CPU only).
            TypeError: If an argument is not a float tensor.
        """
        named = {"anchor": anchor, "positive": positive, "negative": negative}
        for name, embeddings in named.items():
            check_embeddings(name, embeddings)
        check_same_shape(**named)
        return self.mean_of_terms(self.terms(*self._distances(anchor, positive, negative)), anchor)

    def of_batch(self, embeddings: Tensor, labels: Tensor, indices_tuple: tuple | None) -> Tensor:
        """Return the loss of all triplets of the batch, or of a miner's ``(a, p, n)``."""
        if indices_tuple is None:
            indices_tuple = all_triplets(labels)
        check_indices(indices_tuple, ("a", "p", "n"))
        a, p, n = indices_tuple
        # A miner that chooses few triplets needs few distances: no table of all pairs.
        if len(a) <= 2 * len(embeddings):
            distances = self._distances(embeddings[a], embeddings[p], embeddings[n])
            return self.mean_of_terms(self.terms(*distances), embeddings)
        # A pair is in many triplets: each distance is computed once, and then looked up.
        distance = all_distances(embeddings, self.squared)
        return self.mean_of_terms(
            self.terms(distance[a, p], distance[a, n], distance[p, n]), embeddings
        )

    def _distances(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> list[Tensor]:
        d_ap = pair_distances(anchor, positive, self.squared)
        d_an = pair_distances(anchor, negative, self.squared)
        if not self.swap:
            return [d_ap, d_an, d_an]  # the third is not used
        return [d_ap, d_an, pair_distances(positive, negative, self.squared)]

    def terms(self, d_ap: Tensor, d_an: Tensor, d_pn: Tensor) -> Tensor:
        """Return the loss of each triplet from its three distances, each of shape ``(T,)``."""
        if self.swap:
            d_an = torch.minimum(d_an, d_pn)
        if self.smooth:
            return F.softplus(d_ap - d_an)
        return (d_ap - d_an + self.margin).clamp(min=0)

"""Base classes of the losses: a common call signature, the mean over all terms and its counts."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from siamese_lib.batch_indices import same_class
from siamese_lib.checks import (
    check_embeddings,
    check_indices,
    check_labels,
    check_same,
    check_same_shape,
)
from siamese_lib.distances import all_distances, pair_distances


class BatchLoss(nn.Module):
    """Base class of losses that are called as ``loss(embeddings, labels, indices_tuple=None)``.

    A subclass implements ``of_batch``. The value is the mean over *all* terms, including those that
    are zero. The counts of the last batch show what the mean consists of: the same value can come
    from many small violations of the margin or from a few large ones.

    Attributes:
        n_terms: Number of pairs, triplets or anchors in the last batch, an int.
        n_active: Number of terms above zero in the last batch, a scalar int64 tensor. It stays on
            the device until you read it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.n_terms = 0
        self.n_active = torch.zeros((), dtype=torch.int64)

    def forward(
        self, embeddings: Tensor, labels: Tensor, indices_tuple: tuple | None = None
    ) -> Tensor:
        """Return the mean loss of a batch as a scalar tensor.

        Args:
            embeddings: Float tensor of shape ``(B, D)``.
            labels: Integer class labels of shape ``(B,)``.
            indices_tuple: Pairs or triplets chosen by a miner. Default: all pairs or triplets of
                the batch.

        Returns:
            Scalar tensor, float32 or float64. If the batch has no valid pair or triplet, the loss
            is zero and its gradient is zero.

        Raises:
            ValueError: If shapes do not match, if ``embeddings`` contains NaN or infinity (checked
                on the CPU only), or if ``indices_tuple`` does not fit this loss.
            TypeError: If ``labels`` is not an integer tensor or ``embeddings`` is not a float
                tensor.
        """
        check_embeddings("embeddings", embeddings)
        check_labels(labels, embeddings)
        return self.of_batch(embeddings, labels, indices_tuple)

    def of_batch(self, embeddings: Tensor, labels: Tensor, indices_tuple: tuple | None) -> Tensor:
        """Return the loss of a batch whose arguments have been checked.

        A subclass computes ``terms`` of shape ``(T,)``, each 0 or more, and returns
        ``self.mean_of_terms(terms, embeddings)``, which takes the mean and updates the counts.
        """
        raise NotImplementedError

    def mean_of_terms(self, terms: Tensor, connect: Tensor) -> Tensor:
        """Return the mean of ``terms``, ``(T,)``, and update the counts; zero if ``T`` is 0.

        The zero stays connected to ``connect``, so that ``backward()`` works.
        """
        self.n_terms = len(terms)
        self.n_active = (terms.detach() > 0).sum()
        # A sum of nothing is 0 whatever is in the batch; a product with 0 is not.
        nothing = connect.flatten()[:0].sum().to(terms.dtype)
        return terms.mean() if len(terms) else terms.sum() + nothing


def check_no_indices(loss: BatchLoss, indices_tuple: tuple | None) -> None:
    """Raise ValueError if ``indices_tuple`` is given to a loss that uses the whole batch."""
    if indices_tuple is not None:
        raise ValueError(f"{type(loss).__name__} takes the whole batch: use it without a miner")


class PairLoss(BatchLoss):
    """Base class of losses on the distance of a pair; a subclass implements ``terms``.

    Args:
        balanced: If True, the loss is the mean over the positive pairs plus the mean over the
            negative pairs, so that both kinds have the same weight.
        squared_distance: If True, ``terms`` receives squared distances.
    """

    def __init__(self, balanced: bool = False, squared_distance: bool = False) -> None:
        super().__init__()
        self.balanced, self._squared_distance = balanced, squared_distance

    def terms(self, distance: Tensor, same: Tensor) -> Tensor:
        """Return the loss of each pair.

        The computation is elementwise, on ``(T,)`` pairs as well as on a ``(B, B)`` table. On the
        diagonal of the table (distance 0, same class) the result must be finite; the diagonal is
        excluded from the mean. Each term is 0 or more, and terms above 0 count as active.

        Args:
            distance: Distances of any shape.
            same: Bool tensor of the same shape, True for positive pairs.
        """
        raise NotImplementedError

    def of_pairs(self, z1: Tensor, z2: Tensor, same: Tensor) -> Tensor:
        """Return the mean loss of the given pairs as a scalar tensor.

        Args:
            z1: Embeddings of shape ``(B, D)``.
            z2: Embeddings of shape ``(B, D)``; row i forms a pair with row i of ``z1``.
            same: Tensor of shape ``(B,)``, 1 for positive pairs and 0 for negative pairs.

        Raises:
            ValueError: If shapes do not match, if the embeddings contain NaN or infinity, or if
                ``same`` contains values other than 0 and 1. Values are checked on the CPU only.
            TypeError: If ``z1`` or ``z2`` is not a float tensor.
        """
        check_embeddings("z1", z1)
        check_embeddings("z2", z2)
        check_same_shape(z1=z1, z2=z2)
        distance = pair_distances(z1, z2, self._squared_distance)
        return self._mean_of_pairs(distance, check_same(same, z1).bool(), z1)

    def of_batch(self, embeddings: Tensor, labels: Tensor, indices_tuple: tuple | None) -> Tensor:
        """Return the loss of all pairs, each counted once, or of a miner's ``(a1, p, a2, n)``."""
        if indices_tuple is None:
            return self._mean_of_table(embeddings, same_class(labels))
        check_indices(indices_tuple, ("a1", "p", "a2", "n"))
        a1, p, a2, n = indices_tuple
        first, second = torch.cat([a1, a2]), torch.cat([p, n])
        distance = pair_distances(embeddings[first], embeddings[second], self._squared_distance)
        positive = torch.arange(len(first), device=distance.device) < len(a1)
        return self._mean_of_pairs(distance, positive, embeddings)

    def _mean_of_pairs(self, distance: Tensor, same: Tensor, connect: Tensor) -> Tensor:
        terms = self.terms(distance, same)
        if not self.balanced:
            return self.mean_of_terms(terms, connect)
        of_positives, of_negatives = (
            self.mean_of_terms(terms[kind], connect) for kind in (same, ~same)
        )
        self.mean_of_terms(terms, connect)  # the counts are those of all pairs
        return of_positives + of_negatives

    def _mean_of_table(self, embeddings: Tensor, same: Tensor) -> Tensor:
        """Return the mean over all pairs, computed from the table of all distances.

        Counting every pair twice is faster than selecting each pair once.
        """
        terms = self.terms(all_distances(embeddings, self._squared_distance), same)
        diagonal = terms.diagonal()
        n_pairs = len(terms) * (len(terms) - 1)
        self.n_terms = n_pairs // 2
        with torch.no_grad():
            self.n_active = (torch.count_nonzero(terms) - torch.count_nonzero(diagonal)) // 2
        total = terms.sum() - diagonal.sum()
        if not self.balanced:
            return total / max(n_pairs, 1)
        # Both counts stay on the device: asking for their values would wait for it.
        n_same = torch.count_nonzero(same) - len(terms)
        of_same = torch.where(same, terms, 0).sum() - diagonal.sum()
        return of_same / n_same.clamp(min=1) + (total - of_same) / (n_pairs - n_same).clamp(min=1)

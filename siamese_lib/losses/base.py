"""What losses share: one way to be called, one mean, and a count of the terms that made it."""

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
    """A loss over a batch: ``loss(embeddings, labels, indices_tuple=None)``.

    A subclass implements ``of_batch``. The value is the mean over *all* terms, also those at
    zero. The loss remembers what that mean was made of, as a value alone hides a lot: 0.2 can
    mean that every triplet violates its margin a little, or that a few violate it a lot, or that
    the network has collapsed to one point.

    Attributes:
        n_terms: int, pairs, triplets or anchors in the last batch.
        n_active: int64 tensor without dimensions, those with a loss above zero. It is on the
            device, so that reading it costs nothing until you ask.
    """

    def __init__(self) -> None:
        super().__init__()
        self.n_terms = 0
        self.n_active = torch.zeros((), dtype=torch.int64)

    def forward(
        self, embeddings: Tensor, labels: Tensor, indices_tuple: tuple | None = None
    ) -> Tensor:
        """The loss of a batch, float32 (or float64) without dimensions.

        Args:
            embeddings: ``(B, D)``, in any float type.
            labels: integers ``(B,)``.
            indices_tuple: the pairs or triplets that a miner chose; by default all of the batch.

        Returns:
            The mean over all terms. Where there is none, it is a zero that is still connected to
            the embeddings, so that ``backward()`` works and gives zeros.

        Raises:
            ValueError: shapes that do not fit, NaN or infinity (looked for on the CPU), or
                indices of another kind.
            TypeError: labels that are not integers, embeddings that are not floats.
        """
        check_embeddings("embeddings", embeddings)
        check_labels(labels, embeddings)
        return self.of_batch(embeddings, labels, indices_tuple)

    def of_batch(self, embeddings: Tensor, labels: Tensor, indices_tuple: tuple | None) -> Tensor:
        """The loss of arguments that have been checked.

        A subclass ends in ``self.mean_of_terms(terms, embeddings)``, with terms ``(T,)`` of 0 or
        more, which takes the mean and keeps the counts.
        """
        raise NotImplementedError

    def mean_of_terms(self, terms: Tensor, connect: Tensor) -> Tensor:
        """The mean of terms ``(T,)``; with T = 0 a zero connected to ``connect``."""
        self.n_terms = len(terms)
        self.n_active = (terms.detach() > 0).sum()
        # A sum of nothing is 0 whatever is in the batch; a product with 0 is not.
        nothing = connect.flatten()[:0].sum().to(terms.dtype)
        return terms.mean() if len(terms) else terms.sum() + nothing


def check_no_indices(loss: BatchLoss, indices_tuple: tuple | None) -> None:
    """Raise ValueError where a miner chose for a loss that takes the whole batch."""
    if indices_tuple is not None:
        raise ValueError(f"{type(loss).__name__} takes the whole batch: use it without a miner")


class PairLoss(BatchLoss):
    """A loss on the distance of a pair: a subclass implements ``terms``.

    Args:
        balanced: True takes the mean over the positive pairs plus the mean over the negative
            ones, so that the few of the one kind weigh as much as the many of the other.
        squared_distance: ``terms`` takes squared distances.
    """

    def __init__(self, balanced: bool = False, squared_distance: bool = False) -> None:
        super().__init__()
        self.balanced, self._squared_distance = balanced, squared_distance

    def terms(self, distance: Tensor, same: Tensor) -> Tensor:
        """The loss of each pair, from distances of any shape and ``same`` (bool) of that shape.

        A subclass works element by element, on pairs ``(T,)`` as on a whole table ``(B, B)``,
        whose diagonal (distance 0, same) must come out finite; it is left out of the mean. No
        term is below 0: those above count as active.
        """
        raise NotImplementedError

    def of_pairs(self, z1: Tensor, z2: Tensor, same: Tensor) -> Tensor:
        """The loss of pairs that are given one by one, without dimensions.

        Args:
            z1: ``(B, D)``.
            z2: ``(B, D)``.
            same: ``(B,)``, 1 where both are of one class and 0 where they are not.

        Raises:
            ValueError: shapes that do not fit, NaN or infinity, values of ``same`` other than 0
                and 1.
            TypeError: embeddings that are not floats.
        """
        check_embeddings("z1", z1)
        check_embeddings("z2", z2)
        check_same_shape(z1=z1, z2=z2)
        distance = pair_distances(z1, z2, self._squared_distance)
        return self._mean_of_pairs(distance, check_same(same, z1).bool(), z1)

    def of_batch(self, embeddings: Tensor, labels: Tensor, indices_tuple: tuple | None) -> Tensor:
        """All pairs of the batch, each once; or a miner's ``(a1, p)`` and ``(a2, n)``."""
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
        """The mean over all pairs, from the table of all distances.

        Picking each pair once out of the table would take longer than counting all of them twice.
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

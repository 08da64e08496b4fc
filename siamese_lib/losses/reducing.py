"""From many terms to one number, and a count of the terms that made it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CountingLoss(nn.Module):
    """A loss that remembers what its last value was made of.

    A loss value alone hides a lot: 0.2 can mean that every triplet violates its margin a little,
    or that a few violate it a lot, or that the network has collapsed to one point.

    Attributes:
        n_terms: pairs or triplets in the last batch, after each call a whole number.
        n_active: those with a loss above zero, an int64 tensor without dimensions (on the device,
            so that reading it costs nothing until you ask).
    """

    def __init__(self) -> None:
        super().__init__()
        self.n_terms = 0
        self.n_active = torch.zeros((), dtype=torch.int64)

    def _mean(self, terms: Tensor, connect: Tensor) -> Tensor:
        """The mean over *all* terms, also those at zero.

        Args:
            terms: ``(T,)``; T may be 0.
            connect: what the terms were computed from. Where there is no term, the loss is a zero
                that is still connected to it, so that ``backward()`` works and gives zeros.
        """
        self.n_terms = len(terms)
        self.n_active = (terms.detach() > 0).sum()
        return terms.mean() if len(terms) else connect.float().sum() * 0.0

    def _balanced_mean(self, terms: Tensor, same: Tensor, connect: Tensor) -> Tensor:
        """The mean over the same pairs plus the mean over the different ones.

        Args:
            terms: ``(T,)``.
            same: ``(T,)``, 1 for same pairs and 0 for different ones.
            connect: as for ``_mean``.
        """
        total = sum(self._mean(terms[same == kind], connect) for kind in (1, 0))
        self._mean(terms, connect)  # the counts are those of all pairs
        return total

    def _mean_of_table(self, terms: Tensor, same: Tensor, balanced: bool) -> Tensor:
        """The mean over all pairs of a batch, or the balanced one, from a table of terms.

        Picking each pair once out of the table would take longer than counting all of them twice.

        Args:
            terms: ``(B, B)``, the same on both sides of the diagonal, which does not count.
            same: bool ``(B, B)``, whether the two are of one class.
            balanced: as for ``_balanced_mean``.
        """
        diagonal = terms.diagonal()
        n_pairs = len(terms) * (len(terms) - 1)
        self.n_terms = n_pairs // 2
        with torch.no_grad():
            self.n_active = (torch.count_nonzero(terms) - torch.count_nonzero(diagonal)) // 2
        total = terms.sum() - diagonal.sum()
        if not balanced:
            return total / max(n_pairs, 1)
        # Both counts stay on the device: asking for their values would wait for it.
        n_same = torch.count_nonzero(same) - len(terms)
        of_same = torch.where(same, terms, 0).sum() - diagonal.sum()
        return of_same / n_same.clamp(min=1) + (total - of_same) / (n_pairs - n_same).clamp(min=1)


def same_class(labels: Tensor) -> Tensor:
    """Bool ``(B, B)``: whether two rows of a batch share a class."""
    return labels[:, None] == labels[None, :]


def is_labels(second_argument: Tensor) -> bool:
    """Tell ``(embeddings, labels)`` from ``(z1, z2)`` by the kind of the second argument."""
    return not second_argument.is_floating_point() and second_argument.ndim < 2

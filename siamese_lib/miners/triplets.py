"""Miners of triplets."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.batch_checks import check_at_least_zero, check_embeddings, check_labels
from siamese_lib.distances import all_distances, at_least_float32

TYPES = ("all", "hard", "semihard", "easy")

Triplets = tuple[Tensor, Tensor, Tensor]


class BatchHardMiner:
    """For each image its farthest mate and its nearest stranger.

    The "batch hard" of Hermans, Beyer and Leibe (2017).
    Time and memory grow with B squared: one table of all pairs.
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
            batch, as far as rounding leaves them ties.

        Raises:
            ValueError: NaN or infinity, an empty batch, labels of another length.
            TypeError: labels that are no integers, embeddings that are no floats.
        """
        check_embeddings("embeddings", embeddings)
        check_labels(labels, embeddings)
        closeness = _closeness(embeddings.detach())
        mates = _mates(labels)
        itself = torch.arange(len(labels), device=labels.device)[:, None]
        no_mate = (mates < 0) | (mates == itself)
        of_mates = closeness.gather(1, mates.clamp(min=0)).masked_fill_(no_mate, torch.inf)
        farthest = mates.gather(1, of_mates.argmin(dim=1, keepdim=True)).squeeze(1)
        closeness.scatter_(1, torch.where(mates < 0, itself, mates), -torch.inf)
        nearest = closeness.argmax(dim=1)
        n_mates = (mates >= 0).sum(dim=1)
        anchor = ((n_mates > 1) & (n_mates < len(labels))).nonzero().squeeze(1)
        return anchor, farthest[anchor], nearest[anchor]


def _closeness(embeddings: Tensor) -> Tensor:
    """A table ``(B, B)`` whose row i orders all images by their distance to image i, falling.

    ``-d**2 / 2 = z_i . z_j - |z_j|**2 / 2 - |z_i|**2 / 2``, and the last term is the same along
    the row: without it, one matrix product with an addend does the work of several passes over
    the table.
    """
    z = at_least_float32(embeddings)
    with torch.autocast(z.device.type, enabled=False):
        z = z - z.mean(dim=0)  # small squares round little, as in all_distances
        return torch.addmm(z.square().sum(dim=1) / -2, z, z.T)


def _mates(labels: Tensor) -> Tensor:
    """Members of each image's class, itself among them: int64 ``(B, K)``, rising, padded with -1.

    K is the size of the largest class. With few images in each class this is far smaller than the
    table of all pairs, and so is the work on it.
    """
    _, own_class, counts = torch.unique(labels, return_inverse=True, return_counts=True)
    order = own_class.argsort(stable=True)
    first = counts.cumsum(0) - counts
    place = torch.arange(len(labels), device=labels.device) - first[own_class[order]]
    table = torch.full((len(counts), int(counts.max())), -1, device=labels.device)
    table[own_class[order], place] = order
    return table[own_class]


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

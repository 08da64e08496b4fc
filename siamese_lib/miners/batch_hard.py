"""Batch-hard mining: the hardest triplet of each anchor."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.batch_indices import Triplets
from siamese_lib.miners.base import Miner


class BatchHardMiner(Miner):
    """Select the farthest positive and the nearest negative of each image.

    This is "batch hard" of Hermans, Beyer and Leibe (2017). Time and memory grow with the square of
    the batch size.

    >>> z = torch.tensor([[0.0], [1.0], [0.4], [0.6]])
    >>> anchor, positive, negative = BatchHardMiner()(z, torch.tensor([0, 0, 1, 1]))
    >>> positive, negative
    (tensor([1, 0, 3, 2]), tensor([2, 3, 0, 1]))
    """

    def mine(self, embeddings: Tensor, labels: Tensor) -> Triplets:
        """Return anchors, positives and negatives, int64 tensors of shape ``(T,)``.

        T is the number of images that have both a positive and a negative; it may be 0. In a tie,
        the image that comes first in the batch is chosen, unless rounding breaks the tie.
        """
        closeness = _closeness(embeddings)
        members = _class_members(labels)
        itself = torch.arange(len(labels), device=labels.device)[:, None]
        no_positive = (members < 0) | (members == itself)
        of_positives = closeness.gather(1, members.clamp(min=0))
        of_positives.masked_fill_(no_positive, torch.inf)
        farthest = members.gather(1, of_positives.argmin(dim=1, keepdim=True)).squeeze(1)
        closeness.scatter_(1, torch.where(members < 0, itself, members), -torch.inf)
        nearest = closeness.argmax(dim=1)
        n_members = (members >= 0).sum(dim=1)
        anchor = ((n_members > 1) & (n_members < len(labels))).nonzero().squeeze(1)
        return Triplets(anchor, farthest[anchor], nearest[anchor])


def _closeness(z: Tensor) -> Tensor:
    """Return a ``(B, B)`` table; row i sorts all images by their distance to image i, descending.

    ``-d**2 / 2 = z_i . z_j - |z_j|**2 / 2 - |z_i|**2 / 2``. The last term is constant along a row
    and is left out, so that a single ``addmm`` suffices.
    """
    with torch.autocast(z.device.type, enabled=False):
        z = z - z.mean(dim=0)  # small squares round little, as in all_distances
        return torch.addmm(z.square().sum(dim=1) / -2, z, z.T)


def _class_members(labels: Tensor) -> Tensor:
    """Return the members of each image's class, including itself, int64 ``(B, K)``.

    K is the size of the largest class. Members are in ascending order and padded with -1.
    """
    _, own_class, counts = torch.unique(labels, return_inverse=True, return_counts=True)
    order = own_class.argsort(stable=True)
    first = counts.cumsum(0) - counts
    place = torch.arange(len(labels), device=labels.device) - first[own_class[order]]
    table = torch.full((len(counts), int(counts.max())), -1, device=labels.device)
    table[own_class[order], place] = order
    return table[own_class]

"""Losses that compare a positive with many negatives: InfoNCE and supervised contrastive."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese_lib.batch_indices import positive_pairs
from siamese_lib.checks import check_above_zero, check_embeddings, check_same_shape
from siamese_lib.distances import cosines
from siamese_lib.losses.base import BatchLoss, check_no_indices


class SupConLoss(BatchLoss):
    r"""Supervised contrastive loss over a batch (Khosla et al. 2020, equation 2).

    .. math:: L_i = -\frac{1}{|P(i)|} \sum_{j \in P(i)} \log
              \frac{\exp(z_i \cdot z_j / \tau)}{\sum_{k \ne i} \exp(z_i \cdot z_k / \tau)}

    Embeddings are scaled to length 1. P(i) is the set of positives of image i: the other images of
    its class. The loss is the mean over the images that have a positive. It uses the whole batch,
    so it takes no miner.

    Args:
        temperature: τ, above 0.

    Raises:
        ValueError: If ``temperature`` is not above 0, or, when the loss is called, if
            ``indices_tuple`` is given.

    >>> z = torch.eye(2).repeat_interleave(2, 0)  # two classes, as far apart as can be
    >>> SupConLoss(temperature=1.0)(z, torch.tensor([0, 0, 1, 1]))  # log(1 + 2 / e)
    tensor(0.5514)
    """

    def __init__(self, temperature: float = 0.1) -> None:
        super().__init__()
        check_above_zero(temperature=temperature)
        self.temperature = temperature

    def of_batch(self, embeddings: Tensor, labels: Tensor, indices_tuple: tuple | None) -> Tensor:
        """Return the loss of the whole batch."""
        check_no_indices(self, indices_tuple)
        itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
        similarity = cosines(embeddings, embeddings) / self.temperature
        log_p = similarity - similarity.masked_fill(itself, -torch.inf).logsumexp(1, keepdim=True)
        positives = positive_pairs(labels)
        has_positive = positives.any(dim=1)
        # Rows are chosen before the sum: a batch of one has no other row, and its -inf must not
        # reach the gradient.
        chosen = log_p[has_positive].masked_fill(~positives[has_positive], 0.0)
        terms = -chosen.sum(dim=1) / positives[has_positive].sum(dim=1)
        return self.mean_of_terms(terms, embeddings)


class InfoNCELoss(BatchLoss):
    r"""InfoNCE loss: row i of one set should match row i of a second set among all its rows.

    .. math:: L = -\frac1B \sum_i \log
              \frac{\exp(z_i \cdot z'_i / \tau)}{\sum_j \exp(z_i \cdot z'_j / \tau)}

    Embeddings are scaled to length 1 (van den Oord, Li and Vinyals 2018, equation 4, with cosine
    similarity divided by a temperature). A batch must contain exactly two images of each class
    (P x K batches with K = 2): one of them is a row of the first set, and the other is the same row
    of the second set.

    Args:
        temperature: τ, above 0.
        symmetric: If True, take the mean of both directions. If False, compare only the rows of the
            first set with all rows of the second.

    Raises:
        ValueError: If ``temperature`` is not above 0, or, when the loss is called, if a class does
            not have exactly two images in the batch or ``indices_tuple`` is given.
    """

    def __init__(self, temperature: float = 0.1, symmetric: bool = True) -> None:
        super().__init__()
        check_above_zero(temperature=temperature)
        self.temperature, self.symmetric = temperature, symmetric

    def of_batch(self, embeddings: Tensor, labels: Tensor, indices_tuple: tuple | None) -> Tensor:
        """Return the loss of a batch with exactly two images of each class."""
        check_no_indices(self, indices_tuple)
        rows = labels.argsort(stable=True).view(-1, 2) if len(labels) % 2 == 0 else None
        n_classes = len(labels.unique())
        if rows is None or 2 * n_classes != len(labels) or (labels[rows].diff(dim=1) != 0).any():
            raise ValueError(
                "InfoNCELoss needs exactly two images of each class in a batch (m=2), got "
                f"{len(labels)} images of {n_classes} classes"
            )
        return self.of_pairs(embeddings[rows[:, 0]], embeddings[rows[:, 1]])

    def of_pairs(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Return the mean loss of matching rows as a scalar tensor.

        Args:
            z1: Embeddings of shape ``(B, D)``.
            z2: Embeddings of shape ``(B, D)``; row i matches row i of ``z1``.

        Raises:
            ValueError: If shapes differ or the embeddings contain NaN or infinity (checked on the
                CPU only).
            TypeError: If ``z1`` or ``z2`` is not a float tensor.
        """
        check_embeddings("z1", z1)
        check_embeddings("z2", z2)
        check_same_shape(z1=z1, z2=z2)
        similarity = cosines(z1, z2) / self.temperature
        matching = torch.arange(len(z1), device=z1.device)
        terms = F.cross_entropy(similarity, matching, reduction="none")
        if self.symmetric:
            terms = (terms + F.cross_entropy(similarity.T, matching, reduction="none")) / 2
        return self.mean_of_terms(terms, z1)

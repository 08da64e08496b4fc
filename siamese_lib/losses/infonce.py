"""Losses that let one positive compete with many negatives: InfoNCE and supervised contrastive."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from siamese_lib.batch_checks import (
    check_above_zero,
    check_embeddings,
    check_labels,
    check_same_shape,
)
from siamese_lib.distances import at_least_float32
from siamese_lib.losses.reducing import CountingLoss, same_class


class InfoNCELoss(CountingLoss):
    r"""InfoNCE: row i of one set should find row i of the other among all rows.

    .. math:: L = -\frac1B \sum_i \log
              \frac{\exp(z_i \cdot z'_i / \tau)}{\sum_j \exp(z_i \cdot z'_j / \tau)}

    with embeddings scaled to length 1 (van den Oord, Li and Vinyals 2018, equation 4, with cosine
    similarity over a temperature).

    Args:
        temperature: τ, above 0.
        symmetric: the mean of both directions.

    Raises:
        ValueError: a temperature that is not above zero, shapes that differ, NaN or infinity.
    """

    def __init__(self, temperature: float = 0.1, symmetric: bool = True) -> None:
        super().__init__()
        check_above_zero(temperature=temperature)
        self.temperature, self.symmetric = temperature, symmetric

    def forward(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Embeddings ``(B, D)`` twice, matching row by row."""
        check_embeddings("z1", z1)
        check_embeddings("z2", z2)
        check_same_shape(z1=z1, z2=z2)
        similarity = _cosines(z1, z2) / self.temperature
        answers = torch.arange(len(z1), device=z1.device)
        terms = F.cross_entropy(similarity, answers, reduction="none")
        if self.symmetric:
            terms = (terms + F.cross_entropy(similarity.T, answers, reduction="none")) / 2
        return self._mean(terms, z1)


class SupConLoss(CountingLoss):
    r"""Supervised contrastive loss over a batch (Khosla et al. 2020, equation 2).

    .. math:: L_i = -\frac{1}{|P(i)|} \sum_{j \in P(i)} \log
              \frac{\exp(z_i \cdot z_j / \tau)}{\sum_{k \ne i} \exp(z_i \cdot z_k / \tau)}

    with embeddings scaled to length 1, and P(i) the other images of the class of i. The loss is
    the mean over the images that have such a mate; with none there is a connected zero.

    Args:
        temperature: τ, above 0.

    Raises:
        ValueError: a temperature that is not above zero, labels of another length, NaN or
            infinity.
        TypeError: labels that are no integers, embeddings that are no floats.
    """

    def __init__(self, temperature: float = 0.1) -> None:
        super().__init__()
        check_above_zero(temperature=temperature)
        self.temperature = temperature

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Embeddings ``(B, D)`` and integer labels ``(B,)``."""
        check_embeddings("embeddings", embeddings)
        check_labels(labels, embeddings)
        itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
        similarity = _cosines(embeddings, embeddings) / self.temperature
        log_p = similarity - similarity.masked_fill(itself, -torch.inf).logsumexp(1, keepdim=True)
        mates = same_class(labels) & ~itself
        has_mate = mates.any(dim=1)
        # Rows are chosen before the sum: a batch of one has no other row, and its -inf must not
        # reach the gradient.
        chosen = log_p[has_mate].masked_fill(~mates[has_mate], 0.0)
        terms = -chosen.sum(dim=1) / mates[has_mate].sum(dim=1)
        return self._mean(terms, embeddings)


def _cosines(z1: Tensor, z2: Tensor) -> Tensor:
    with torch.autocast(z1.device.type, enabled=False):
        return F.normalize(at_least_float32(z1)) @ F.normalize(at_least_float32(z2)).T

"""How every miner is called."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.checks import check_embeddings, check_labels
from siamese_lib.distances import at_least_float32


class Miner:
    """A miner is called as ``miner(embeddings, labels)``; a subclass implements ``mine``."""

    @torch.no_grad()
    def __call__(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        """Mine a batch, without a gradient.

        Args:
            embeddings: ``(B, D)``, in any float type.
            labels: integers ``(B,)``.

        Returns:
            Indices into the batch, int64, for the losses' ``indices_tuple``; see ``mine``.

        Raises:
            ValueError: an empty batch, labels of another length, NaN or infinity (looked for on
                the CPU).
            TypeError: labels that are not integers, embeddings that are not floats.
        """
        check_embeddings("embeddings", embeddings)
        check_labels(labels, embeddings)
        return self.mine(at_least_float32(embeddings), labels)

    def mine(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        """Mine arguments that have been checked; embeddings are float32 or float64."""
        raise NotImplementedError

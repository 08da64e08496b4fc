"""Base class of the miners."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.checks import check_embeddings, check_labels
from siamese_lib.distances import at_least_float32


class Miner:
    """Base class of miners: call ``miner(embeddings, labels)``; a subclass implements ``mine``."""

    @torch.no_grad()
    def __call__(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        """Mine a batch without computing a gradient.

        Args:
            embeddings: Float tensor of shape ``(B, D)``.
            labels: Integer class labels of shape ``(B,)``.

        Returns:
            Tuple of int64 tensors with indices into the batch, to be passed to a loss as
            ``indices_tuple``. See ``mine``.

        Raises:
            ValueError: If the batch is empty, if shapes do not match, or if ``embeddings`` contains
                NaN or infinity (checked on the CPU only).
            TypeError: If ``labels`` is not an integer tensor or ``embeddings`` is not a float
                tensor.
        """
        check_embeddings("embeddings", embeddings)
        check_labels(labels, embeddings)
        return self.mine(at_least_float32(embeddings), labels)

    def mine(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        """Mine a batch whose arguments have been checked; embeddings are float32 or float64."""
        raise NotImplementedError

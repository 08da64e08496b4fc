"""Average a network's distances over the quarter turns of a drawing."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class JoinedTurns(nn.Module):
    """Embed a drawing and its three quarter turns, and join the four embeddings.

    Use it with a network that was trained with quarter turns as classes of their own. The squared
    distance of two drawings becomes the mean over the four turns. In evaluation mode, computation
    and embedding size are four times as large. In training mode, the network receives the drawings
    unchanged.

    Args:
        network: Network that maps images ``(B, C, S, S)`` to embeddings ``(B, D)`` of length 1.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Map images ``(B, C, S, S)`` to embeddings ``(B, 4 D)`` of length 1.

        In training mode, return the network's embeddings ``(B, D)`` of the unturned images.

        Raises:
            ValueError: If images are not square.
        """
        if images.ndim != 4 or images.shape[2] != images.shape[3]:
            raise ValueError(f"images must be square, (B, C, S, S), got {tuple(images.shape)}")
        if self.training:
            return self.network(images)
        turned = [self.network(torch.rot90(images, k, dims=(2, 3))) for k in range(4)]
        return F.normalize(torch.cat(turned, dim=1))

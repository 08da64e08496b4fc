"""One network, asked four times: a drawing and its quarter turns."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class JoinedTurns(nn.Module):
    """Embeds a drawing and its three quarter turns, and joins the four embeddings.

    For a network that was trained with quarter turns as classes of their own, and so knows turned
    letters as well as upright ones. It measures the distance of two letters four times, and the
    mean counts, as with four networks, of which but one was trained. The price: four times the
    work, and four times the numbers to keep for each drawing.

    While it trains, the network sees the drawings as they are.

    Args:
        network: images ``(B, C, S, S)`` to embeddings ``(B, D)`` of length 1.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Images ``(B, C, S, S)`` to embeddings ``(B, 4 D)`` of length 1; in training ``(B, D)``.

        The squared distance of two drawings is the mean of the four squared distances.

        Raises:
            ValueError: images that are not square.
        """
        if images.ndim != 4 or images.shape[2] != images.shape[3]:
            raise ValueError(f"images must be square, (B, C, S, S), got {tuple(images.shape)}")
        if self.training:
            return self.network(images)
        turned = [self.network(torch.rot90(images, k, dims=(2, 3))) for k in range(4)]
        return F.normalize(torch.cat(turned, dim=1))

"""Twins: one backbone used twice, and a symmetric head that compares."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siamese_lib.checks import check_one_of, check_same_shape
from siamese_lib.distances import logit_of_same, pair_distances

HEADS = ("l1", "euclidean", "cosine")


class SiameseNetwork(nn.Module):
    r"""A backbone with shared weights and a head that returns one logit for each pair.

    The heads are symmetric: swapping the twins changes nothing.

    - ``"l1"``: :math:`s = \sum_k w_k |z_{1,k} - z_{2,k}| + c` with learned weights (Koch et al.
      2015);
    - ``"euclidean"``: :math:`s = a\,(b - d^2)` with learned a > 0 and b;
    - ``"cosine"``: :math:`s = a\,(\cos(z_1, z_2) - b)` with learned a > 0 and b.

    Args:
        backbone: images ``(B, C, H, W)`` to embeddings ``(B, D)``, with D in ``out_features``.
        head: one of ``HEADS``.
        normalize: scale embeddings to length 1, in ``embed`` and so before every head.

    Raises:
        ValueError: an unknown head.
    """

    def __init__(self, backbone: nn.Module, head: str = "l1", *, normalize: bool = False) -> None:
        super().__init__()
        check_one_of("head", head, HEADS)
        self.backbone, self.head, self.normalize = backbone, head, normalize
        if head == "l1":
            width: Any = backbone.out_features  # of a module, a type checker knows nothing
            self.weigh = nn.Linear(width, 1)
        else:
            self.log_scale = nn.Parameter(torch.tensor(10.0).log())
            self.midpoint = nn.Parameter(torch.tensor(1.0 if head == "euclidean" else 0.5))

    def embed(self, images: Tensor) -> Tensor:
        """Images ``(B, C, H, W)`` to embeddings ``(B, D)``."""
        embeddings = self.backbone(images)
        return F.normalize(embeddings) if self.normalize else embeddings

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """Logits ``(B,)`` of "same" for pairs of images; larger means more alike.

        Raises:
            ValueError: ``x1`` and ``x2`` differ in shape, or do not fit the backbone.
        """
        check_same_shape(x1=x1, x2=x2)
        # Both twins in one pass: BatchNorm then sees one batch, and it is faster.
        embeddings = self.embed(torch.cat([x1, x2]))
        # Neither chunk() nor len() can be exported for batches of any size.
        n = x1.shape[0]
        return self.compare(embeddings[:n], embeddings[n:])

    def compare(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Logits ``(B,)`` from embeddings ``(B, D)`` that are already there."""
        check_same_shape(z1=z1, z2=z2)
        if self.head == "l1":
            return self.weigh((z1 - z2).abs()).squeeze(1)
        if self.head == "euclidean":
            squared = pair_distances(z1, z2, squared=True)
            return logit_of_same(squared, self.log_scale.exp(), self.midpoint)
        return self.log_scale.exp() * (F.cosine_similarity(z1, z2) - self.midpoint)

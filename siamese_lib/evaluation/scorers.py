"""Scorers: networks, embedding functions, and other ways to compare images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from siamese_lib.data import LabelledImages
from siamese_lib.embedding import embed_all


@runtime_checkable
class Scorer(Protocol):
    """Protocol of scorers: prepare each image once, then compare prepared images in batches."""

    def prepare(self, images: Tensor) -> Tensor:
        """Map float images ``(N, C, H, W)`` in [0, 1] to features ``(N, ...)``."""

    def similarity(self, query: Tensor, support: Tensor) -> Tensor:
        """Map features ``(E, Q, ...)`` and ``(E, S, ...)`` to similarities ``(E, Q, S)``.

        Similarities are finite, and larger for more similar images.
        """


class EmbeddingScorer:
    """Compare embeddings by their Euclidean distance.

    Args:
        embed: Network or function that maps float images ``(B, C, H, W)`` to embeddings ``(B, D)``.
            A network is in evaluation mode while it embeds.
        batch_size: Number of images embedded at once.
    """

    def __init__(self, embed: Callable[[Tensor], Tensor], batch_size: int = 512) -> None:
        self.embed, self.batch_size = embed, batch_size

    def prepare(self, images: Tensor) -> Tensor:
        """Return the embeddings of images as float32, ``(N, D)``."""
        return embed_all(self.embed, images, self.batch_size)

    def similarity(self, query: Tensor, support: Tensor) -> Tensor:
        """Return the negative distances, from ``(E, Q, D)`` and ``(E, S, D)`` to ``(E, Q, S)``."""
        # cdist rounds like the squares of the norms; near the origin they are small.
        middle = support.mean(dim=1, keepdim=True)
        return -torch.cdist(query - middle, support - middle)


def as_scorer(scorer: Scorer | Callable[[Tensor], Tensor]) -> Scorer:
    """Return a scorer unchanged, and an embedding function as an ``EmbeddingScorer``.

    Raises:
        TypeError: If ``scorer`` is neither a scorer nor a function.
    """
    if isinstance(scorer, Scorer):
        return scorer
    if callable(scorer):
        return EmbeddingScorer(scorer)
    raise TypeError(
        "a scorer must be a network, a function from images to embeddings, or have prepare() and "
        f"similarity(), got {type(scorer).__name__}"
    )


def features_of(scorer: Scorer, images: LabelledImages | Tensor) -> Tensor:
    """Return the features of all images, computed in batches with networks in evaluation mode."""
    if isinstance(scorer, EmbeddingScorer):
        return embed_all(scorer.embed, images, scorer.batch_size)
    return embed_all(scorer.prepare, images)


def check_similarity(similarity: Tensor) -> Tensor:
    """Return ``similarity`` unchanged; raise ValueError if it contains NaN or infinity."""
    broken = int((~torch.isfinite(similarity)).sum())
    if broken:
        raise ValueError(
            f"the scorer gave NaN or infinity for {broken} of {similarity.numel()} comparisons, so "
            "there is no nearest example. Usual causes: weights that became NaN in training, or a "
            "division by the norm of an embedding that is zero."
        )
    return similarity

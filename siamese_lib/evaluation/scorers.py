"""What can be evaluated: a network, a function that embeds, or anything that compares images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from siamese_lib.data import LabelledImages
from siamese_lib.embedding import embed_all


@runtime_checkable
class Scorer(Protocol):
    """Two steps: each image is prepared once, then prepared images are compared, many at a time."""

    def prepare(self, images: Tensor) -> Tensor:
        """Float images ``(N, C, H, W)`` in [0, 1] to features ``(N, ...)``, a row for each."""

    def similarity(self, query: Tensor, support: Tensor) -> Tensor:
        """Features ``(E, Q, ...)`` and ``(E, S, ...)`` to similarities ``(E, Q, S)``.

        A similarity is finite, and higher when closer.
        """


class EmbeddingScorer:
    """Compares embeddings by their Euclidean distance: the nearest example wins.

    Args:
        embed: float images ``(B, C, H, W)`` to embeddings ``(B, D)``. A network is put into
            evaluation mode while it embeds.
        batch_size: images embedded at once.
    """

    def __init__(self, embed: Callable[[Tensor], Tensor], batch_size: int = 512) -> None:
        self.embed, self.batch_size = embed, batch_size

    def prepare(self, images: Tensor) -> Tensor:
        """Embeddings ``(N, D)``, float32."""
        return embed_all(self.embed, images, self.batch_size)

    def similarity(self, query: Tensor, support: Tensor) -> Tensor:
        """Minus the distance: ``(E, Q, D)`` and ``(E, S, D)`` to ``(E, Q, S)``."""
        # cdist rounds like the squares of the norms; near the origin they are small.
        middle = support.mean(dim=1, keepdim=True)
        return -torch.cdist(query - middle, support - middle)


def as_scorer(scorer: Scorer | Callable[[Tensor], Tensor]) -> Scorer:
    """Return a scorer as it is, and a function that embeds as an ``EmbeddingScorer``.

    Raises:
        TypeError: If it is neither.
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
    """What ``scorer.prepare`` gives for all images, a part at a time, with networks evaluating."""
    if isinstance(scorer, EmbeddingScorer):
        return embed_all(scorer.embed, images, scorer.batch_size)
    return embed_all(scorer.prepare, images)


def check_similarity(similarity: Tensor) -> Tensor:
    """``similarity`` as it is; raise ValueError where a score is NaN or infinite.

    A comparison with NaN is false, whatever it meant; and an embedding at infinity is equally far
    from everything, which would pass for a tie.
    """
    broken = int((~torch.isfinite(similarity)).sum())
    if broken:
        raise ValueError(
            f"the scorer gave NaN or infinity for {broken} of {similarity.numel()} comparisons, so "
            "there is no nearest example. Usual causes: weights that became NaN in training, or a "
            "division by the norm of an embedding that is zero."
        )
    return similarity

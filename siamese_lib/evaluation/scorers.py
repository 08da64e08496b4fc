"""What can be evaluated: a network, a function that embeds, or anything that compares images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from siamese_lib.data import LabelledImages
from siamese_lib.embedding import embed_all
from siamese_lib.models import SiameseNetwork


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


class PairScorer(EmbeddingScorer):
    """Compares with the head of a ``SiameseNetwork``: its logit is the similarity.

    Args:
        network: the twins.
        batch_size: images embedded at once.
    """

    def __init__(self, network: SiameseNetwork, batch_size: int = 512) -> None:
        super().__init__(network.embed, batch_size)
        self.network = network

    @torch.no_grad()
    def similarity(self, query: Tensor, support: Tensor) -> Tensor:
        """Logits of "same": ``(E, Q, D)`` and ``(E, S, D)`` to ``(E, Q, S)``."""
        n_episodes, n_query, n_support = len(query), query.shape[1], support.shape[1]
        z1 = query[:, :, None].expand(-1, -1, n_support, -1).flatten(0, 2)
        z2 = support[:, None].expand(-1, n_query, -1, -1).flatten(0, 2)
        return self.network.compare(z1, z2).view(n_episodes, n_query, n_support)


def as_scorer(scorer: Scorer | Callable[[Tensor], Tensor]) -> Scorer:
    """A scorer as it is; a ``SiameseNetwork`` or a function that embeds as the scorer it makes.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(scorer, Scorer):
        return scorer
    if isinstance(scorer, SiameseNetwork):
        return PairScorer(scorer)
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

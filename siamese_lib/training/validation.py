"""Validation by one-shot episodes on classes that training does not see."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from siamese_lib.data.labelled_images import LabelledImages
from siamese_lib.evaluation.episodes import answer_episodes
from siamese_lib.evaluation.scorers import EmbeddingScorer, prepare_all
from siamese_lib.sampling import EpisodeSampler


class OneShotValidation:
    """One-shot accuracy on a fixed set of episodes, the same at every call.

    Use held-out *background* alphabets: what chooses a model must not report on it.

    Args:
        data: the held-out images.
        n_way: classes in an episode.
        n_episodes: how many episodes.
        within_alphabet: draw all ways of an episode from one group.
        batch_size: images embedded at once.
        seed: which episodes.

    Raises:
        ValueError: fewer than ``n_way`` classes, or a class with one maker.
    """

    def __init__(
        self,
        data: LabelledImages,
        n_way: int = 20,
        n_episodes: int = 400,
        within_alphabet: bool = False,
        batch_size: int = 512,
        seed: int = 0,
    ) -> None:
        self.data, self.batch_size = data, batch_size
        groups = data.groups if within_alphabet else None
        sampler = EpisodeSampler(data.labels, n_way, 1, 1, groups, data.makers, seed)
        self.episodes = sampler.sample(n_episodes)

    def __call__(self, embed: Callable[[Tensor], Tensor]) -> float:
        """Accuracy, 0 to 1, of naming each query after the example at the smallest distance.

        Each image is embedded once, by a network in evaluation mode. Ties count 1/m.

        Raises:
            ValueError: NaN among the embeddings.
        """
        scorer = EmbeddingScorer(embed, self.batch_size)
        credit, _ = answer_episodes(scorer, prepare_all(scorer, self.data), self.episodes)
        return credit.double().mean().item()

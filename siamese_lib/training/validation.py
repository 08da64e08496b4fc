"""Validation by one-shot episodes on classes that training does not see."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from siamese_lib.data import LabelledImages
from siamese_lib.evaluation import episode_sampler, one_shot_accuracy


class OneShotValidation:
    """One-shot accuracy on a fixed set of episodes, the same at every call.

    Use held-out *background* alphabets: what chooses a model must not report on it.

    Args:
        data: the held-out images.
        n_way: classes in an episode.
        n_episodes: how many episodes.
        within_alphabet: draw all ways of an episode from one group.
        seed: which episodes.

    Raises:
        ValueError: fewer than ``n_way`` classes, or a class with one image or one maker.
    """

    def __init__(
        self,
        data: LabelledImages,
        n_way: int = 20,
        n_episodes: int = 400,
        within_alphabet: bool = False,
        seed: int = 0,
    ) -> None:
        self.data, self.n_way, self.n_episodes = data, n_way, n_episodes
        self.protocol = "within_alphabet" if within_alphabet else "unstructured"
        self.seed = seed
        # Found out now rather than at the first look of a run.
        episode_sampler(data, n_way, protocol=self.protocol)

    def __call__(self, embed: Callable[[Tensor], Tensor]) -> float:
        """Accuracy, 0 to 1, as ``one_shot_accuracy`` measures it.

        Raises:
            ValueError: NaN among the embeddings.
        """
        return one_shot_accuracy(
            embed,
            self.data,
            self.n_way,
            protocol=self.protocol,
            n_episodes=self.n_episodes,
            generator=self.seed,
        ).accuracy

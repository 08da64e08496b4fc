"""Validation by one-shot episodes on classes that are not used for training."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from siamese_lib.data import LabelledImages
from siamese_lib.evaluation import episode_sampler, one_shot_accuracy


class OneShotValidation:
    """Validate by one-shot accuracy on a fixed set of episodes, the same at every call.

    Use held-out *background* alphabets: data that select a model must not be used to test it.

    Args:
        data: Held-out images.
        n_way: Number of classes in an episode.
        n_episodes: Number of episodes.
        within_alphabet: If True, all ways of an episode belong to one group.
        seed: Seed of the episodes.

    Raises:
        ValueError: If there are fewer than ``n_way`` classes, or if a class has one image or, in a
            set with several makers, one maker.
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
        """Return the one-shot accuracy, 0 to 1; see ``one_shot_accuracy``.

        Raises:
            ValueError: If the embeddings contain NaN or infinity.
        """
        return one_shot_accuracy(
            embed,
            self.data,
            self.n_way,
            protocol=self.protocol,
            n_episodes=self.n_episodes,
            generator=self.seed,
        ).accuracy

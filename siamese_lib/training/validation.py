"""What a check of a training run measures: the batch, and one-shot accuracy on other classes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from siamese_lib.batch_indices import positive_pairs, same_class
from siamese_lib.checks import check_embeddings, check_labels
from siamese_lib.data import LabelledImages
from siamese_lib.distances import all_distances
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


@torch.no_grad()
def diagnose(embeddings: Tensor, labels: Tensor) -> dict[str, float]:
    """Return the spread of a batch of embeddings and the mean distances of its pairs.

    Args:
        embeddings: Float tensor of shape ``(B, D)``.
        labels: Integer class labels of shape ``(B,)``.

    Returns:
        ``spread``: Root mean square distance of the embeddings to their mean. It approaches 0 when
        a network collapses to one point. ``positive_distance`` and ``negative_distance``: Mean
        distance of the positive and of the negative pairs, NaN if there are none.

    Raises:
        ValueError: If the batch is empty, if shapes do not match, or if ``embeddings`` contains NaN
            or infinity (checked on the CPU only).
        TypeError: If ``labels`` is not an integer tensor or ``embeddings`` is not a float tensor.
    """
    check_embeddings("embeddings", embeddings)
    check_labels(labels, embeddings)
    z = embeddings.float()
    distance = all_distances(z)
    return {
        "spread": (z - z.mean(0)).square().sum(1).mean().sqrt().item(),
        "positive_distance": distance[positive_pairs(labels)].mean().item(),
        "negative_distance": distance[~same_class(labels)].mean().item(),
    }

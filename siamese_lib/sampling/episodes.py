"""N-way K-shot episodes: small recognition tasks on classes drawn for the occasion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.checks import check_counts, check_ids
from siamese_lib.randomness import as_generator
from siamese_lib.sampling.buckets import Buckets, one_group_per_class, random_subsets


class Episodes(NamedTuple):
    """Indices of E episodes.

    Attributes:
        support: int64 ``(E, n_way, n_shot)``, the examples of each way.
        query: int64 ``(E, n_way * n_query)``, the images to name, in random order.
        query_labels: int64 ``(E, n_way * n_query)``, the way (0 to n_way - 1) of each query. The
            right way is at a random place, so that a scorer which likes them all equally gains
            nothing.
    """

    support: Tensor
    query: Tensor
    query_labels: Tensor


class EpisodeSampler:
    """Draws N-way K-shot episodes, many at once.

    Args:
        labels: integers ``(N,)``, the class of each image.
        n_way: classes in an episode.
        n_shot: examples of each class in the support set.
        n_query: images of each class in the query set.
        groups: integers ``(N,)``; when given, all ways of an episode are of one group (within
            alphabet). The group is drawn among those with at least ``n_way`` classes.
        makers: integers ``(N,)``; when given, the ``n_shot + n_query`` images of a class are by
            that many different makers, so support and query are never by the same hand.
        generator: a ``torch.Generator`` or a seed.

    Raises:
        ValueError: fewer than ``n_way`` classes (or no group with so many), or a class with too
            few images or makers; the message names the smallest.
        TypeError: labels, groups or makers are not integers.

    >>> sampler = EpisodeSampler([0, 0, 1, 1, 2, 2], n_way=2, n_shot=1, n_query=1, generator=0)
    >>> support, query, query_labels = sampler.sample(1000)
    >>> support.shape, query.shape
    (torch.Size([1000, 2, 1]), torch.Size([1000, 2]))
    """

    def __init__(
        self,
        labels: Tensor | Sequence[int],
        n_way: int,
        n_shot: int,
        n_query: int,
        groups: Tensor | Sequence[int] | None = None,
        makers: Tensor | Sequence[int] | None = None,
        generator: torch.Generator | int | None = None,
    ) -> None:
        check_counts(n_way=n_way, n_shot=n_shot, n_query=n_query)
        labels = check_ids("labels", labels)
        self.n_way, self.n_shot, self.n_query = n_way, n_shot, n_query
        self._generator = as_generator(generator)
        self._classes = Buckets(labels)
        if n_way > len(self._classes):
            raise ValueError(
                f"n_way={n_way}, but there are {len(self._classes)} classes: use n_way="
                f"{len(self._classes)} or less"
            )
        needed = n_shot + n_query
        cure = "Lower n_shot or n_query, or leave such classes out."
        self._classes.require(needed, "class", "image(s)", cure)
        self._makers: Buckets | None = None
        if makers is not None:
            self._hands, self._makers = self._by_hand(check_ids("makers", makers, len(labels)))
            self._makers.require(needed, "class", "maker(s)", cure)
        self._groups: Buckets | None = None
        if groups is not None:
            groups = check_ids("groups", groups, len(labels))
            self._groups = Buckets(one_group_per_class(self._classes, groups))
            largest = int(self._groups.counts.max())
            if largest < n_way:
                raise ValueError(
                    f"n_way={n_way}, but the largest group has {largest} classes: lower n_way, or "
                    "leave groups=None"
                )
            self._large_enough = (self._groups.counts >= n_way).nonzero().squeeze(1)

    def _by_hand(self, makers: Tensor) -> tuple[Buckets, Buckets]:
        """Images by hand, one maker of one class; and hands by class."""
        makers = makers.unique(return_inverse=True)[1]  # any integers will do, -1 as well
        hands = Buckets(self._classes.index * (int(makers.max()) + 1) + makers)
        class_of_hand = torch.empty(len(hands), dtype=torch.int64)
        class_of_hand[hands.index] = self._classes.names[self._classes.index]
        return hands, Buckets(class_of_hand)

    def sample(self, n_episodes: int = 1) -> Episodes:
        """Draw ``n_episodes`` episodes. No image is in an episode twice."""
        check_counts(n_episodes=n_episodes)
        classes = self._draw_classes(n_episodes)
        images = self._draw_images(classes, self.n_shot + self.n_query)
        query = images[:, :, self.n_shot :].flatten(1)
        way = torch.arange(self.n_way).repeat_interleave(self.n_query)
        order = random_subsets(n_episodes, len(way), len(way), self._generator)
        return Episodes(images[:, :, : self.n_shot], query.gather(1, order), way[order])

    def _draw_classes(self, n_episodes: int) -> Tensor:
        if self._groups is None:
            return random_subsets(n_episodes, len(self._classes), self.n_way, self._generator)
        pick = torch.randint(len(self._large_enough), (n_episodes,), generator=self._generator)
        return self._groups.draw(self._large_enough[pick], self.n_way, self._generator)

    def _draw_images(self, classes: Tensor, k: int) -> Tensor:
        if self._makers is None:
            return self._classes.draw(classes, k, self._generator)
        hands = self._makers.draw(classes, k, self._generator)
        return self._hands.draw(hands, 1, self._generator).squeeze(-1)

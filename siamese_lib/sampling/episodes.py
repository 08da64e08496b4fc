"""N-way K-shot episodes: small recognition tasks on randomly drawn classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.checks import check_counts, check_ids, check_one_of
from siamese_lib.randomness import as_generator
from siamese_lib.sampling.buckets import Buckets, one_group_per_class, random_subsets

APART = ("class", "episode")


class Episodes(NamedTuple):
    """Indices of E episodes.

    Attributes:
        support: Examples of each way, int64 of shape ``(E, n_way, n_shot)``.
        query: Images to classify, in random order, int64 of shape ``(E, n_way * n_query)``.
        query_labels: Way of each query, 0 to n_way - 1, int64 of shape ``(E, n_way * n_query)``.
            The order is random, so that a scorer that rates all ways equally gains nothing.
    """

    support: Tensor
    query: Tensor
    query_labels: Tensor


class EpisodeSampler:
    """Sampler of N-way K-shot episodes, many in one call.

    Args:
        labels: Class of each image, integers of shape ``(N,)``.
        n_way: Number of classes in an episode.
        n_shot: Number of support images of each class.
        n_query: Number of query images of each class.
        groups: Group of each image, integers of shape ``(N,)``. If given, all ways of an episode
            belong to one group (within alphabet), which is drawn from the groups with at least
            ``n_way`` classes.
        makers: Drawer or other maker of each image, integers of shape ``(N,)``. If given, the
            ``n_shot + n_query`` images of a class are by different makers, so that no query shares
            its maker with an example of *its own* class.
        generator: A ``torch.Generator`` or a seed.
        makers_apart: Scope in which makers are kept apart. With ``"class"``, a query may share its
            maker with an example of a *different* class. With ``"episode"``, as in the official
            trials of Lake et al. (2015), ``n_shot`` makers provide the examples of all ways and
            ``n_query`` others provide all queries. They are drawn again for each episode from the
            makers of every class of the group (of every class if ``groups`` is None).

    Raises:
        ValueError: If there are fewer than ``n_way`` classes, if no group has that many, if a class
            has images in more than one group, or if a class has too few images or makers; the
            message names the smallest class. If ``makers_apart`` is unknown, or is ``"episode"``
            without ``makers`` or with too few makers of every class.
        TypeError: If ``labels``, ``groups`` or ``makers`` are not integers.

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
        makers_apart: str = "class",
    ) -> None:
        check_one_of("makers_apart", makers_apart, APART)
        if makers_apart == "episode" and makers is None:
            raise ValueError('makers_apart="episode" needs makers: who made each image')
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
        self._hands_of_class: Buckets | None = None
        if makers is not None:
            maker = check_ids("makers", makers, len(labels)).unique(return_inverse=True)[1]
            self._images_of_hand, self._hands_of_class = self._by_hand(maker)
            self._hand_of = self._table_of_hands(self._images_of_hand, int(maker.max()) + 1)
            self._hands_of_class.require(needed, "class", "maker(s)", cure)
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
        self._everywhere: Buckets | None = None
        if makers_apart == "episode":
            self._everywhere = self._makers_of_every_class(needed)

    def _by_hand(self, makers: Tensor) -> tuple[Buckets, Buckets]:
        """Return images grouped by hand (one maker of one class), and hands grouped by class."""
        hands = Buckets(self._classes.index * (int(makers.max()) + 1) + makers)
        class_of_hand = torch.empty(len(hands), dtype=torch.int64)
        class_of_hand[hands.index] = self._classes.names[self._classes.index]
        return hands, Buckets(class_of_hand)

    def _table_of_hands(self, hands: Buckets, n_makers: int) -> Tensor:
        """Return the hand of each class and maker, int64 ``(classes, makers)``; -1 if none."""
        table = torch.full((len(self._classes), n_makers), -1)
        table.flatten()[hands.names] = torch.arange(len(hands))
        return table

    def _makers_of_every_class(self, needed: int) -> Buckets:
        """Return the makers of every class of a group, one bucket for each group that episodes use.

        Raises:
            ValueError: If a group has fewer than ``needed`` such makers.
        """
        made = self._hand_of >= 0  # (classes, makers)
        if self._groups is None:
            everywhere = made.all(dim=0, keepdim=True)
        else:
            everywhere = torch.stack(
                [made[self._groups.index == g].all(dim=0) for g in self._large_enough.tolist()]
            )
        fewest = int(everywhere.sum(dim=1).min())
        if fewest < needed:
            raise ValueError(
                f'makers_apart="episode" needs {needed} makers who made every class, but there are '
                f'{fewest}: lower n_shot or n_query, or use makers_apart="class"'
            )
        bucket, self._maker_at = everywhere.nonzero(as_tuple=True)
        return Buckets(bucket)

    def sample(self, n_episodes: int = 1) -> Episodes:
        """Draw ``n_episodes`` episodes; no image occurs twice in an episode."""
        check_counts(n_episodes=n_episodes)
        groups, classes = self._draw_classes(n_episodes)
        images = self._draw_images(groups, classes, self.n_shot + self.n_query)
        query = images[:, :, self.n_shot :].flatten(1)
        way = torch.arange(self.n_way).repeat_interleave(self.n_query)
        order = random_subsets(n_episodes, len(way), len(way), self._generator)
        return Episodes(images[:, :, : self.n_shot], query.gather(1, order), way[order])

    def _draw_classes(self, n_episodes: int) -> tuple[Tensor, Tensor]:
        """Draw groups ``(E,)``, as indices into the large groups or 0, and ways ``(E, n_way)``."""
        if self._groups is None:
            ways = random_subsets(n_episodes, len(self._classes), self.n_way, self._generator)
            return torch.zeros(n_episodes, dtype=torch.int64), ways
        pick = torch.randint(len(self._large_enough), (n_episodes,), generator=self._generator)
        return pick, self._groups.draw(self._large_enough[pick], self.n_way, self._generator)

    def _draw_images(self, groups: Tensor, classes: Tensor, k: int) -> Tensor:
        if self._hands_of_class is None:
            return self._classes.draw(classes, k, self._generator)
        if self._everywhere is None:
            hands = self._hands_of_class.draw(classes, k, self._generator)
        else:
            makers = self._maker_at[self._everywhere.draw(groups, k, self._generator)]  # (E, k)
            hands = self._hand_of[classes[:, :, None], makers[:, None, :]]
        return self._images_of_hand.draw(hands, 1, self._generator).squeeze(-1)

"""Pairs and triplets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.batch_indices import Triplets
from siamese_lib.checks import check_counts, check_ids
from siamese_lib.randomness import as_generator
from siamese_lib.sampling.buckets import Buckets, one_group_per_class


class Pairs(NamedTuple):
    """Indices of pairs: ``first`` and ``second`` int64 ``(B,)``; ``same`` float32 ``(B,)``,
    1 where both are of one class and 0 where they are not."""

    first: Tensor
    second: Tensor
    same: Tensor


class _TwoClasses:
    """What pairs and triplets share: two images of one class, and an image of another class."""

    def __init__(
        self,
        labels: Tensor | Sequence[int],
        groups: Tensor | Sequence[int] | None = None,
        generator: torch.Generator | int | None = None,
    ) -> None:
        labels = check_ids("labels", labels)
        self._classes = Buckets(labels)
        if len(self._classes) < 2:
            raise ValueError("labels hold one class; a pair of different classes needs two")
        cure = "Leave out the classes with a single image."
        self._classes.require(2, "class", "image(s)", cure)
        self._generator = as_generator(generator)
        self._groups = None
        if groups is not None:
            groups = check_ids("groups", groups, len(labels))
            self._groups = Buckets(one_group_per_class(self._classes, groups))
            cure = "Leave groups=None, or leave out the groups with a single class."
            self._groups.require(2, "group", "class(es)", cure)

    def _two_classes(self, n: int) -> tuple[Tensor, Tensor]:
        """Two different classes ``(n,)`` each; of the same group where groups were given."""
        n_classes = len(self._classes)
        first = torch.randint(n_classes, (n,), generator=self._generator)
        if self._groups is None:
            # Going 1 to n_classes - 1 places on, round the circle, never comes back to the first.
            further = torch.randint(1, n_classes, (n,), generator=self._generator)
            return first, (first + further) % n_classes
        # One class of all, then another of its group: large groups come up more often, as they
        # hold more classes.
        two = self._groups.draw(self._groups.index[first], 2, self._generator)
        other = torch.where(two[:, 0] == first, two[:, 1], two[:, 0])
        return first, other


class PairSampler(_TwoClasses):
    """Pairs of images, some of the same class and the others of two classes.

    Args:
        labels: integers ``(N,)``, the class of each image.
        same_fraction: share of pairs that are of the same class, 0 to 1; in each sample the
            number is this share, rounded.
        groups: integers ``(N,)``; when given, pairs of different classes are of the same group
            (two letters of one alphabet), which makes them harder.
        generator: a ``torch.Generator`` or a seed.

    Raises:
        ValueError: fewer than two classes, a class with one image, a group with one class, or a
            ``same_fraction`` outside 0 to 1.
        TypeError: labels or groups are not integers.
    """

    def __init__(
        self,
        labels: Tensor | Sequence[int],
        same_fraction: float = 0.5,
        groups: Tensor | Sequence[int] | None = None,
        generator: torch.Generator | int | None = None,
    ) -> None:
        if not 0 <= same_fraction <= 1:
            raise ValueError(f"same_fraction must be from 0 to 1, got {same_fraction}")
        super().__init__(labels, groups, generator)
        self.same_fraction = same_fraction

    def sample(self, n_pairs: int) -> Pairs:
        """``n_pairs`` pairs in random order, each class equally likely, no image with itself."""
        check_counts(n_pairs=n_pairs)
        n_same = round(n_pairs * self.same_fraction)
        here, there = self._two_classes(n_pairs)
        first, positive = self._classes.draw(here, 2, self._generator).unbind(1)
        negative = self._classes.draw(there, 1, self._generator).squeeze(1)
        same = torch.arange(n_pairs) < n_same
        same = same[torch.randperm(n_pairs, generator=self._generator)]
        return Pairs(first, torch.where(same, positive, negative), same.to(torch.float32))


class TripletSampler(_TwoClasses):
    """Triplets: an anchor, a positive of its class, a negative of another class.

    Args:
        labels: integers ``(N,)``, the class of each image.
        groups: integers ``(N,)``; when given, the negative is of the anchor's group.
        generator: a ``torch.Generator`` or a seed.

    Raises:
        ValueError: fewer than two classes, a class with one image, or a group with one class.
        TypeError: labels or groups are not integers.
    """

    def sample(self, n_triplets: int) -> Triplets:
        """``n_triplets`` triplets, each class equally likely as the anchor's."""
        check_counts(n_triplets=n_triplets)
        here, there = self._two_classes(n_triplets)
        anchor, positive = self._classes.draw(here, 2, self._generator).unbind(1)
        negative = self._classes.draw(there, 1, self._generator).squeeze(1)
        return Triplets(anchor, positive, negative)


def all_pairs(
    labels: Tensor | Sequence[int],
    at_most: int | None = None,
    generator: torch.Generator | int | None = None,
) -> Pairs:
    """Every pair of two images, once; or a random part of them.

    Args:
        labels: integers ``(N,)``, the class of each image.
        at_most: keep no more than so many: all same pairs if they are at most half of them, and
            different ones at random. Each kind is drawn evenly, so that rates of either are right.
        generator: a ``torch.Generator`` or a seed, for the random part.

    Returns:
        Pairs with ``first < second``, in ascending order.

    Raises:
        ValueError: one class, no two images of a class, or ``at_most`` below 2.
        TypeError: labels are not integers.

    >>> all_pairs(torch.tensor([0, 0, 1])).same
    tensor([1., 0., 0.])
    """
    labels = check_ids("labels", labels)
    if at_most is not None and at_most < 2:
        raise ValueError(f"at_most must be 2 or more, a pair of each kind, got {at_most}")
    counts = labels.unique(return_counts=True)[1]
    n_all = len(labels) * (len(labels) - 1) // 2
    n_same = int((counts * (counts - 1)).sum()) // 2
    if n_same in (0, n_all):
        what = "hold no two images of a class" if n_same == 0 else "hold one class"
        raise ValueError(f"labels {what}: pairs of both kinds are needed")
    if at_most is None or n_all <= at_most:
        first, second = torch.triu_indices(len(labels), len(labels), 1)
        return Pairs(first, second, (labels[first] == labels[second]).float())
    generator = as_generator(generator)
    same = _pairs_within(labels, counts)
    n_kept = min(n_same, max(at_most // 2, at_most - (n_all - n_same)))
    same = same[torch.randperm(n_same, generator=generator)[:n_kept]]
    different = _pairs_across(labels, at_most - n_kept, n_all - n_same, generator)
    found, order = torch.cat([same, different]).sort()
    first, second = found // len(labels), found % len(labels)
    return Pairs(first, second, (order < n_kept).float())


def _pairs_within(labels: Tensor, counts: Tensor) -> Tensor:
    """All pairs i < j of one class, as numbers ``i * N + j``."""
    found = []
    for rows in labels.argsort(stable=True).split(counts.tolist()):
        i, j = torch.triu_indices(len(rows), len(rows), 1)
        found.append(rows[i] * len(labels) + rows[j])
    return torch.cat(found)


def _pairs_across(labels: Tensor, n: int, n_all: int, generator: torch.Generator) -> Tensor:
    """n different pairs i < j of two classes, each set of n equally likely, out of ``n_all``."""
    found = torch.empty(0, dtype=torch.int64)
    if 2 * n > n_all:  # drawing at random would meet the same ones again and again
        i, j = torch.triu_indices(len(labels), len(labels), 1)
        found = (i * len(labels) + j)[labels[i] != labels[j]]
    while len(found) < n:
        two = torch.randint(len(labels), (2 * n, 2), generator=generator).sort(dim=1).values
        two = two[labels[two[:, 0]] != labels[two[:, 1]]]
        found = torch.cat([found, two[:, 0] * len(labels) + two[:, 1]]).unique()
    return found[torch.randperm(len(found), generator=generator)[:n]]

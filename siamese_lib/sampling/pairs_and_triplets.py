"""Samplers of pairs and triplets."""

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
    """Indices of pairs of images.

    Attributes:
        first: Indices of the first images, int64 of shape ``(B,)``.
        second: Indices of the second images, int64 of shape ``(B,)``.
        same: 1 for positive pairs and 0 for negative pairs, float32 of shape ``(B,)``.
    """

    first: Tensor
    second: Tensor
    same: Tensor


class _TwoClasses:
    """Base class: draw a class with two or more images and a different class."""

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
        """Draw two different classes, each ``(n,)``; of the same group if groups were given."""
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
    """Sampler of positive and negative pairs.

    Args:
        labels: Class of each image, integers of shape ``(N,)``.
        same_fraction: Fraction of positive pairs, 0 to 1. In each sample their number is rounded.
        groups: Group of each image, integers of shape ``(N,)``. If given, the two classes of a
            negative pair belong to one group (two letters of one alphabet), which makes the pair
            harder.
        generator: A ``torch.Generator`` or a seed.

    Raises:
        ValueError: If there are fewer than two classes, if a class has one image, if a class has
            images in more than one group, if a group has one class, or if ``same_fraction`` is
            outside 0 to 1.
        TypeError: If ``labels`` or ``groups`` are not integers.
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
        """Draw ``n_pairs`` pairs of different images in random order.

        The class of the first image is drawn uniformly.
        """
        check_counts(n_pairs=n_pairs)
        n_same = round(n_pairs * self.same_fraction)
        here, there = self._two_classes(n_pairs)
        first, positive = self._classes.draw(here, 2, self._generator).unbind(1)
        negative = self._classes.draw(there, 1, self._generator).squeeze(1)
        same = torch.arange(n_pairs) < n_same
        same = same[torch.randperm(n_pairs, generator=self._generator)]
        return Pairs(first, torch.where(same, positive, negative), same.to(torch.float32))


class TripletSampler(_TwoClasses):
    """Sampler of triplets: an anchor, a positive of its class and a negative of a different class.

    Args:
        labels: Class of each image, integers of shape ``(N,)``.
        groups: Group of each image, integers of shape ``(N,)``. If given, the negative belongs to
            the group of the anchor.
        generator: A ``torch.Generator`` or a seed.

    Raises:
        ValueError: If there are fewer than two classes, if a class has one image, if a class has
            images in more than one group, or if a group has one class.
        TypeError: If ``labels`` or ``groups`` are not integers.
    """

    def sample(self, n_triplets: int) -> Triplets:
        """Draw ``n_triplets`` triplets; the class of the anchor is drawn uniformly."""
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
    """Return every pair of two different images once, or a random subset of these pairs.

    Args:
        labels: Class of each image, integers of shape ``(N,)``.
        at_most: Maximum number of pairs, 2 or more. Default: no limit. If there are more pairs, all
            positive pairs are kept if they are at most half of ``at_most``, and negative pairs are
            drawn at random. Each kind is drawn uniformly, so that error rates of each kind are
            unbiased.
        generator: A ``torch.Generator`` or a seed for the random subset.

    Returns:
        Pairs with ``first < second``, in ascending order.

    Raises:
        ValueError: If there is one class, if no class has two images, or if ``at_most`` is below 2.
        TypeError: If ``labels`` are not integers.

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
    """Return all positive pairs i < j, encoded as ``i * N + j``."""
    found = []
    for rows in labels.argsort(stable=True).split(counts.tolist()):
        i, j = torch.triu_indices(len(rows), len(rows), 1)
        found.append(rows[i] * len(labels) + rows[j])
    return torch.cat(found)


def _pairs_across(labels: Tensor, n: int, n_all: int, generator: torch.Generator) -> Tensor:
    """Draw n of the ``n_all`` negative pairs i < j; every set of n is equally likely."""
    found = torch.empty(0, dtype=torch.int64)
    if 2 * n > n_all:  # drawing at random would meet the same ones again and again
        i, j = torch.triu_indices(len(labels), len(labels), 1)
        found = (i * len(labels) + j)[labels[i] != labels[j]]
    while len(found) < n:
        two = torch.randint(len(labels), (2 * n, 2), generator=generator).sort(dim=1).values
        two = two[labels[two[:, 0]] != labels[two[:, 1]]]
        found = torch.cat([found, two[:, 0] * len(labels) + two[:, 1]]).unique()
    return found[torch.randperm(len(found), generator=generator)[:n]]

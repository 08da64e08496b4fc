"""Random picks without replacement from many buckets at once.

A bucket is, for example, the images of a class, the classes of an alphabet or the drawers of a
class.
"""

from __future__ import annotations

import torch
from torch import Tensor

# Random keys made at once; more would only cost memory.
KEYS_AT_ONCE = 1 << 22
# In buckets of more members, few are picked one after the other: a key for each would take longer.
MOST_KEYS = 4096


class Buckets:
    """Members 0 to M - 1, sorted into buckets.

    Args:
        bucket_of: Bucket of each member, int64 of shape ``(M,)``. Any integers are allowed.

    Attributes:
        names: Distinct values of ``bucket_of`` in ascending order, int64 of shape ``(n,)``. Bucket
            ``b`` is the one named ``names[b]``.
        index: Bucket of each member, 0 to n - 1, int64 of shape ``(M,)``.
        counts: Number of members of each bucket, int64 of shape ``(n,)``.
    """

    def __init__(self, bucket_of: Tensor) -> None:
        self.names, self.index, self.counts = torch.unique(
            bucket_of, return_inverse=True, return_counts=True
        )
        self._members = torch.argsort(self.index, stable=True)
        self._starts = self.counts.cumsum(0) - self.counts

    def __len__(self) -> int:
        return len(self.names)

    def require(self, needed: int, what: str, unit: str, cure: str) -> None:
        """Raise ValueError if a bucket has fewer than ``needed`` members.

        The message names the smallest bucket.

        Args:
            needed: Number of members that each bucket must have.
            what: What a bucket is, for the message.
            unit: What its members are, for the message.
            cure: How to fix the problem, for the message.
        """
        n_small = int((self.counts < needed).sum())
        if n_small:
            worst = int(self.counts.argmin())
            raise ValueError(
                f"{what} {int(self.names[worst])} has {int(self.counts[worst])} {unit}, but "
                f"{needed} are needed ({n_small} of {len(self)} are too small). {cure}"
            )

    def draw(self, buckets: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """Draw ``k`` different members of each bucket; every set of k is equally likely.

        Args:
            buckets: Indices of buckets, int64 of any shape ``(...)``. Repeats are allowed. Each
                bucket must have at least ``k`` members.
            k: Number of members to draw from each bucket.
            generator: Source of randomness.

        Returns:
            Members in random order, int64 of shape ``(..., k)``.
        """
        flat = buckets.reshape(-1)
        if k == 1:
            unit = torch.rand(len(flat), 1, generator=generator, dtype=torch.float64)
            place = (unit * self.counts[flat, None]).long()
        elif (most := int(self.counts.max())) > MOST_KEYS and k * k < most:
            place = self._places_in_turn(flat, k, generator)
        else:
            rows_at_once = max(1, KEYS_AT_ONCE // most)
            place = torch.cat([self._places(r, k, generator) for r in flat.split(rows_at_once)])
        return self._members[self._starts[flat, None] + place].reshape(*buckets.shape, k)

    def _places(self, buckets: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """Return the positions of the k largest random keys in each bucket."""
        counts = self.counts[buckets, None]
        most = int(counts.max())
        keys = torch.rand(len(buckets), most, generator=generator)
        keys.masked_fill_(torch.arange(most) >= counts, -1)
        return keys.topk(k, dim=1).indices

    def _places_in_turn(self, buckets: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """Draw k positions one after the other from those that are left, in time k²."""
        counts = self.counts[buckets, None]
        unit = torch.rand(len(buckets), k, generator=generator, dtype=torch.float64)
        among_left = (unit * (counts - torch.arange(k))).long()
        places = among_left[:, :1]
        for turn in range(1, k):
            # Number r among those left is number r + n of all, if n of those taken come before it.
            number = among_left[:, turn : turn + 1]
            taken = places.sort(dim=1).values - torch.arange(turn)
            places = torch.cat([places, number + (taken <= number).sum(dim=1, keepdim=True)], dim=1)
        return places


def random_subsets(n_rows: int, n: int, k: int, generator: torch.Generator) -> Tensor:
    """Draw ``k`` different numbers below ``n`` for each row, in random order, int64.

    The result has shape ``(n_rows, k)``.
    """
    everything = Buckets(torch.zeros(n, dtype=torch.int64))
    return everything.draw(torch.zeros(n_rows, dtype=torch.int64), k, generator)


def one_group_per_class(classes: Buckets, groups: Tensor) -> Tensor:
    """Return the group of each class, int64 ``(n_classes,)``.

    Raises:
        ValueError: If a class has images in more than one group.
    """
    group_of_class = torch.empty(len(classes), dtype=torch.int64)
    group_of_class[classes.index] = groups
    torn = (group_of_class[classes.index] != groups).nonzero()
    if len(torn):
        label = int(classes.names[classes.index[torn[0, 0]]])
        raise ValueError(f"class {label} has images in more than one group")
    return group_of_class

"""Drawing from buckets: many random picks without replacement at once, with no Python loop.

Classes hold images, alphabets hold classes, a class holds its drawers: all samplers here come
down to "pick k different members of this bucket", for thousands of buckets at a time.
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
        bucket_of: int64 ``(M,)``, the bucket of each member. Any integers will do.

    Attributes:
        names: int64 ``(n,)``, the integers that occur in ``bucket_of``, ascending; bucket ``b`` is
            the one called ``names[b]``.
        index: int64 ``(M,)``, the bucket of each member, 0 to n - 1.
        counts: int64 ``(n,)``, members in each bucket.
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
        """Raise ValueError when a bucket holds fewer than ``needed``; the smallest is named.

        Args:
            needed: members that each bucket must have.
            what: what a bucket is, for the message.
            unit: what its members are.
            cure: what to do about it.
        """
        n_small = int((self.counts < needed).sum())
        if n_small:
            worst = int(self.counts.argmin())
            raise ValueError(
                f"{what} {int(self.names[worst])} has {int(self.counts[worst])} {unit}, but "
                f"{needed} are needed ({n_small} of {len(self)} are too small). {cure}"
            )

    def draw(self, buckets: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """Pick ``k`` different members of each bucket, each set of k equally likely.

        Args:
            buckets: int64 of any shape ``(...)``, which buckets, repeats allowed; each must have
                at least ``k`` members.
            k: how many members.
            generator: where the choice comes from.

        Returns:
            int64 ``(..., k)``, members in random order.
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
        """The k places with the largest random keys, of those that each bucket has."""
        counts = self.counts[buckets, None]
        most = int(counts.max())
        keys = torch.rand(len(buckets), most, generator=generator)
        keys.masked_fill_(torch.arange(most) >= counts, -1)
        return keys.topk(k, dim=1).indices

    def _places_in_turn(self, buckets: Tensor, k: int, generator: torch.Generator) -> Tensor:
        """One place after the other, each among those that are left, in time k²."""
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
    """int64 ``(n_rows, k)``: in each row k different numbers below n, in random order."""
    everything = Buckets(torch.zeros(n, dtype=torch.int64))
    return everything.draw(torch.zeros(n_rows, dtype=torch.int64), k, generator)


def one_group_per_class(classes: Buckets, groups: Tensor) -> Tensor:
    """The group of each class, int64 ``(n_classes,)``.

    Raises:
        ValueError: a class has images in two groups.
    """
    group_of_class = torch.empty(len(classes), dtype=torch.int64)
    group_of_class[classes.index] = groups
    torn = (group_of_class[classes.index] != groups).nonzero()
    if len(torn):
        label = int(classes.names[classes.index[torn[0, 0]]])
        raise ValueError(f"class {label} has images in more than one group")
    return group_of_class

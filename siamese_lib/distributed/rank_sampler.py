"""Each rank's part of a batch that all ranks draw alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor
from torch.utils.data import Sampler

from siamese_lib.distributed.processes import n_ranks, this_rank


class BatchSource(Protocol):
    """What draws whole batches: ``MPerClassSampler``, or anything with these two."""

    batch_size: int

    def sample(self, n_batches: int = 1) -> Tensor:
        """Indices of batches: int64 ``(n_batches, batch_size)``."""
        ...


def own_part(rows: Tensor, rank: int | None = None, ranks: int | None = None) -> Tensor:
    """The part of one rank: a slice of the last dimension.

    Parts put side by side, in the order of the ranks, are the whole again.

    Args:
        rows: ``(..., B)``.
        rank: by default that of this process.
        ranks: how many there are; by default as many as work together.

    Returns:
        ``(..., B / ranks)``.

    Raises:
        ValueError: B is not a multiple of ``ranks``.
    """
    rank = this_rank() if rank is None else rank
    ranks = n_ranks() if ranks is None else ranks
    size, left_over = divmod(rows.shape[-1], ranks)
    if left_over:
        raise ValueError(
            f"a batch of {rows.shape[-1]} cannot be shared equally among {ranks} ranks: take a "
            f"batch_size that is a multiple of {ranks}"
        )
    return rows[..., rank * size : (rank + 1) * size]


class RankSampler(Sampler[int]):
    """This rank's part of the batches of another sampler.

    Every rank draws the same whole batch, from the same seed, and keeps its part: the union over
    the ranks is the batch of one process, in its order. PyTorch's ``DistributedSampler`` deals out
    single images instead, and so tears apart what belongs in one batch: two of each class.

    Args:
        batches: an ``MPerClassSampler`` or alike, with the *same seed* on all ranks.
        rank: by default that of this process.
        ranks: by default as many as work together.

    Attributes:
        batch_size: images of this rank in a batch, for a DataLoader.

    Raises:
        ValueError: a batch that cannot be shared equally.

    >>> from siamese_lib.sampling import MPerClassSampler
    >>> labels = torch.arange(8).repeat_interleave(4)
    >>> whole = MPerClassSampler(labels, m=2, batch_size=8, generator=0).sample()
    >>> parts = [
    ...     RankSampler(MPerClassSampler(labels, m=2, batch_size=8, generator=0), r, 2).sample()
    ...     for r in range(2)
    ... ]
    >>> torch.equal(torch.cat(parts, dim=1), whole)
    True
    """

    def __init__(
        self, batches: BatchSource, rank: int | None = None, ranks: int | None = None
    ) -> None:
        self._batches = batches
        self._rank = this_rank() if rank is None else rank
        self._ranks = n_ranks() if ranks is None else ranks
        if not 0 <= self._rank < self._ranks:
            raise ValueError(f"rank must be 0 to {self._ranks - 1}, got {self._rank}")
        whole = torch.empty(batches.batch_size)
        self.batch_size = len(own_part(whole, self._rank, self._ranks))

    def sample(self, n_batches: int = 1) -> Tensor:
        """This rank's indices of many batches: int64 ``(n_batches, batch_size)``."""
        return own_part(self._batches.sample(n_batches), self._rank, self._ranks)

    def __iter__(self) -> Iterator[int]:
        return iter(self.sample(len(self) // self.batch_size).flatten().tolist())

    def __len__(self) -> int:
        return len(self._batches) // self._ranks  # type: ignore[arg-type]

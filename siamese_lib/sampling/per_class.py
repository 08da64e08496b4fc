"""P x K batches: P classes with K images each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.utils.data import Sampler

from siamese_lib.checks import check_counts, check_ids
from siamese_lib.randomness import as_generator
from siamese_lib.sampling.buckets import Buckets, random_subsets


class MPerClassSampler(Sampler[int]):
    """Batches of ``batch_size / m`` different classes with ``m`` different images of each.

    The name and the arguments are those of pytorch-metric-learning's sampler, and either works in a
    DataLoader. Unlike there, a class with fewer than ``m`` images is an error; no image is
    repeated.

    Args:
        labels: Class of each image, integers of shape ``(N,)``.
        m: Number of images of each class in a batch (K).
        batch_size: Number of images in a batch (P x K), a multiple of ``m``.
        length_before_new_iter: Number of indices that one iteration over the sampler yields,
            rounded down to whole batches, at least one. Default: N.
        generator: A ``torch.Generator`` or a seed.

    Raises:
        ValueError: If ``batch_size`` is not a multiple of ``m``, if there are fewer than
            ``batch_size / m`` classes, or if a class has fewer than ``m`` images.
        TypeError: If ``labels`` are not integers.

    >>> labels = torch.arange(10).repeat_interleave(5)
    >>> MPerClassSampler(labels, m=4, batch_size=32, generator=0).sample(100).shape
    torch.Size([100, 32])
    """

    def __init__(
        self,
        labels: Tensor | Sequence[int],
        m: int,
        batch_size: int,
        length_before_new_iter: int | None = None,
        generator: torch.Generator | int | None = None,
    ) -> None:
        check_counts(m=m, batch_size=batch_size)
        labels = check_ids("labels", labels)
        if batch_size % m:
            raise ValueError(f"batch_size={batch_size} is not a multiple of m={m}")
        self.m, self.batch_size = m, batch_size
        self._classes = Buckets(labels)
        if batch_size // m > len(self._classes):
            raise ValueError(
                f"batch_size={batch_size} with m={m} asks for {batch_size // m} classes, but there "
                f"are {len(self._classes)}: use a smaller batch_size or a larger m"
            )
        cure = f"Use m={int(self._classes.counts.min())} or less, or leave small classes out."
        self._classes.require(m, "class", "image(s)", cure)
        wanted = len(labels) if length_before_new_iter is None else length_before_new_iter
        self._batches_per_iter = max(1, wanted // batch_size)
        self._generator = as_generator(generator)

    def sample(self, n_batches: int = 1) -> Tensor:
        """Draw the indices of many batches at once: int64 ``(n_batches, batch_size)``.

        The m images of a class are adjacent.

        Raises:
            ValueError: If ``n_batches`` is below 1.
        """
        check_counts(n_batches=n_batches)
        n_classes = self.batch_size // self.m
        classes = random_subsets(n_batches, len(self._classes), n_classes, self._generator)
        return self._classes.draw(classes, self.m, self._generator).reshape(n_batches, -1)

    def __iter__(self) -> Iterator[int]:
        return iter(self.sample(self._batches_per_iter).flatten().tolist())

    def __len__(self) -> int:
        return self._batches_per_iter * self.batch_size

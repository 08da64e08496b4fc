"""Batches that contain both genuine signatures and forgeries of each signer."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.checks import check_counts
from siamese_lib.data import SignatureSet
from siamese_lib.randomness import as_generator
from siamese_lib.sampling.buckets import Buckets, random_subsets


class GenuineAndForgedSampler:
    """Batches of ``batch_size / (2 m)`` signers, with m genuine and m forged signatures of each.

    Args:
        signatures: Signature set with forgeries. Signers without forgeries are left out.
        m: Number of genuine signatures, and of forgeries, of each signer in a batch.
        batch_size: Number of images in a batch, a multiple of ``2 m``.
        generator: A ``torch.Generator`` or a seed.

    Raises:
        ValueError: If the set has no forgeries, if a signer has fewer than ``m`` signatures of
            either kind, if ``batch_size`` is not a multiple of ``2 m``, or if it requires more
            signers than the set has.
    """

    def __init__(
        self,
        signatures: SignatureSet,
        m: int,
        batch_size: int,
        generator: torch.Generator | int | None = None,
    ) -> None:
        check_counts(m=m, batch_size=batch_size)
        if signatures.forged is None:
            raise ValueError("there is no forgery in this set: take MPerClassSampler")
        if batch_size % (2 * m):
            raise ValueError(f"batch_size={batch_size} is not a multiple of 2 m = {2 * m}")
        self.m, self.n_signers = m, batch_size // (2 * m)
        genuine, forged = signatures.genuine.groups.cpu(), signatures.forged.groups.cpu()
        self._first_forged = len(genuine)
        self._genuine, self._forged = Buckets(genuine), Buckets(forged)
        # Both kinds of buckets are called by the signer's number, in ascending order.
        self._signers = torch.searchsorted(self._genuine.names, self._forged.names)
        cure = f"Use m={int(self._forged.counts.min())} or less, or leave the signer out."
        self._forged.require(m, "signer", "forgeries", cure)
        few = self._genuine.counts[self._signers].min()
        if few < m:
            raise ValueError(f"a signer has {few} genuine signatures, but m={m}: use m={few}")
        if self.n_signers > len(self._forged):
            raise ValueError(
                f"batch_size={batch_size} with m={m} asks for {self.n_signers} signers, but "
                f"forgeries are there of {len(self._forged)}: use a smaller batch_size"
            )
        self._generator = as_generator(generator)

    def sample(self, n_batches: int = 1) -> Tensor:
        """Draw indices into ``signatures.everything``: int64 ``(n_batches, batch_size)``.

        In each batch, the m genuine signatures of a signer are followed by the m forgeries.
        """
        check_counts(n_batches=n_batches)
        chosen = random_subsets(n_batches, len(self._forged), self.n_signers, self._generator)
        genuine = self._genuine.draw(self._signers[chosen], self.m, self._generator)
        forged = self._forged.draw(chosen, self.m, self._generator) + self._first_forged
        return torch.stack([genuine, forged], dim=2).flatten(1)

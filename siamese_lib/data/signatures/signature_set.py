"""Genuine and forged signatures of the same people, kept apart."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from siamese_lib.checks import check_counts
from siamese_lib.data.labelled_images import LabelledImages, join
from siamese_lib.randomness import as_generator

FORGED = ", forged"  # what the class of forgeries is called, behind the signer's name


class TooFewSignersError(ValueError):
    """A set has too few people for parts that have nobody in common."""


@dataclass(frozen=True, eq=False, repr=False)
class SignatureSet:
    """Signatures by people, and forgeries of them.

    Both parts have one list of names. A *group* is the signer whose name is signed. A *class* is
    the signer, or the signer's forgeries (``"signer 012, forged"``): a forgery is never of the
    class of what it imitates, so that no sampler takes one for the other. The *maker* is who held
    the pen.

    Attributes:
        genuine: by the signers themselves, two or more by each.
        forged: by others, imitations of signers in ``genuine``; None where there are none.

    Raises:
        ValueError: the two parts do not belong together, or a signer has no two genuine ones.
    """

    genuine: LabelledImages
    forged: LabelledImages | None

    def __post_init__(self) -> None:
        counts = self.genuine.groups.bincount()
        if (counts == 1).any():
            lonely = [self.genuine.group_names[n] for n in (counts == 1).nonzero()[:5, 0].tolist()]
            raise ValueError(
                "a signer needs two genuine signatures or more, one to compare the other with: "
                f"there is one of {', '.join(lonely)}"
            )
        if self.forged is None:
            return
        for names in ("class_names", "group_names", "maker_names"):
            if getattr(self.genuine, names) != getattr(self.forged, names):
                raise ValueError(f"genuine and forged must have one list of {names}")
        strangers = ~torch.isin(self.forged.groups, self.genuine.groups)
        if strangers.any():
            name = self.forged.group_names[int(self.forged.groups[strangers][0])]
            raise ValueError(f"there are forgeries of {name}, but no genuine signature")
        if torch.isin(self.forged.labels, self.genuine.labels).any():
            raise ValueError("a forgery may not have the class of genuine signatures")

    def __repr__(self) -> str:
        n_forged = 0 if self.forged is None else len(self.forged)
        height, width = self.genuine.images.shape[2:]
        return (
            f"{self.genuine.name}: {len(self.signers)} signers, {len(self.genuine):,} genuine and "
            f"{n_forged:,} forged signatures of {height} x {width}"
        )

    @property
    def signers(self) -> Tensor:
        """int64 ``(n_signers,)``: who signs here, as numbers of groups, ascending."""
        return self.genuine.groups.unique()

    @property
    def everything(self) -> LabelledImages:
        """All pictures, the genuine ones first, forgeries as classes of their own."""
        if self.forged is None:
            return self.genuine
        return join([self.genuine, self.forged], self.genuine.name)

    def to(self, device: torch.device | str) -> SignatureSet:
        """The same set with all of its tensors on ``device``."""
        forged = None if self.forged is None else self.forged.to(device)
        return SignatureSet(self.genuine.to(device), forged)

    def of_signers(self, signers: Tensor, name: str) -> SignatureSet:
        """The signatures of some signers, and the forgeries of them.

        Args:
            signers: numbers of groups, ``(M,)``.
            name: what the part is called.

        Raises:
            ValueError: none of them signs here.
        """
        signers = signers.to(self.genuine.device)
        genuine = self.genuine.select(torch.isin(self.genuine.groups, signers), name)
        if self.forged is None:
            return SignatureSet(genuine, None)
        copied = torch.isin(self.forged.groups, signers)
        forged = self.forged.select(copied, f"{name}, forged") if copied.any() else None
        return SignatureSet(genuine, forged)

    def split(
        self, counts: dict[str, int], generator: torch.Generator | int | None = None
    ) -> dict[str, SignatureSet]:
        """Parts that have no signer in common, neither as a signer nor as one who is imitated.

        Args:
            counts: for each part its name and how many signers it gets.
            generator: where the random choice comes from (a generator or a seed).

        Returns:
            The parts by name. Signers that no part asked for are left out.

        Raises:
            TooFewSignersError: there are fewer signers than the parts need.
            ValueError: a part of no signer, or no part.
        """
        if not counts:
            raise ValueError("counts must name one part or more, with its number of signers")
        check_counts(**counts)
        needed, there = sum(counts.values()), len(self.signers)
        if there < needed:
            listed = " + ".join(f"{n} {name}" for name, n in counts.items())
            raise TooFewSignersError(
                f"{self.genuine.name} has {there} signers; parts without a common signer need "
                f"{needed} ({listed}): add signers, or ask for smaller parts"
            )
        order = torch.randperm(there, generator=as_generator(generator))
        chosen = self.signers.cpu()[order[:needed]].split(list(counts.values()))
        return {
            name: self.of_signers(part, f"{self.genuine.name} ({name})")
            for name, part in zip(counts, chosen, strict=True)
        }

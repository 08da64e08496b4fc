"""What a bank asks: is this the signature of the person whom it names?"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from siamese_lib.checks import check_counts
from siamese_lib.data.signatures.signature_set import SignatureSet
from siamese_lib.randomness import as_generator

GENUINE, RANDOM, SKILLED = 0, 1, 2
KINDS = ("genuine", "random forgery", "skilled forgery")


class Questions(NamedTuple):
    """Q questions about the pictures of ``SignatureSet.everything``.

    Attributes:
        claimed: int64 ``(Q,)``, whose signature it says it is: a number of a group.
        references: int64 ``(Q, K)``, the pictures on file of that person.
        picture: int64 ``(Q,)``, the picture in question.
        kind: int64 ``(Q,)``, what it is: GENUINE, RANDOM (another signer's own signature), or
            SKILLED (an imitation).
        signer: int64 ``(Q,)``, whose name is signed in the picture: ``claimed``, except in a
            random forgery.
    """

    claimed: Tensor
    references: Tensor
    picture: Tensor
    kind: Tensor
    signer: Tensor

    def of_kind(self, kind: int) -> Questions:
        """The questions of one kind."""
        return self.where(self.kind == kind)

    def where(self, chosen: Tensor) -> Questions:
        """The questions that a bool mask ``(Q,)`` chooses."""
        return Questions(*(field[chosen] for field in self))


def ask(
    signatures: SignatureSet,
    n_references: int,
    n_random: int = 50,
    generator: torch.Generator | int | None = None,
) -> Questions:
    """Put some genuine signatures of each signer on file, and ask about everything else.

    Args:
        signatures: two signers or more.
        n_references: K, genuine signatures on file of each signer.
        n_random: random forgeries for each signer, drawn from the other signers' genuine
            signatures that are not on file; all of those if they are fewer.
        generator: which signatures are on file, and which random forgeries are asked.

    Returns:
        The questions of one signer after those of another, genuine ones first, then random and
        skilled forgeries.

    Raises:
        ValueError: one signer, or one who has no genuine signature left beside the references.
    """
    check_counts(n_references=n_references, n_random=n_random)
    generator = as_generator(generator)
    everything, signers = signatures.everything, signatures.signers.cpu().tolist()
    if len(signers) < 2:
        raise ValueError("a random forgery is another signer's signature: two signers are needed")
    groups, n_genuine = everything.groups.cpu(), len(signatures.genuine)
    on_file, left = {}, {}
    for signer in signers:
        own = (groups[:n_genuine] == signer).nonzero()[:, 0]
        if len(own) <= n_references:
            raise ValueError(
                f"n_references={n_references}, but {everything.group_names[signer]} has "
                f"{len(own)} genuine signatures: {n_references + 1} or more are needed, to ask "
                "about one at least"
            )
        own = own[torch.randperm(len(own), generator=generator)]
        on_file[signer], left[signer] = own[:n_references], own[n_references:].sort().values

    parts = []
    every_left = torch.cat(list(left.values()))
    for signer in signers:
        others = every_left[groups[every_left] != signer]
        chosen = others[torch.randperm(len(others), generator=generator)[:n_random]]
        imitations = n_genuine + (groups[n_genuine:] == signer).nonzero()[:, 0]
        for kind, pictures in ((GENUINE, left[signer]), (RANDOM, chosen), (SKILLED, imitations)):
            parts.append(
                Questions(
                    claimed=torch.full((len(pictures),), signer),
                    references=on_file[signer].expand(len(pictures), -1),
                    picture=pictures,
                    kind=torch.full((len(pictures),), kind),
                    signer=groups[pictures],
                )
            )
    return Questions(*(torch.cat(fields) for fields in zip(*parts, strict=True)))

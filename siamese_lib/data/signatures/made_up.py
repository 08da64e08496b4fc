"""Made-up signatures: people, what they sign, and what others make of it."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.checks import check_counts, height_and_width
from siamese_lib.data.labelled_images import LabelledImages
from siamese_lib.data.signatures.movements import Movements, copied, draw, sign
from siamese_lib.data.signatures.signature_set import FORGED, SignatureSet
from siamese_lib.data.signatures.signers import meet_signers

# Pictures of wide things: height and width.
SIZE = (48, 96)


def make_signatures(
    n_signers: int,
    n_genuine: int = 24,
    n_forged: int = 24,
    size: tuple[int, int] = SIZE,
    seed: int = 0,
    n_forgers: int = 3,
    device: torch.device | str = "cpu",
) -> SignatureSet:
    """Signatures of people who do not exist, and skilled forgeries of them.

    Args:
        n_signers: people.
        n_genuine: signatures by each of them, two or more.
        n_forged: forgeries of each of them, dealt out to the forgers; 0 for none.
        size: height and width of the pictures in pixels.
        seed: the same seed gives the same set. People are made one by one, so the first five of
            ten are the same as five made alone.
        n_forgers: people who imitate one signer; each imitates nobody else.
        device: where the pictures are made and stay.

    Returns:
        The set, signer by signer; ink 255 on paper 0.

    Raises:
        ValueError: a number that is too small.
    """
    _check(n_signers, n_genuine, n_forged, n_forgers)
    sides = height_and_width(size)
    pictures = []
    for signer in range(n_signers):
        generator = torch.Generator(device=device).manual_seed(seed * 10_007 + signer)
        movements = _of_one(n_genuine, n_forged, n_forgers, generator)
        pictures.append(draw(movements, sides, generator))
    images = torch.stack(pictures)  # (signers, genuine then forged, 1, H, W)
    names = [f"signer {number:03d}" for number in range(1, n_signers + 1)]
    name = f"made-up signatures (seed {seed})"

    def part(images: Tensor, labels: Tensor, makers: Tensor, name: str) -> LabelledImages:
        return LabelledImages(
            images=images.flatten(0, 1),
            labels=labels.flatten().to(images.device),
            groups=torch.arange(n_signers).repeat_interleave(images.shape[1]).to(images.device),
            makers=makers.flatten().to(images.device),
            class_names=tuple(names + [name + FORGED for name in names]),
            group_names=tuple(names),
            maker_names=tuple(
                names + [f"forger {f + 1} of {name}" for name in names for f in range(n_forgers)]
            ),
            name=name,
        )

    own = torch.arange(n_signers)[:, None].expand(-1, n_genuine)
    genuine = part(images[:, :n_genuine], own, own, name)
    if not n_forged:
        return SignatureSet(genuine, None)
    of = torch.arange(n_signers)[:, None].expand(-1, n_forged)
    who = n_signers + n_forgers * of + _forger_of_each(n_forged, n_forgers)
    return SignatureSet(
        genuine, part(images[:, n_genuine:], n_signers + of, who, f"{name}, forged")
    )


def make_movements(
    n_signers: int,
    n_genuine: int = 24,
    n_forged: int = 24,
    seed: int = 0,
    n_forgers: int = 3,
    device: torch.device | str = "cpu",
) -> tuple[Movements, Movements]:
    """What the pen did for the pictures of ``make_signatures``, as a tablet would record it.

    Args and errors as there.

    Returns:
        The movements behind ``genuine`` and those behind ``forged``, in the same order.
    """
    _check(n_signers, n_genuine, n_forged, n_forgers)
    every = []
    for signer in range(n_signers):
        generator = torch.Generator(device=device).manual_seed(seed * 10_007 + signer)
        every.append(_of_one(n_genuine, n_forged, n_forgers, generator))
    fields = list(zip(*every, strict=True))  # position, pressure, seconds of each signer
    return (
        Movements(*(torch.cat([part[:n_genuine] for part in field]) for field in fields)),
        Movements(*(torch.cat([part[n_genuine:] for part in field]) for field in fields)),
    )


def _check(n_signers: int, n_genuine: int, n_forged: int, n_forgers: int) -> None:
    check_counts(n_signers=n_signers, n_genuine=n_genuine, n_forgers=n_forgers)
    if n_genuine < 2:
        raise ValueError(f"n_genuine must be 2 or more, to compare two, got {n_genuine}")
    if n_forged:
        check_counts(n_forged=n_forged)


def _of_one(n_genuine: int, n_forged: int, n_forgers: int, generator: torch.Generator) -> Movements:
    """One signer's signatures, then the forgeries of them."""
    signer = meet_signers(1, generator)
    forgers = meet_signers(n_forgers, generator)
    target = torch.zeros(n_forgers, dtype=torch.int64, device=generator.device)
    copies = copied(signer.rows(target), forgers, generator)
    own = signer.rows(target[:1].expand(n_genuine))
    signed = sign(own, generator)
    if not n_forged:
        return signed
    who = _forger_of_each(n_forged, n_forgers).to(generator.device)
    return signed.and_then(sign(copies.rows(who), generator))


def _forger_of_each(n_forged: int, n_forgers: int) -> Tensor:
    """Which forger made each forgery: int64 ``(n_forged,)``, in runs of about equal length."""
    return torch.arange(n_forged) * n_forgers // n_forged

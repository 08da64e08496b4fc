"""Embed a whole set of images, each of them once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from siamese_lib.data.labelled_images import LabelledImages
from siamese_lib.sampling.checks import check_counts


@torch.no_grad()
def embed_images(
    embed: Callable[[Tensor], Tensor], images: Tensor, batch_size: int = 512
) -> Tensor:
    """Embeddings ``(N, D)`` of float images ``(N, C, H, W)``, float32.

    A network is put into evaluation mode meanwhile, so that BatchNorm does not look at the other
    images of the batch; afterwards it is as it was. The images go to the network's device, and
    the embeddings stay there; with another function, everything stays where the images are.

    Args:
        embed: float images ``(B, C, H, W)`` in [0, 1] to embeddings ``(B, D)``.
        images: the images, one or more.
        batch_size: images embedded at once.

    Raises:
        ValueError: a batch size below 1.
    """
    check_counts(batch_size=batch_size)
    return _embed_parts(embed, images.split(batch_size))


@torch.no_grad()
def embed_all(
    embed: Callable[[Tensor], Tensor], data: LabelledImages, batch_size: int = 512
) -> Tensor:
    """Embeddings ``(N, D)`` of all images of a set, as ``embed_images`` gives them.

    Args:
        embed: float images ``(B, C, H, W)`` in [0, 1] to embeddings ``(B, D)``.
        data: the images.
        batch_size: images turned into floats and embedded at once.

    Raises:
        ValueError: a batch size below 1.
    """
    check_counts(batch_size=batch_size)
    rows = torch.arange(len(data), device=data.device).split(batch_size)
    return _embed_parts(embed, (data.batch(part) for part in rows))


def _embed_parts(embed: Callable[[Tensor], Tensor], parts: Iterable[Tensor]) -> Tensor:
    weight = next(embed.parameters(), None) if isinstance(embed, nn.Module) else None
    was_training = isinstance(embed, nn.Module) and embed.training
    if was_training:
        embed.eval()
    try:
        if weight is not None:
            parts = (part.to(weight.device) for part in parts)
        return torch.cat([embed(part).float() for part in parts])
    finally:
        if was_training:
            embed.train()

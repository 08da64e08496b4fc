"""Embed images, each of them once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from siamese_lib.checks import check_counts
from siamese_lib.data import LabelledImages, as_floats


@torch.no_grad()
def embed_all(
    embed: Callable[[Tensor], Tensor], images: LabelledImages | Tensor, batch_size: int = 512
) -> Tensor:
    """Embeddings ``(N, ...)`` of all images, float32, ``batch_size`` images at a time.

    A network is put into evaluation mode meanwhile, so that BatchNorm does not look at the other
    images of the batch; afterwards it is as it was. The images go to the network's device, and
    the embeddings stay there; with another function, everything stays where the images are. A
    network in another precision gets its images in that precision.

    Args:
        embed: float images ``(B, C, H, W)`` in [0, 1] to embeddings ``(B, ...)``: a network, a
            method of one, or any function.
        images: a set, or floats (or uint8) ``(N, C, H, W)``; one or more. The floats of a whole set
            are never there at once.
        batch_size: images embedded at once.

    Raises:
        ValueError: a batch size below 1, or floats outside 0 to 1, such as uint8 values that were
            made floats and not divided by 255.

    >>> embed_all(lambda images: images.flatten(1), torch.zeros(5, 1, 28, 28)).shape
    torch.Size([5, 784])
    """
    check_counts(batch_size=batch_size)
    if isinstance(images, Tensor):
        parts = (_floats(part) for part in images.split(batch_size))
    else:
        rows = torch.arange(len(images), device=images.device).split(batch_size)
        parts = (images.batch(part) for part in rows)
    network = getattr(embed, "__self__", embed)  # a method belongs to its network
    if not isinstance(network, nn.Module):
        return torch.cat([embed(part).float() for part in parts])
    weight = next(network.parameters(), None)
    in_training = [module for module in network.modules() if module.training]
    network.eval()
    try:
        if weight is not None:
            parts = (part.to(weight.device, weight.dtype) for part in parts)
        return torch.cat([embed(part).float() for part in parts])
    finally:
        for module in in_training:
            module.training = True


def _floats(images: Tensor) -> Tensor:
    if images.dtype == torch.uint8:
        return as_floats(images)
    # Written so that NaN is caught, too; rounding may lead a hair beyond 1.
    if images.numel() and not (images.min() >= -1e-3 and images.max() <= 1 + 1e-3):
        raise ValueError(
            f"images must be floats in [0, 1], or uint8; these run from {images.min():.3g} to "
            f"{images.max():.3g}"
        )
    return images

"""Embed all images of a data set in batches."""

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
    """Return the embeddings ``(N, ...)`` of all images as float32, computed in batches.

    A network is in evaluation mode during the call and then returns to its previous mode. Images
    are moved to the device and precision of the network, and the embeddings stay on its device.
    With any other function, everything stays on the device of the images.

    Args:
        embed: Network, method of a network, or function that maps float images ``(B, C, H, W)`` in
            [0, 1] to embeddings ``(B, ...)``.
        images: Data set, or float or uint8 tensor of shape ``(N, C, H, W)`` with N of 1 or more.
            uint8 images are converted to floats one batch at a time.
        batch_size: Number of images in a batch.

    Raises:
        ValueError: If ``batch_size`` is below 1, or if float images are outside [0, 1], for example
            uint8 values converted to float without division by 255.

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

"""Embeddings to time losses and miners on."""

import torch


def loose_clusters(size: int, per_class: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings of length 1 ``(size, 128)`` in loose clusters, and their classes."""
    generator = torch.Generator().manual_seed(size)
    labels = torch.arange(size // per_class).repeat_interleave(per_class)
    centres = torch.randn(size // per_class, 128, generator=generator)
    z = centres[labels] + 0.7 * torch.randn(size, 128, generator=generator)
    return torch.nn.functional.normalize(z), labels

"""Probes of evaluations: they bring the network that is measured."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn


class _Network(nn.Module):
    """Pixels, nothing at all, or pixels after a BatchNorm; it notes how it is asked."""

    def __init__(self, kind: str, n_pixels: int) -> None:
        super().__init__()
        self.kind = kind
        self.norm = nn.BatchNorm1d(n_pixels)
        self.in_training = self.with_gradient = False

    def forward(self, images: Tensor) -> Tensor:
        self.in_training |= self.training
        pixels = images.flatten(1)
        if self.kind == "constant":
            return torch.zeros(len(images), 4)
        if self.kind == "batchnorm":
            pixels = self.norm(pixels)
            self.with_gradient |= pixels.requires_grad
        return pixels


def accuracy_of_embedder(
    answer: Callable, kind: str, images: Tensor, labels: Tensor, options: list, seeds: list
) -> list:
    """What ``answer(embed, images, labels, *options, generator)`` returns, for each seed."""
    embed = _Network(kind, images[0].numel()).eval()
    return [
        answer(embed, images, labels, *options, torch.Generator().manual_seed(int(seed)))
        for seed in seeds
    ]


def evaluated(
    answer: Callable,
    kind: str,
    images: Tensor,
    labels: Tensor,
    alphabets: Tensor,
    trained_on: Tensor,
    n_way: int,
    n_episodes: int,
    seeds: list,
) -> dict:
    """What an evaluation returns for each seed, and what it does to the network on the way.

    The network comes in training mode.
    """
    network = _Network(kind, images[0].numel()).train()
    before = copy.deepcopy(network.norm.state_dict())
    given = (network, images, labels, alphabets, trained_on, n_way, n_episodes)
    try:
        scores = [answer(*given, torch.Generator().manual_seed(int(seed))) for seed in seeds]
    except ValueError as error:
        return {"refused": str(error) or "ValueError", "scores": []}
    return {
        "scores": scores,
        "refused": None,
        "asked_in_training": network.in_training,
        "with_gradient": network.with_gradient,
        "statistics_moved": any(
            not torch.equal(now, before[name]) for name, now in network.norm.state_dict().items()
        ),
        "training_after": network.training,
    }


EVALUATION_PROBES: dict[str, Callable] = {
    probe.__name__: probe for probe in (accuracy_of_embedder, evaluated)
}

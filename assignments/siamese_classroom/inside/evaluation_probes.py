"""Probes of evaluations: they bring the network that is measured."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn


def generators_of(seeds: list, goes_on: bool) -> list[torch.Generator]:
    """A generator of each seed; or, if it ``goes_on``, that of the first so many times."""
    if goes_on:
        return [torch.Generator().manual_seed(int(seeds[0]))] * len(seeds)
    return [torch.Generator().manual_seed(int(seed)) for seed in seeds]


class _Network(nn.Module):
    """Pixels, nothing at all, or pixels after a BatchNorm; it notes how it is asked."""

    def __init__(self, kind: str, n_pixels: int) -> None:
        super().__init__()
        self.kind = kind
        self.norm = nn.BatchNorm1d(n_pixels)
        self.in_training = self.with_gradient = False
        self.n_images = 0

    def forward(self, images: Tensor) -> Tensor:
        self.in_training |= self.training
        self.with_gradient |= torch.is_grad_enabled()
        self.n_images += len(images)
        pixels = images.flatten(1)
        if self.kind == "constant":
            return torch.zeros(len(images), 4)
        if self.kind == "batchnorm":
            pixels = self.norm(pixels)
        return pixels


def accuracy_of_embedder(
    answer: Callable,
    kind: str,
    images: Tensor,
    labels: Tensor,
    options: list,
    seeds: list,
    goes_on: bool = False,
) -> list:
    """What ``answer(embed, images, labels, *options, generator)`` returns, for each seed."""
    embed = _Network(kind, images[0].numel()).eval()
    generators = generators_of(seeds, goes_on)
    return [answer(embed, images, labels, *options, generator) for generator in generators]


def images_embedded(
    answer: Callable, images: Tensor, labels: Tensor, options: list, seed: int
) -> dict:
    """How many images an accuracy embeds, and whether gradients are recorded meanwhile."""
    embed = _Network("pixels", images[0].numel()).eval()
    answer(embed, images, labels, *options, torch.Generator().manual_seed(seed))
    return {"n_images": embed.n_images, "with_gradient": embed.with_gradient}


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
    goes_on: bool = False,
) -> dict:
    """What an evaluation returns for each seed, and what it does to the network on the way.

    The network comes in training mode.
    """
    network = _Network(kind, images[0].numel()).train()
    before = copy.deepcopy(network.norm.state_dict())
    given = (network, images, labels, alphabets, trained_on, n_way, n_episodes)
    try:
        scores = [answer(*given, generator) for generator in generators_of(seeds, goes_on)]
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
    probe.__name__: probe for probe in (accuracy_of_embedder, images_embedded, evaluated)
}

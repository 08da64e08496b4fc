"""One network in many processes: the same weights before, during and after training."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from siamese_lib.distributed.processes import n_ranks, this_rank
from siamese_lib.randomness import seed_global


def in_parallel(network: nn.Module) -> nn.Module:
    """The network, wrapped so that all ranks have its weights and the mean of their gradients.

    PyTorch's DistributedDataParallel does both: at the beginning every rank gets the weights of the
    first; in each backward pass gradients are averaged, one bundle while the next is computed.
    With one process, the network itself.

    A BatchNorm takes the statistics of *its rank's part* of a batch, as if the batch were smaller;
    the running statistics are those of the first rank.
    """
    return network if n_ranks() == 1 else DistributedDataParallel(network)


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Replace the gradients of parameters outside of the network by their mean over the ranks.

    Such as those of a loss: each rank has computed the gradient of the whole batch already; the
    mean keeps the ranks from drifting apart by rounding.
    """
    if n_ranks() == 1:
        return
    for parameter in parameters:
        if parameter.grad is not None:
            distributed.all_reduce(parameter.grad)
            parameter.grad /= n_ranks()


@torch.no_grad()
def copy_of_first(module: nn.Module) -> None:
    """Give every rank the weights and the statistics that the first rank has."""
    if n_ranks() > 1:
        for tensor in module.state_dict().values():
            distributed.broadcast(tensor, src=0)


def seed_noise(seed: int, step: int, device: torch.device, augment: torch.Generator | None) -> None:
    """Seed dropout and augmentation of a rank by the run's seed, the step and the rank.

    Ranks draw different noise, and a run can resume with a different number of ranks. With one
    process nothing happens: its generators go on.

    Args:
        seed: Seed of the run.
        step: Number of the step.
        device: Device of the network.
        augment: Generator of the augmentation, if it has one.
    """
    if n_ranks() == 1:
        return
    digest = hashlib.sha256(f"{seed} {step} {this_rank()}".encode()).digest()
    own = int.from_bytes(digest[:7], "big")
    seed_global(own, device)
    if augment is not None:
        augment.manual_seed(own + 1)

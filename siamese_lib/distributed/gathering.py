"""The embeddings of all ranks on every rank, with the gradient that belongs to them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed

from siamese_lib.distributed.processes import n_ranks, this_rank


def gather(rows: Tensor) -> Tensor:
    r"""The rows of all ranks, in the order of the ranks, on each of them.

    A contrastive loss compares every image of a batch with every other, so it needs them all. Let
    each rank compute the loss of the *whole* batch, and average the gradients of the weights over
    the ranks, as DistributedDataParallel does. That average is then the gradient of one process
    with the joined batch, because the backward pass here adds up what *all* ranks have to say
    about this rank's rows:

    .. math:: \frac1R \sum_r \Big(\sum_s \frac{\partial L_s}{\partial z_r}\Big)
              \frac{\partial z_r}{\partial\theta}
              = \sum_r \frac{\partial L}{\partial z_r} \frac{\partial z_r}{\partial\theta}
              \quad\text{where } L_1 = \dots = L_R = L.

    ``torch.distributed.all_gather`` alone passes no gradient on. A rank that puts its own rows back
    into its result gets a gradient that is R times too small, or worse.

    Args:
        rows: ``(B, ...)``, of one shape on all ranks; embeddings, or integers such as labels.
            Floats of 16 bits are gathered in 32, so that sums of gradients do not round.

    Returns:
        ``(R B, ...)``. With one process, ``rows`` itself.

    Raises:
        ValueError: the ranks pass other shapes (looked for on the CPU).
    """
    if n_ranks() == 1:
        return rows
    if rows.device.type == "cpu":
        _check_same_shape(rows)
    if not rows.is_floating_point():
        return _joined(rows)
    return _Gather.apply(rows if rows.dtype == torch.float64 else rows.float())


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        ctx.n = len(rows)
        return _joined(rows)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.contiguous().clone()
        distributed.all_reduce(total)  # the sum over the ranks
        return total[this_rank() * ctx.n :][: ctx.n]


def _joined(rows: Tensor) -> Tensor:
    parts = [
        torch.empty_like(rows, memory_format=torch.contiguous_format) for _ in range(n_ranks())
    ]
    distributed.all_gather(parts, rows.detach().contiguous())
    return torch.cat(parts)


def _check_same_shape(rows: Tensor) -> None:
    """Other shapes would leave garbage or a rank that waits forever."""
    # A tensor of one size for all: up to seven dimensions.
    shape = torch.tensor([rows.ndim, *rows.shape, *[0] * (7 - rows.ndim)])
    shapes = [torch.empty_like(shape) for _ in range(n_ranks())]
    distributed.all_gather(shapes, shape)
    if any(not torch.equal(other, shape) for other in shapes):
        listed = ", ".join(str(tuple(s[1 : 1 + int(s[0])].tolist())) for s in shapes)
        raise ValueError(f"all ranks must gather rows of one shape, got {listed}")

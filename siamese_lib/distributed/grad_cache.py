"""The gradient of a batch that does not fit into memory, embedded piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from siamese_lib.checks import check_counts


def backward_in_chunks(
    network: nn.Module,
    images: Tensor,
    loss_of: Callable[[Tensor], Tensor],
    chunk_size: int,
) -> tuple[Tensor, Tensor]:
    """GradCache: the gradient of the whole batch, in the memory of a chunk (Gao et al. 2021).

    Adding up the losses of smaller batches is something else: there each image would meet the
    images of its own chunk only. Here all images are embedded without a graph; the loss of the
    whole batch tells the gradient of each *embedding*; then each chunk is embedded once more, with
    a graph, and sends its embeddings' gradient on to the weights. That costs one more forward pass.

    Dropout draws the same masks in both passes. A BatchNorm sees a chunk as its batch.

    Args:
        network: images ``(B, ...)`` to embeddings ``(B, D)``, perhaps one of ``in_parallel``:
            then gradients are averaged once, with the last chunk.
        images: ``(B, ...)``.
        loss_of: embeddings ``(B, D)`` to a loss; may hold a miner, ``gather`` and parameters of its
            own, which get their gradients, too.
        chunk_size: images embedded at once with a graph.

    Returns:
        The loss, and the embeddings ``(B, D)``, both without a graph. Gradients are *added* to
        ``.grad``, as ``backward()`` does.

    Raises:
        ValueError: a chunk size below 1.
    """
    check_counts(chunk_size=chunk_size)
    chunks = images.split(chunk_size)
    states, parts = [], []
    with torch.no_grad():
        for chunk in chunks:
            states.append(_random_states(images.device))
            parts.append(network(chunk))
    embeddings = torch.cat(parts).requires_grad_()
    value = loss_of(embeddings)
    value.backward()
    assert embeddings.grad is not None
    gradients = embeddings.grad.split(chunk_size)
    after = _random_states(images.device)
    for number, (chunk, state, gradient) in enumerate(zip(chunks, states, gradients, strict=True)):
        _set_random_states(state, images.device)
        last = number == len(chunks) - 1
        silent = isinstance(network, DistributedDataParallel) and not last
        with network.no_sync() if silent else nullcontext():  # type: ignore[operator]
            network(chunk).backward(gradient)
    _set_random_states(after, images.device)
    return value.detach(), embeddings.detach()


def _random_states(device: torch.device) -> list[Tensor]:
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else states


def _set_random_states(states: list[Tensor], device: torch.device) -> None:
    torch.set_rng_state(states[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states[1], device)

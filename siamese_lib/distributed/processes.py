"""Who am I, how many are we, and what does the first of us say?"""

from __future__ import annotations

import io
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import distributed

from siamese_lib.devices import usable_device
from siamese_lib.messages import LOGGER


def _in_a_group() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def this_rank() -> int:
    """The number of this process, from 0; 0 where there is one process."""
    return distributed.get_rank() if _in_a_group() else 0


def n_ranks() -> int:
    """How many processes work together; 1 where there is no process group."""
    return distributed.get_world_size() if _in_a_group() else 1


def own_device(name: str | torch.device = "auto") -> torch.device:
    """The device of this process: each of a machine's processes takes a GPU of its own.

    Args:
        name: as for ``usable_device``. In a process that ``torchrun`` has started, ``"cuda"``
            becomes ``cuda:$LOCAL_RANK``, and ``"auto"`` is that or the CPU: processes cannot talk
            from one mps device.

    Raises:
        ValueError: there is no such device, or there are more processes than GPUs.
    """
    device = usable_device(name)
    local_rank = os.environ.get("LOCAL_RANK")
    if local_rank is None:
        return device
    if device.type == "cuda" and device.index is None:
        return usable_device(f"cuda:{local_rank}")
    return torch.device("cpu") if name == "auto" else device


@contextmanager
def process_group(device: torch.device | str = "cpu") -> Iterator[int]:
    """Join the processes that ``torchrun`` has started, and leave them at the end.

    In a program that was started without ``torchrun`` nothing happens: it is rank 0 of 1. Notes
    of the library are shown by the first rank only.

    Args:
        device: where the ranks compute; they talk by nccl between GPUs, by gloo otherwise.

    Yields:
        The rank.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) == 1 or _in_a_group():
        yield this_rank()
        return
    device = torch.device(device)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    level = LOGGER.level
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    distributed.barrier()  # on a busy machine, one could leave before another has come
    try:
        if this_rank() != 0:
            LOGGER.setLevel(logging.WARNING)
        yield this_rank()
    finally:
        LOGGER.setLevel(level)
        distributed.destroy_process_group()


def die() -> None:
    """End this process at once, as an operating system does that is out of memory.

    For rehearsals: nothing is written or cleaned up. SIGKILL where there is one, and what Windows
    has in its place.
    """
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def from_first_rank(value: Any) -> Any:
    """What the first rank passed, on every rank. All ranks must call it.

    The value crosses the network as bytes that ``torch.load(weights_only=True)`` reads, so that
    nothing is unpickled that could execute code.

    Args:
        value: Numbers, texts, None, tensors, or lists, tuples and dictionaries of these.

    Returns:
        The value; with one process, ``value`` itself.
    """
    if n_ranks() == 1:
        return value
    device = _device_of_group()
    content = torch.empty(0, dtype=torch.uint8)
    if this_rank() == 0:
        written = io.BytesIO()
        torch.save(value, written)
        content = torch.frombuffer(bytearray(written.getvalue()), dtype=torch.uint8)
    n_bytes = torch.tensor(len(content), device=device)
    distributed.broadcast(n_bytes, src=0)
    if this_rank() != 0:
        content = torch.empty(int(n_bytes), dtype=torch.uint8)
    content = content.to(device)
    distributed.broadcast(content, src=0)
    return torch.load(io.BytesIO(content.cpu().numpy().tobytes()), weights_only=True)


def any_rank(yes: object) -> bool:
    """Whether ``yes`` is true on some rank. All ranks must call it, and all get one answer."""
    if n_ranks() == 1:
        return bool(yes)
    votes = torch.tensor(int(bool(yes)), device=_device_of_group())
    distributed.all_reduce(votes)  # the sum over the ranks
    return bool(votes > 0)


def _device_of_group() -> torch.device:
    """Where tensors must be that the ranks send to each other."""
    if distributed.get_backend() == "nccl":
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")

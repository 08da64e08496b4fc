"""Where to compute: the fastest device here, or the one asked for if there is such a one."""

from __future__ import annotations

import torch


def best_device() -> torch.device:
    """The fastest device here: CUDA, else Apple's mps, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def usable_device(name: str | torch.device) -> torch.device:
    """The device of that name, once it has been seen to work.

    Args:
        name: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``, or ``"auto"`` for the fastest here.

    Raises:
        ValueError: there is no such device on this machine.
    """
    if name == "auto":
        return best_device()
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        # PyTorch's own message is long, and differs with how it was built.
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"device {str(name)!r} cannot be used on this machine ({reason}): take 'cpu', or 'auto'"
        ) from error
    return device

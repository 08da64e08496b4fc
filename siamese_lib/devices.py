"""Where to compute, and what is fast there."""

from __future__ import annotations

import torch


def best_device() -> torch.device:
    """The fastest device here: CUDA, else Apple's mps, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def has_fast_bfloat16(device: torch.device | str) -> bool:
    """Whether the device has units for matrix products in bfloat16.

    CUDA GPUs from Ampere on, and CPUs with AMX. Elsewhere bfloat16 works, too, but may be many
    times slower than float32 (chapter 6 measures it). False on other devices, and where PyTorch
    cannot say: on a CPU, in versions without ``torch.cpu.get_capabilities``.
    """
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu" and hasattr(torch.cpu, "get_capabilities"):
        return bool(torch.cpu.get_capabilities().get("amx_bf16", False))
    return False


def precision_on(device: torch.device | str, precision: str) -> str:
    """The number format that a setting means on a device.

    ``"auto"`` is bfloat16 where the device has units for it, else float32.
    """
    if precision != "auto":
        return precision
    return "bfloat16" if has_fast_bfloat16(device) else "float32"


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

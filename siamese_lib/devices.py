"""Selection of devices and of the number format that is fast on them."""

from __future__ import annotations

import torch


def best_device() -> torch.device:
    """Return the fastest available device: CUDA, else Apple's mps, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def has_fast_bfloat16(device: torch.device | str) -> bool:
    """Return whether the device has hardware for matrix products in bfloat16.

    True for CUDA GPUs from Ampere on and for CPUs with AMX. False for all other devices, and if
    PyTorch cannot tell (on a CPU, in versions without ``torch.cpu.get_capabilities``).
    """
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu" and hasattr(torch.cpu, "get_capabilities"):
        return bool(torch.cpu.get_capabilities().get("amx_bf16", False))
    return False


def precision_on(device: torch.device | str, precision: str) -> str:
    """Return the precision to use on a device.

    ``"auto"`` becomes ``"bfloat16"`` if the device has hardware for it, else ``"float32"``. Other
    values are returned unchanged.
    """
    if precision != "auto":
        return precision
    return "bfloat16" if has_fast_bfloat16(device) else "float32"


def usable_device(name: str | torch.device) -> torch.device:
    """Return the device of the given name after checking that it works.

    Args:
        name: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``, or ``"auto"`` for the fastest device.

    Raises:
        ValueError: If the device is not available on this machine.
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

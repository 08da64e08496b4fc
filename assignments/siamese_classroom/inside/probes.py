"""Probes run beside an answer and pass on what it does; they know nothing of what is right.

Each takes the answer and inputs as tensors, calls it, and returns plain things.
"""

from __future__ import annotations

import sys
import sysconfig
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import siamese_lib
from siamese_classroom.inside.door_probes import DOOR_PROBES
from siamese_classroom.inside.evaluation_probes import EVALUATION_PROBES, generators_of

LIBRARIES = (*sysconfig.get_paths().values(), str(Path(siamese_lib.__file__).parent), "<frozen")


def value(answer: Callable, args: list, options: dict | None = None) -> Any:
    """What the answer returns."""
    return answer(*args, **(options or {}))


def value_and_gradients(answer: Callable, args: list, options: dict | None = None) -> list:
    """What the answer returns, and the gradient of its sum to each float argument.

    The gradient is all zero where the answer does not use an argument.
    """
    leaves = [
        arg.clone().requires_grad_() if isinstance(arg, Tensor) and arg.is_floating_point() else arg
        for arg in args
    ]
    result = answer(*leaves, **(options or {}))
    if not isinstance(result, Tensor):
        raise TypeError(f"a {type(result).__name__} does not require grad")
    result.sum().backward()
    gradients = [
        torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        for leaf in leaves
        if isinstance(leaf, Tensor) and leaf.requires_grad
    ]
    return [result, gradients]


def refusal(answer: Callable, args: list, options: dict | None = None) -> str | None:
    """The kind of error with which the answer refuses its arguments; None if it takes them.

    Raises:
        NotImplementedError: If the answer is not written (its stub gives no reason): that is no
            refusal.
    """
    try:
        answer(*args, **(options or {}))
    except Exception as error:
        if isinstance(error, NotImplementedError) and not error.args:
            raise
        return type(error).__name__
    return None


def arguments_after(
    answer: Callable, args: list, options: dict | None = None, seed: int | None = None
) -> list:
    """The arguments after the answer was called with them (and with a generator of that seed)."""
    drawing = {} if seed is None else {"generator": torch.Generator().manual_seed(seed)}
    answer(*args, **(options or {}), **drawing)
    return args


def draws(
    answer: Callable, args: list, options: dict | None, seeds: list, goes_on: bool = False
) -> list:
    """What the answer returns with a generator of each of the seeds, all from one process.

    If it ``goes_on``, one generator with the first seed draws all.
    """
    generators = generators_of(seeds, goes_on)
    return [answer(*args, **(options or {}), generator=generator) for generator in generators]


def draw_refusal(answer: Callable, args: list, seed: int) -> str | None:
    """As ``refusal``, for an answer that draws with a generator."""
    return refusal(answer, args, {"generator": torch.Generator().manual_seed(seed)})


def global_generator_moved(answer: Callable, args: list, options: dict | None, seed: int) -> bool:
    """Whether the answer draws from PyTorch's global generator."""
    before = torch.random.get_rng_state()
    answer(*args, **(options or {}), generator=torch.Generator().manual_seed(seed))
    return not torch.equal(before, torch.random.get_rng_state())


def steps_of_python(answer: Callable, many_args: list) -> list[list]:
    """How many instructions of Python the answer runs for each list of arguments, and its value.

    Those inside PyTorch are not counted: a loop over the images shows as a number that grows with
    them, on every machine alike.
    """
    return [_instructions(answer, args) for args in many_args]


def _instructions(answer: Callable, args: list) -> list:
    count = 0

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal count
        if event == "call" and _of_a_library(frame.f_code.co_filename):
            return None
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    threading.settrace(trace)  # a loop in a thread is a loop, too
    sys.settrace(trace)
    try:
        value = answer(*args)
    finally:
        sys.settrace(before)
        threading.settrace(before)
    return [count, value]


def _of_a_library(name: str) -> bool:
    """Whether code is in an installed package or in Python itself, by the name of its file."""
    # Cells have files of their own: some of them in the folder of a package's name.
    return name.startswith(LIBRARIES) and "ipykernel_" not in name


class _Small(nn.Module):
    """A network with weights that are given, so that it can be computed elsewhere as well."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
        self.linear.weight.data.copy_(weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.flatten(1)).relu()


def twins(answer: Callable, weight: Tensor, x1: Tensor, x2: Tensor) -> dict:
    """Twins around a network ``relu(weight @ x)``: what they do, before and after a step."""
    network = _Small(weight)
    pair = answer(network)
    result = pair(x1, x2)
    if not isinstance(result, Tensor):
        return {"distance": result}
    if result.requires_grad:
        result.sum().backward()
    of_weight = network.linear.weight.grad
    n_parameters = sum(p.numel() for p in pair.parameters())
    measured = {
        "distance": result,
        "swapped": pair(x2, x1),
        "gradient": torch.zeros_like(weight) if of_weight is None else of_weight.clone(),
        "n_parameters": n_parameters,
        "training": pair.training,
    }
    with torch.no_grad():  # one step, as an optimizer over the pair's parameters would make it
        for p in pair.parameters():
            if p.grad is not None:
                p -= 0.1 * p.grad
    measured["same_after"] = pair(x1, x1)
    measured["distance_after"] = pair(x1, x2)
    return measured


PROBES: dict[str, Callable] = {
    **DOOR_PROBES,
    **EVALUATION_PROBES,
    **{
        probe.__name__: probe
        for probe in (
            value,
            value_and_gradients,
            refusal,
            arguments_after,
            draws,
            draw_refusal,
            global_generator_moved,
            steps_of_python,
            twins,
        )
    },
}

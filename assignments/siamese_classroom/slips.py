"""Slips: single mistakes that are recognised by undoing them.

A factor of ½, a flipped label or a percentage for a share makes every number wrong, and still
most of the answer is right. So the answer is asked again with the slip undone, from outside: if
all is well then, the slip was the only mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from siamese_classroom.asking import Ask

Change = Callable[[np.ndarray, list], Any]


class Slip(NamedTuple):
    """A single mistake, and how to undo it.

    Attributes:
        says: The hint: it names the mistake.
        value: What the answer returned and its arguments, to what it should have returned.
        gradient: The same for the gradient to an argument.
        asked: From positional arguments and options to those with which this answer is right.
    """

    says: str
    value: Change | None = None
    gradient: Change | None = None
    asked: Callable[[list, dict], tuple[list, dict]] | None = None


class Undone:
    """Asks an answer, and puts right what a slip did to its arguments or to what it returns."""

    def __init__(self, ask: Ask, slip: Slip) -> None:
        self.ask, self.slip = ask, slip
        self.processor_seconds = 0.0

    def __call__(self, probe: str, **inputs: Any) -> Any:
        """Run a probe on the answer, as if the slip had not been made."""
        args = inputs.get("args", [])
        if self.slip.asked and "args" in inputs:
            given = self.slip.asked(list(args), dict(inputs.get("options") or {}))
            inputs = {**inputs, "args": given[0], "options": given[1]}
        got = self.ask(probe, **inputs)
        self.processor_seconds = self.ask.processor_seconds
        if probe == "value":
            return self._right(self.slip.value, got, args)
        if probe == "value_and_gradients":
            value, gradients = got
            gradients = [self._right(self.slip.gradient, one, args) for one in gradients]
            return [self._right(self.slip.value, value, args), gradients]
        if probe == "draws":
            return [self._right(self.slip.value, one, args) for one in got]
        if probe == "steps_of_python":
            many = inputs["many_args"]
            return [
                [n, self._right(self.slip.value, value, asked)]
                for (n, value), asked in zip(got, many, strict=True)
            ]
        return got

    @staticmethod
    def _right(change: Change | None, got: Any, args: list) -> Any:
        if change is None:
            return got
        changed = change(np.asarray(got, dtype=np.float64), args)
        return float(changed) if np.ndim(changed) == 0 else np.asarray(changed)


def scaled(says: str, factor: float) -> Slip:
    """Everything is a constant times too small: multiply by ``factor``."""
    return Slip(says, lambda got, args: factor * got, lambda got, args: factor * got)


def added_up(says: str) -> Slip:
    """It is the sum over the batch where the mean is asked for."""
    return Slip(says, lambda got, args: got / len(args[0]), lambda got, args: got / len(args[0]))


def not_averaged(says: str) -> Slip:
    """It is one number for each of the batch where their mean is asked for."""
    return Slip(says, _mean_of_the_batch, lambda got, args: got / len(args[0]))


def _mean_of_the_batch(got: np.ndarray, args: list) -> np.ndarray:
    if got.shape != (len(args[0]),):
        raise ValueError("not one number for each")
    return got.mean()


def flipped_labels(says: str, place: int) -> Slip:
    """The labels, the argument at ``place``, are read the wrong way round."""

    def asked(args: list, options: dict) -> tuple[list, dict]:
        same = np.asarray(args[place])
        args[place] = ~same if same.dtype == bool else 1 - same
        return args, options

    return Slip(says, asked=asked)


def exchanged_columns(says: str) -> Slip:
    """Of triplets, as three lists or as rows of three, the last two have changed places."""

    def value(got: np.ndarray, args: list) -> np.ndarray:
        return got[[0, 2, 1]] if len(got) == 3 else got[:, [0, 2, 1]]

    return Slip(says, value)


def exchanged_arguments(says: str, one: int, other: int) -> Slip:
    """Two arguments have changed places."""

    def asked(args: list, options: dict) -> tuple[list, dict]:
        args[one], args[other] = args[other], args[one]
        return args, options

    return Slip(says, asked=asked)

"""Put a question to an answer, and get plain numbers back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from siamese_lib.classroom.plain import NotPlainError, plain, tensors
from siamese_lib.classroom.probes import PROBES

NOT_WRITTEN = "not written yet"
# What PyTorch says when no gradient arrives, and what it means here.
NO_GRADIENT = (
    "does not require grad",
    "does not have a grad_fn",
    "appears to not have been used in the graph",
)


class WrongAnswer(Exception):
    """An answer is wrong, and its text is the hint: it names the mistake, not the solution."""


class Ask(Protocol):
    """Runs one probe (see ``probes``) beside the answer; returns what it measured, plain."""

    def __call__(self, probe: str, **inputs: Any) -> Any:
        """Raises WrongAnswer, with the reason in words, where the answer stops with an error."""


class AskHere:
    """Asks an answer in this process, as the visible checks of a notebook do.

    Args:
        answer: the function or class that a student wrote.
    """

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.answer = answer

    def __call__(self, probe: str, **inputs: Any) -> Any:
        """Run a probe on the answer, with inputs as float32 tensors."""
        try:
            return plain(PROBES[probe](self.answer, **tensors(plain(inputs))))
        except Exception as error:
            raise WrongAnswer(in_words(type(error).__name__, str(error))) from error


def in_words(kind: str, message: str) -> str:
    """What an error of the answer means, for its author."""
    if kind == "NotImplementedError":
        return NOT_WRITTEN
    if any(said in message for said in NO_GRADIENT):
        return (
            "no gradient arrives: look for detach(), item(), torch.no_grad(), or a tensor made anew"
        )
    if kind == NotPlainError.__name__:
        return f"it returns something else than a tensor or a number: {message}"
    first = message.strip().split("\n")[0][:200]
    return f"it stops with {kind}: {first}" if first else f"it stops with {kind}"

"""Put a question to an answer, and get plain numbers back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Protocol

from siamese_classroom.inside.plain import NotPlainError, plain, tensors, to_json
from siamese_classroom.inside.probes import PROBES
from siamese_lib.files import printable

NOT_WRITTEN = "not written yet"
# What PyTorch says when no gradient arrives, and what it means here.
NO_GRADIENT = (
    "does not require grad",
    "does not have a grad_fn",
    "appears to not have been used in the graph",
)


LONGEST_HINT = 300


def in_short(text: str, longest: int = LONGEST_HINT) -> str:
    """Return text of a stranger for a page, a table or a terminal: short, on one line, visible."""
    shown = printable(text[: longest + 1])  # cut first: it may be megabytes long
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


class WrongAnswer(Exception):
    """An answer is wrong, and its text is the hint: it names the mistake, not the solution."""


class Ask(Protocol):
    """Runs one probe (see ``inside.probes``) beside the answer; returns what it found, plain.

    Attributes:
        processor_seconds: Processor time of the last probe, of all cores together. A busy machine
            does not change it.
    """

    processor_seconds: float

    def __call__(self, probe: str, **inputs: Any) -> Any:
        """Raises WrongAnswer, with the reason in words, where the answer stops with an error."""


class AskHere:
    """Asks an answer in this process, as the visible checks of a notebook do.

    Args:
        answer: the function or class that a student wrote.
    """

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.answer = answer
        self.processor_seconds = 0.0

    def __call__(self, probe: str, **inputs: Any) -> Any:
        """Run a probe on the answer, with inputs as float32 tensors."""
        began = time.process_time()
        try:
            return plain(PROBES[probe](self.answer, **tensors(plain(inputs))))
        except Exception as error:
            raise WrongAnswer(in_words(type(error).__name__, str(error))) from error
        finally:
            self.processor_seconds = time.process_time() - began


def in_words(kind: str, message: str) -> str:
    """What an error of the answer means, for its author."""
    # The stub says nothing more; PyTorch raises this error as well, and says why.
    if kind == "NotImplementedError" and not message.strip():
        return NOT_WRITTEN
    if any(said in message for said in NO_GRADIENT):
        return "no gradient arrives: look for detach(), item(), torch.no_grad(), or a new tensor"
    if kind == NotPlainError.__name__:
        return f"it returns something else than a tensor or a number: {message}"
    kind, first = in_short(kind, 100), in_short(message.strip().split("\n")[0], 200)
    return f"it stops with {kind}: {first}" if first else f"it stops with {kind}"


def draws(ask: Ask, args: list, seeds: list[int], goes_on: bool = False) -> list:
    """Return what an answer draws with a generator of each of the seeds.

    Args:
        goes_on: Whether all draws use one generator, that of the first seed.

    Raises:
        WrongAnswer: If the answer stops with an error, or there is not one result for each seed.
    """
    got = ask("draws", args=args, options={}, seeds=seeds, goes_on=goes_on)
    if not isinstance(got, list) or len(got) != len(seeds):
        raise WrongAnswer(f"{len(seeds)} draws were asked for, and a different number came back")
    return got


def stuck(drawn: list, what: str) -> str | None:
    """The hint if all that was drawn with one generator is the same; else None."""
    if len({json.dumps(to_json(one)) for one in drawn}) > 1:
        return None
    return (
        f"called again with the same generator it gives the same {what}: draw with the generator "
        "itself"
    )

"""What a run shows, and how it hears Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from siamese_lib.messages import LOGGER

SECONDS_BETWEEN_LINES = 30.0


class Progress:
    """Count the steps from ``start`` to ``steps`` and show the progress.

    In a terminal or a notebook it is a bar. Elsewhere, a line is logged every 30 seconds.

    Args:
        start: Number of steps done before.
        steps: Total number of steps.
        show: If False, nothing is shown.
    """

    def __init__(self, start: int, steps: int, show: bool) -> None:
        watched = sys.stderr.isatty() or "ipykernel" in sys.modules
        self._bar = tqdm(total=steps, initial=start, disable=not (show and watched))
        self._lines = show and not watched
        self._range, self._figures = range(start, steps), ""

    def __iter__(self) -> Iterator[int]:
        said = time.monotonic()
        with self._bar:
            for step in self._range:
                yield step
                self._bar.update()
                if self._lines and time.monotonic() - said > SECONDS_BETWEEN_LINES:
                    said = time.monotonic()
                    LOGGER.info("step %d of %d %s", step + 1, self._range.stop, self._figures)

    def show(self, figures: dict[str, float]) -> None:
        """Show the results of the last check beside the count."""
        self._figures = ", ".join(f"{name} {value:.3g}" for name, value in figures.items())
        self._bar.set_postfix_str(self._figures)


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """Collect Ctrl-C in a list, so that the current step finishes; a second Ctrl-C stops at once.

    Outside the main thread, Ctrl-C is unaffected and the list stays empty.
    """
    seen: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield seen
        return

    def collect(number: int, frame: object) -> None:
        if seen:
            raise KeyboardInterrupt
        seen.append(number)

    before = signal.signal(signal.SIGINT, collect)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)

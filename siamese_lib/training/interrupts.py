"""Handling of Ctrl-C that lets the current step finish."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


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

"""Ctrl-C, also if a library catches it and reports it as an error."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


class Interruption:
    """While it is entered, remembers whether the teacher has pressed Ctrl-C.

    nbgrader catches every exception of a step, ``KeyboardInterrupt`` too, and reports it as an
    error of the submission. ``again`` raises it once more.
    """

    def __init__(self) -> None:
        self.seen = False

    def __enter__(self) -> Interruption:
        self._is_main = threading.current_thread() is threading.main_thread()
        if self._is_main:
            self._before = signal.signal(signal.SIGINT, self._remember)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._is_main:
            signal.signal(signal.SIGINT, self._before)

    def again(self) -> None:
        """Raise ``KeyboardInterrupt`` if it was raised before."""
        if self.seen:
            raise KeyboardInterrupt

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.seen = True
        raise KeyboardInterrupt

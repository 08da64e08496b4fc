"""Progress of a run: a bar in a terminal or notebook, otherwise lines in the log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

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

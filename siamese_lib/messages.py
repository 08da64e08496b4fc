"""Notes to the reader: visible by default, and under the control of a program that wants that.

They go through the logger ``siamese_lib``. As long as a program has not configured logging, they
are printed to standard output: a reader of the built book must see on which data a page ran, and
standard error is hidden there. ``logging.getLogger("siamese_lib").setLevel("WARNING")`` silences
them; a handler of your own on the root logger or on this one collects them.
"""

from __future__ import annotations

import logging
import textwrap

LOGGER = logging.getLogger("siamese_lib")
WIDTH = 88  # characters that fit beside the side bars of a page
LINES = textwrap.TextWrapper(WIDTH, break_long_words=False, break_on_hyphens=False)


class _PrintedByDefault(logging.Handler):
    """Prints to standard output unless the program has handlers of its own."""

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers and len(LOGGER.handlers) == 1:
            print(LINES.fill(self.format(record)))


if LOGGER.level == logging.NOTSET:  # a program may have chosen before
    LOGGER.setLevel(logging.INFO)
LOGGER.addHandler(_PrintedByDefault())


def note(text: str) -> None:
    """Log one note at level INFO, marked as such.

    Characters that do not print, which names of files may hold, are escaped.
    """
    LOGGER.info("Note: %s", "".join(one if one.isprintable() else _escaped(one) for one in text))


def _escaped(character: str) -> str:
    return character if character == "\n" else character.encode("unicode_escape").decode()

"""Numbers in the prose, each bound by a comment to a value of the run.

``97.0<!-- c8_official:.1f -->`` is what is written (the number of the book's reference run), the
name under which the chapter glues the value, and its format. A text stands in bold, as it may hold
spaces: ``**cpu (2 threads)**<!-- c8_device machine -->``. After the format may stand how far
another run may be off: ``~5%`` of what is written, ``~0.5`` units, or ``machine`` for what depends
on the machine (times, ratios of speed, its name) and is never checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

DEFAULT_SHARE = 0.02  # of what is written
COMMENT = re.compile(r"<!-- c\d+_")  # what every binding comment starts with
BOUND = re.compile(
    r"(?:\*\*(?P<bold>[^*\n]+)\*\*|(?P<plain>-?(?:\d[\d.,]*)?\d))"
    r"<!-- (?P<key>c\d+_\w+)(?::(?P<format>[^\s:]+))?(?: (?P<rule>machine|~[\d.]+%?))? -->"
)


@dataclass(frozen=True)
class BoundNumber:
    """One literal of the text with its binding."""

    written: str
    key: str
    format: str
    rule: str

    def text_of(self, value) -> str:
        """What would be written for a value."""
        return format(value, self.format) if self.format else str(value)

    def allows(self, value) -> bool:
        """Whether what is written may stay, in view of the value of another run."""
        if self.rule == "machine" or self.text_of(value) == self.written:
            return True
        try:
            written = Decimal(self.written.replace(",", ""))
        except ArithmeticError:  # a text that is not the same
            return False
        half_of_last_digit = 0.5 * 10.0 ** written.as_tuple().exponent
        return abs(float(value) - float(written)) <= self._tolerance(written) + half_of_last_digit

    def _tolerance(self, written: Decimal) -> float:
        amount = self.rule.removeprefix("~")
        if not amount or amount.endswith("%"):
            share = float(amount.rstrip("%")) / 100 if amount else DEFAULT_SHARE
            return share * abs(float(written))
        return float(amount)


def bound_numbers(text: str) -> list[BoundNumber]:
    """All bound numbers of a Markdown text, in order."""
    return [_number(found) for found in BOUND.finditer(text)]


def to_glue(text: str) -> str:
    """The text with each bound number replaced by the value of the run that makes the page."""

    def role(found: re.Match) -> str:
        number = _number(found)
        glue = f"{{glue:text}}`{number.key}{':' + number.format if number.format else ''}`"
        return f"**{glue}**" if found["bold"] else glue

    return BOUND.sub(role, text)


def with_values(text: str, values: dict) -> str:
    """The text with the numbers of a run written out. ``KeyError`` for a name it did not glue."""

    def write(found: re.Match) -> str:
        number = _number(found)
        start, end = found.span("bold" if found["bold"] else "plain")
        start, end = start - found.start(), end - found.start()
        whole = found.group()
        return whole[:start] + number.text_of(values[number.key]) + whole[end:]

    return BOUND.sub(write, text)


def _number(found: re.Match) -> BoundNumber:
    written = found["bold"] or found["plain"]
    return BoundNumber(written, found["key"], found["format"] or "", found["rule"] or "")

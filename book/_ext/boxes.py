"""Boxes and quizzes: plain in the notebook, with a look of their own in the book."""

from __future__ import annotations

import re

# The first bold words of a block quote say which box it is; other bold words make it a box with
# terms. A quote that does not start in bold stays a quote.
KINDS = {"Predict first.": "predict", "What you will be able to do": "goals"}
OTHER_KIND = "term"
QUOTE = re.compile(r"^>.*(?:\n>.*)*", re.M)
FIRST_WORDS = re.compile(r"> \*\*(.+?)\*\*")


def quotes(text: str) -> list[str]:
    """All block quotes of a Markdown text, with their marks."""
    return QUOTE.findall(text)


def kind_of(quote: str) -> str | None:
    """``predict``, ``goals`` or ``term``; None for a quote that is no box."""
    words = FIRST_WORDS.match(quote)
    return KINDS.get(words[1], OTHER_KIND) if words else None


def to_boxes(text: str) -> str:
    """The text with each box as a ``div`` whose class gives it its look."""

    def box(found: re.Match) -> str:
        kind = kind_of(found.group())
        if kind is None:
            return found.group()
        inside = re.sub(r"^> ?", "", found.group(), flags=re.M)
        return f'<div class="{kind}">\n\n{inside}\n\n</div>'

    return QUOTE.sub(box, text)


def to_quiz(text: str) -> str:
    """The text with the look of the quiz on everything that folds."""
    return text.replace("<details>", '<details class="quiz">')

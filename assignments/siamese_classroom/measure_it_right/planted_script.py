"""Where the mistakes of the planted script are, for students to find and to fix."""

from __future__ import annotations

from siamese_classroom.asking import Ask
from siamese_classroom.question import Property, Question

# Where each mistake can be seen; with some, more than one line will do.
LINES = {
    "answer first": {18, 21},
    "shared alphabet": {2, 8},
    "ties": {20, 21},
    "unseeded": {8, 10, 15},
    "training mode": {3, 5},
}
WHERE_TO_LOOK = {
    "answer first": "follow the query: which of the classes does it come from, each time?",
    "shared alphabet": "follow trained_on: where should it be used, and is not?",
    "ties": "when two examples are equally similar, who wins? Which line says so?",
    "unseeded": "run it twice: which line makes the two runs differ?",
    "training mode": "think of BatchNorm: which line decides what it does?",
}


def _find_mistakes(seed: int) -> list[Property]:
    def found(kind: str) -> Property:
        def holds(ask: Ask) -> str | None:
            got = ask("value", args=[])
            if not isinstance(got, dict):
                return "a dict is expected: from the kind of a mistake to the number of its line"
            if kind not in got:
                return f"there is no line for {kind!r}: {WHERE_TO_LOOK[kind]}"
            if isinstance(got[kind], list):
                return "one line for each mistake, please"
            if got[kind] not in LINES[kind]:
                return f"line {got[kind]} is not it: {WHERE_TO_LOOK[kind]}"
            return None

        return Property(f"finds the mistake {kind!r}", holds, 2)

    return [found(kind) for kind in LINES]


FIND_MISTAKES = Question("find_mistakes", _find_mistakes)

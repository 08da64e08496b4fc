"""Where the mistakes of the planted script are, for students to find and to fix."""

from __future__ import annotations

from siamese_classroom.asking import Ask
from siamese_classroom.inside.script import script_lines
from siamese_classroom.question import Property, Question

# How the lines begin in which a mistake can be seen; with some, more than one line will do.
BEGINNINGS = {
    "answer first": ("query =", "results.append"),
    "shared alphabet": ("names =", "alphabet ="),
    "ties": ("best =", "results.append"),
    "unseeded": ("alphabet =", "order =", "two ="),
    "training mode": ("network.train", "z = network"),
}
WHERE_TO_LOOK = {
    "answer first": "follow the query: which of the classes does it come from, each time?",
    "shared alphabet": "follow trained_on: where should it be used, and is not?",
    "ties": "when two examples are equally similar, who wins? Which line says so?",
    "unseeded": "run it twice: which line makes the two runs differ?",
    "training mode": "think of BatchNorm: which line decides what it does?",
}


KIND = "a dict is expected: from the kind of a mistake to the number of its line"


def where(number: int) -> dict[str, set[int]]:
    """The lines of the script of that number in which each mistake can be seen."""
    lines = [line.strip() for line in script_lines(number)]
    return {
        kind: {place for place, line in enumerate(lines, start=1) if line.startswith(beginnings)}
        for kind, beginnings in BEGINNINGS.items()
    }


def find_mistakes_in(number: int) -> Question:
    """The question about the script of that number."""
    lines = where(number)

    def found(kind: str) -> Property:
        def holds(ask: Ask) -> str | None:
            got = ask("value", args=[])
            if not isinstance(got, dict):
                return KIND
            if kind not in got:
                return f"there is no line for {kind!r}: {WHERE_TO_LOOK[kind]}"
            if isinstance(got[kind], list):
                return "one line for each mistake, please"
            if got[kind] not in lines[kind]:
                return f"line {got[kind]} is not it: {WHERE_TO_LOOK[kind]}"
            return None

        return Property(f"finds the mistake {kind!r}", holds, 2)

    def how_many(ask: Ask) -> str | None:
        got = ask("value", args=[])
        if not isinstance(got, dict) or not all(
            isinstance(line, (int, float)) for line in got.values()
        ):
            return KIND
        if other := set(got) - set(lines):
            return f"{min(other)!r} is none of the kinds"
        n = sum(got.get(kind) in of_kind for kind, of_kind in lines.items())
        return None if n == len(lines) else f"{n} of the {len(lines)} are found"

    return Question(
        "find_mistakes",
        lambda seed: [found(kind) for kind in lines],
        # What a student sees names no line, or the answer could be found by trying all.
        shown=lambda seed: [Property("finds the five mistakes", how_many)],
        of_script=find_mistakes_in,
    )


FIND_MISTAKES = find_mistakes_in(0)

"""Write the book's page on claims, book/claims.md, from the stored runs.

    python benchmarks/claims_page.py

A test holds the page against what this program would write.
"""

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "book" / "_ext"), str(ROOT / "tools")]

from bound_numbers import BoundNumber, bound_numbers  # noqa: E402
from claims import NAME, NOTEBOOKS, OWN, SEEDS, THREADS, chapters, code_hash, sources_of  # noqa: E402
from results_page import provenance, table  # noqa: E402

from notebook_files import markdown, read  # noqa: E402
from siamese_lib.pages.results import load_result  # noqa: E402

PAGE = ROOT / "book" / "claims.md"
DATA = {"omniglot": "Omniglot", "glyphs": "Glyphs", OWN: "its own"}
TEMPLATE = ROOT / "benchmarks" / "claims_page.md"


def title(chapter: str) -> str:
    first = markdown(read(NOTEBOOKS / f"{chapter}.ipynb"))[0].split("\n")[0]
    return f"[{int(chapter[:2])}. {first.removeprefix('# ')}](../notebooks/{chapter}.ipynb)"


def groups(threads: int = THREADS[0]) -> dict[tuple[str, str], list[dict]]:
    """The stored runs of each chapter on each source, in the book's order."""
    rows = [row for row in load_result(NAME)["rows"] if row["threads"] == threads]
    return {
        (chapter, source): [r for r in rows if (r["chapter"], r["source"]) == (chapter, source)]
        for chapter in chapters()
        for source in sources_of(chapter)
    }


def failed(row: dict) -> list[tuple[str, str]]:
    """The assertions (cell, text) that did not hold in a run, but for those about time."""
    about_time = {*map(tuple, row["about_the_machine"])}
    never = [("not reached", text) for _, text in row["not_reached"]] if row["error"] else []
    return [claim for claim in map(tuple, row["failed"]) if claim not in about_time] + never


def failed_on_time(row: dict) -> list[tuple[str, str]]:
    about_time = {*map(tuple, row["about_the_machine"])}
    return [claim for claim in map(tuple, row["failed"]) if claim in about_time]


def runs_table() -> str:
    lines = []
    for (chapter, source), rows in groups().items():
        if not rows:
            lines.append({"chapter": title(chapter), "data": DATA[source], "runs": 0})
            continue
        held = sum(not failed(row) and not row["error"] for row in rows)
        timed = len(rows[0]["about_the_machine"])
        on_time = sum(not failed_on_time(row) for row in rows)
        stale = any(row["code"] != code_hash(chapter) for row in rows)
        lines.append(
            {
                "chapter": title(chapter) + (", changed since" if stale else ""),
                "data": DATA[source],
                "claims": rows[0]["asserts"] - timed,
                "runs": len(rows),
                "held": f"{held} of {len(rows)}",
                "time": f"{timed}: {on_time} of {len(rows)}" if timed else "",
            }
        )
    columns = {"chapter": "chapter", "data": "data", "claims": "assertions", "runs": "runs"}
    return table(lines, columns | {"held": "held", "time": "about time: held"})


def progress() -> str:
    """How many of the runs there are, where some are still to be made."""
    runs = groups()
    made, wanted = sum(map(len, runs.values())), len(SEEDS) * len(runs)
    if made == wanted:
        return ""
    return (
        f"So far {made} of these {wanted} runs have been made; the same command makes the rest.\n"
    )


def failures() -> str:
    lines = []
    for (chapter, source), rows in groups().items():
        lost = Counter(claim for row in rows for claim in {*failed(row), *failed_on_time(row)})
        timed = {claim for row in rows for claim in failed_on_time(row)}
        for (cell, text), n in sorted(lost.items()):
            words = text.removeprefix("assert ").replace("|", "\\|")
            about = " (about time)" if (cell, text) in timed else ""
            where = {"chapter": f"{int(chapter[:2])}, `{cell}`", "data": DATA[source]}
            share = f"{len(rows) - n} of {len(rows)} runs"
            lines.append({**where, "claim": f"`{words}`{about}", "held": share})
        errors = [{"chapter": chapter, "data": DATA[source], "claim": e} for e in errors_of(rows)]
        lines += errors
    if not lines:
        return "**Every assertion held in every run.**"
    columns = {"chapter": "chapter, cell", "data": "data", "claim": "assertion", "held": "held in"}
    return "These did not hold in every run:\n\n" + table(lines, columns)


def errors_of(rows: list[dict]) -> list[str]:
    return [f"seed {row['seed']}, {row['error']}" for row in rows if row["error"]]


def span(number: BoundNumber, rows: list[dict]) -> str:
    values = [row["numbers"][number.key] for row in rows if number.key in row["numbers"]]
    low, high = (number.text_of(end(values)) for end in (min, max)) if values else ("", "")
    return low if low == high else f"{low} to {high}"


def numbers_table() -> str:
    lines, runs = [], groups()
    for chapter in chapters():
        text = "\n\n".join(markdown(read(NOTEBOOKS / f"{chapter}.ipynb")))
        quoted = {n.key: n for n in bound_numbers(text) if n.rule != "machine"}
        for key, number in quoted.items():
            line = {"number": f"`{key}`"}
            for source in sources_of(chapter):
                line[source] = span(number, runs[chapter, source])
            line["omniglot"] = line.get("omniglot", line.pop(OWN, ""))
            if any(cell for name, cell in line.items() if name != "number"):
                lines.append(line)
    columns = {"number": "number", "omniglot": "Omniglot (or the chapter's own data)"}
    return table(lines, columns | {"glyphs": "Glyphs"})


def two_threads() -> str:
    """What changes with two threads for the first seed: assertions, and numbers of the text."""
    of_one, lines, n_runs = groups(), [], 0
    for (chapter, source), rows in groups(threads=2).items():
        text = "\n\n".join(markdown(read(NOTEBOOKS / f"{chapter}.ipynb")))
        where = {"chapter": f"{int(chapter[:2])}", "data": DATA[source]}
        n_runs += len(rows)
        for row in rows:
            for _, claim in failed(row):
                words = claim.removeprefix("assert ").replace("|", "\\|")
                lines.append({**where, "what": f"`{words}`", "two": "does not hold"})
            twins = [one for one in of_one[chapter, source] if one["seed"] == row["seed"]]
            for number in bound_numbers(text):
                values = [one["numbers"].get(number.key) for one in (*twins, row)]
                if number.rule == "machine" or len(values) < 2 or None in values:
                    continue
                one, two = map(number.text_of, values)
                if not replace(number, written=two).allows(values[0]):
                    lines.append({**where, "what": f"`{number.key}`", "one": one, "two": two})
    made = f"Runs with two threads so far: {n_runs} of {len(of_one)}."
    if not lines:
        return f"{made} In them no result differs by more." if n_runs else made
    columns = {"chapter": "chapter", "data": "data", "what": "number or assertion"}
    columns |= {"one": "one thread", "two": "two threads"}
    return f"{made}\n\n{table(lines, columns)}"


def page() -> str:
    text = TEMPLATE.read_text("utf8")
    parts = {
        "runs": runs_table,
        "failures": failures,
        "progress": progress,
        "numbers": numbers_table,
        "two_threads": two_threads,
    }
    for name, make in parts.items():
        text = text.replace(f"<<{name}>>", make())
    words = {3: "three", 5: "five"}
    text = text.replace("<<seeds>>", words.get(len(SEEDS), str(len(SEEDS))))
    return text.replace("<<provenance>>", provenance(NAME))


if __name__ == "__main__":
    PAGE.write_text(page(), "utf8")
    print(PAGE.relative_to(ROOT))

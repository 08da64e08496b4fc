"""How long grading takes: submissions are generated, graded with the command, and timed.

    .venv-grading/bin/python benchmarks/grading_run.py --n 30

Each submission is a solved notebook in which one answer is replaced by a typical wrong one (from
tests/classroom/answers), so about as much runs as in a class. The times are stored with their
provenance, and written into the page about the assignments; ``--page`` does the second alone.
``--hostile`` grades a class that floods the grader instead, and prints the memory that it took.
"""

import argparse
import inspect
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [
    str(ROOT / name) for name in ("assignments", "tests/classroom", "tests/assignments")
]

from answers_of import SLOW, answers_to  # noqa: E402
from boundary import ANSWERS  # noqa: E402

from grading.assignment import Assignment, assignments  # noqa: E402
from siamese_lib.pages.results import load_result, store_result  # noqa: E402

PAGE = ROOT / "book" / "teaching" / "assignments.md"
TABLE = re.compile(r"(<!-- grading-times -->\n).*?(\n<!-- end of grading-times -->)", re.S)
PROTOCOL = (
    "Solved notebooks of all assignments in turn, in each one answer replaced by a typical wrong "
    "one; graded with assignments/grade.py, feedback included, nothing else on the machine."
)


def with_one_wrong_answer(assignment: Assignment, draw: random.Random) -> nbformat.NotebookNode:
    """The solved notebook with one answer replaced, where answers stand alone."""
    notebook = nbformat.read(assignment.source, as_version=4)
    question = draw.choice([q.name for q in assignment.questions if q.name not in SLOW])
    name, answer = draw.choice(list(answers_to(question).items()))
    module = inspect.getsource(inspect.getmodule(answer))
    if "from answers" in module:  # leans on another file: the solution stays
        return notebook
    for cell in notebook.cells:
        if f"def {question}(" in cell.source or f"class {question}" in cell.source:
            cell.source = f"{module}\n\n{question} = {name}"
    return notebook


def time_of(assignment: Assignment, n: int, workers: int) -> dict:
    """Grade ``n`` submissions of an assignment in a folder of their own."""
    draw = random.Random(0)
    with tempfile.TemporaryDirectory() as scratch:
        inbox = Path(scratch) / "inbox"
        for number in range(n):
            path = inbox / f"student {number:03}" / f"{assignment.name}.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(with_one_wrong_answer(assignment, draw), path)
        command = [sys.executable, "assignments/grade.py", str(inbox), "--workers", str(workers)]
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        seconds = time.perf_counter() - began
        done = list((Path(scratch) / "inbox-graded" / "feedback").rglob("*.html"))
    assert len(done) == n, f"{len(done)} of {n} were graded"
    return {"assignment": assignment.name, "n": n, "seconds": round(seconds, 1)}


# Prints the peak of the grader's own memory, in MB, without that of the submissions.
MEASURED = """
import resource, runpy, sys
sys.path.insert(0, "assignments")
try: runpy.run_path("assignments/grade.py", run_name="__main__")
finally: print("peak:", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, "MB")
"""


def hostile_class(n: int, workers: int) -> None:
    """Grade ``n`` submissions whose answers flood the grader, and print what that took."""
    assignment = assignments()["1_twins_and_losses"]
    bodies = list(ANSWERS.values())
    with tempfile.TemporaryDirectory() as scratch:
        inbox = Path(scratch) / "inbox"
        for number in range(n):
            notebook = nbformat.read(assignment.source, as_version=4)
            for place, question in enumerate(assignment.questions):
                body = bodies[(number + place) % len(bodies)]
                for cell in notebook.cells:
                    if f"def {question.name}(" in cell.source:
                        cell.source = f"def {question.name}(*args, **options):\n    {body}"
            path = inbox / f"student {number:03}" / f"{assignment.name}.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(notebook, path)
        command = [sys.executable, "-c", MEASURED, str(inbox), "--workers", str(workers)]
        began = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        print(done.stdout)
        marks = sum(path.stat().st_size for path in (Path(scratch) / "inbox-graded").rglob("*"))
    print(f"{n} hostile submissions: {time.perf_counter() - began:.0f} s, {marks >> 20} MB on disk")


def table(result: dict) -> str:
    """The times in words and as a table, for the page."""
    rows, when = result["rows"], result["made"]["date"]
    each = [row["seconds"] / row["n"] for row in rows]
    seconds, n = (sum(row[key] for row in rows) for key in ("seconds", "n"))
    hours, minutes = 300 * max(each) / 3600, 300 * min(each) / 60
    lines = [
        f"{n} submissions, generated from typical answers, took {seconds / 60:.1f} minutes in all "
        f"on {result['workers']} cores ({when}):",
        "",
        "| assignment | submissions | seconds for each |",
        "| --- | --- | --- |",
    ]
    for row, one in zip(rows, each, strict=True):
        lines.append(f"| `{row['assignment']}` | {row['n']} | {one:.1f} |")
    lines += [
        "",
        f"So 300 submissions of the slowest take about {hours:.1f} hours, and of the quickest "
        f"about {minutes:.0f} minutes. One that loops takes as long as its limits allow: "
        "half a minute for a question, two minutes for a cell and 15 minutes in all (assignment 4: "
        "four, five and 20 minutes).",
    ]
    return "\n".join(lines)


def write_page() -> None:
    """Put the stored times into the page."""
    text = PAGE.read_text("utf8")
    filled = TABLE.sub(lambda found: found[1] + table(load_result("grading")) + found[2], text)
    PAGE.write_text(filled, "utf8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=30, help="submissions in all")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--page", action="store_true", help="write the page from what is stored")
    parser.add_argument("--hostile", action="store_true", help="a class that floods the grader")
    arguments = parser.parse_args()
    if arguments.page:
        return write_page()
    if arguments.hostile:
        return hostile_class(arguments.n, arguments.workers)
    made = list(assignments().values())
    rows = []
    for place, assignment in enumerate(made):
        n = len(range(place, arguments.n, len(made)))
        rows.append(time_of(assignment, n, arguments.workers))
        print(rows[-1], flush=True)
    command = f"python benchmarks/grading_run.py --n {arguments.n}"
    store_result("grading", command, PROTOCOL, rows, workers=arguments.workers)
    write_page()


if __name__ == "__main__":
    main()

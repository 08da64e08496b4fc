"""Which claims of the chapters hold for other seeds, and on both data sources.

    python benchmarks/claims.py                               # whatever is not stored yet
    python benchmarks/claims.py --chapters 1 4 --seeds 0 1000 # some of it

A chapter's claims are its ``assert`` lines. Each run executes the chapter's cells in a process of
its own, with another ``SEED``, and notes which claims held; one that does not hold stops nothing.
All runs have one thread. The first seed also runs with two, because sums in a different order
train a different network.
A run is stored as soon as it has ended, and not made again until the chapter's code changes, or
the stored network if it uses that. Give the place of Omniglot in ``$SIAMESE_DATA`` for
``--sources omniglot``. Then write the page: ``python benchmarks/claims_page.py``.
"""

import argparse
import ast
import fcntl
import hashlib
import itertools
import json
import linecache
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from siamese_lib.pages.results import FOLDER, load_result, store_result
from siamese_lib.recipes.pretrained import weights_file

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
NAME = "claims"
STORED_NETWORK = re.compile(r"\bpretrained\(")
LOCK = Path(tempfile.gettempdir()) / "siamese_claims.lock"
# A chapter counts on from its SEED (SEED + 1, ...); these ranges do not meet.
SEEDS = (0, 1000, 2000, 3000, 4000)
SOURCES = ("omniglot", "glyphs")
THREADS = (1, 2)
OWN = "own"
SEED_LINE = re.compile(r"^SEED = 0\b", re.M)
# An assertion about measured time carries this: what it depends on is not the seed.
ABOUT_THE_MACHINE = re.compile(r"#\s*machine\b")
PROTOCOL = (
    "The code cells of each chapter, executed in order in a fresh process, with SEED set to each "
    "of the seeds, on each data source (a chapter with data of its own, like the digits of "
    "chapter 1 or the faces of chapter 10, has but one). All runs have one thread; the first seed "
    "also runs with two. An "
    "assertion that fails is noted and stops nothing; an error that is none ends the run. "
    "Assertions about measured time are counted apart."
)


def chapters() -> list[str]:
    return [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]


def code_cells(chapter: str) -> list[tuple[str, str]]:
    """The code cells of a chapter, without the setup: (id, source)."""
    cells = json.loads((NOTEBOOKS / f"{chapter}.ipynb").read_text("utf8"))["cells"]
    code = [(c["id"], "".join(c["source"])) for c in cells if c["cell_type"] == "code"]
    return [(name, source) for name, source in code if name != "setup"]


def sources_of(chapter: str) -> tuple[str, ...]:
    """Omniglot and Glyphs, or the chapter's own data (digits, faces, signatures)."""
    code = "".join(source for _, source in code_cells(chapter))
    return SOURCES if re.search(r"\b(load_characters|lake_trials)\b", code) else (OWN,)


class _WithoutImports(ast.NodeTransformer):
    """Removes imports, so that moving a module does not mark a chapter as changed."""

    def visit_Import(self, node: ast.Import) -> None:
        return None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        return None


def code_hash(chapter: str) -> str:
    """Return a checksum of a chapter's code, and of the stored network's weights if it uses them.

    Comments, formatting and imports do not count.
    """
    trees = [_WithoutImports().visit(ast.parse(source)) for _, source in code_cells(chapter)]
    code = "\n".join(ast.unparse(tree) for tree in trees)
    digest = hashlib.sha256(code.encode())
    if STORED_NETWORK.search(code):
        digest.update(weights_file().read_bytes())
    return digest.hexdigest()[:12]


class Claims(ast.NodeTransformer):
    """Turns each assertion of a cell into a note of whether it held."""

    def __init__(self, cell: str, source: str, found: list[dict]):
        self.cell, self.source, self.found = cell, source, found

    def visit_Assert(self, node: ast.Assert) -> ast.Try:
        lines = self.source.split("\n")[node.lineno - 1 : node.end_lineno]
        text = " ".join((ast.get_source_segment(self.source, node) or "").split())
        machine = bool(ABOUT_THE_MACHINE.search("\n".join(lines)))
        claim = {"cell": self.cell, "text": text, "machine": machine, "held": []}
        number = len(self.found)
        self.found.append(claim)
        held, failed = (ast.parse(f"_note({number}, {value})").body for value in (True, False))
        handler = ast.ExceptHandler(ast.Name("AssertionError", ast.Load()), None, failed)
        return ast.copy_location(ast.Try([node, *held], [handler], [], []), node)


def run_cells(
    cells: list[tuple[str, str]], space: dict, after_each: Callable[[], None] = lambda: None
) -> tuple[list[dict], str | None]:
    """Execute cells; their claims, each with whether it held at each time, and the error if any."""
    found: list[dict] = []
    compiled = []
    for cell, source in cells:
        tree = ast.fix_missing_locations(Claims(cell, source, found).visit(ast.parse(source)))
        compiled.append((cell, compile(tree, f"<{cell}>", "exec")))
        # As in a notebook, a function knows its own source: chapter 14 sends it to other processes.
        linecache.cache[f"<{cell}>"] = (len(source), None, source.splitlines(True), f"<{cell}>")
    space["_note"] = lambda number, held: found[number]["held"].append(held)
    for cell, code in compiled:
        try:
            exec(code, space)
        except Exception as problem:
            return found, f"{cell}: {type(problem).__name__}: {str(problem)[:200]}"
        after_each()
    return found, None


def run_chapter(chapter: str, seed: int) -> dict:
    """Execute a chapter in this process; what it claimed, and the numbers that it glued."""
    import matplotlib.pyplot as plt
    from IPython.display import display

    from siamese_lib.pages import chapter as pages

    numbers: dict = {}

    def glue(name: str, value: object) -> None:
        value = value.item() if hasattr(value, "item") else value
        if isinstance(value, int | float) and not name.endswith("_seconds"):
            number = float(f"{value:.6g}")
            numbers[name] = int(number) if number.is_integer() else number

    pages.glue = glue
    space = {"__name__": "__main__", "display": display, "chapter": pages}
    code, cells = code_hash(chapter), code_cells(chapter)
    began = time.perf_counter()
    space["device"] = pages.start()
    cells = [(name, SEED_LINE.sub(f"SEED = {seed}", source)) for name, source in cells]
    found, error = run_cells(cells, space, after_each=lambda: plt.close("all"))
    return {
        "code": code,
        "seconds": round(time.perf_counter() - began),
        "asserts": len(found),
        "failed": [[c["cell"], c["text"]] for c in found if False in c["held"]],
        "about_the_machine": [[c["cell"], c["text"]] for c in found if c["machine"]],
        "not_reached": [[c["cell"], c["text"]] for c in found if not c["held"]],
        "error": error,
        "numbers": numbers,
    }


def run_apart(chapter: str, source: str, seed: int, threads: int) -> dict:
    """``run_chapter`` in a fresh process that computes with ``threads`` threads."""
    characters = "glyphs" if source == OWN else source
    environment = {**os.environ, "SIAMESE_SOURCE": characters, "MPLBACKEND": "Agg"}
    environment |= {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    environment["OMP_WAIT_POLICY"] = "PASSIVE"  # see tools/side_by_side.py
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(ROOT), *filter(None, [environment.get("PYTHONPATH")])]
    )
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, __file__, "--one", chapter, str(seed), str(answer)]
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        row = json.loads(answer.read_text("utf8"))
    return {"chapter": chapter, "source": source, "seed": seed, "threads": threads, **row}


def stored_rows() -> list[dict]:
    return load_result(NAME)["rows"] if (FOLDER / f"{NAME}.json").is_file() else []


def key(row: dict) -> tuple:
    return row["chapter"], row["source"], row["seed"], row["threads"], row["code"]


def store(row: dict) -> None:
    """Add a run in place of the same run of an earlier version of the chapter."""
    with open(LOCK, "w") as lock:  # two programs may run side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        rows = [one for one in stored_rows() if key(one)[:-1] != key(row)[:-1]]
        rows = sorted([*rows, row], key=key)
        store_result(NAME, "python benchmarks/claims.py", PROTOCOL, rows, seeds=list(SEEDS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--chapters", type=int, nargs="*", help="their numbers; default: all")
    parser.add_argument("--sources", nargs="*", choices=SOURCES, default=SOURCES)
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument("--threads", type=int, nargs="*", choices=THREADS, default=THREADS)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        chapter, seed, answer = options.one
        Path(answer).write_text(json.dumps(run_chapter(chapter, int(seed))), "utf8")
        return
    numbers = options.chapters or [int(name[:2]) for name in chapters()]
    by_number = {int(name[:2]): name for name in chapters()}
    for seed, threads in itertools.product(options.seeds, options.threads):
        if threads != THREADS[0] and seed != SEEDS[0]:
            continue
        for chapter in (by_number[number] for number in numbers):
            sources = [s for s in sources_of(chapter) if s in (*options.sources, OWN)]
            for source in sources:
                done = {key(row) for row in stored_rows()}
                if (chapter, source, seed, threads, code_hash(chapter)) in done:
                    continue
                row = run_apart(chapter, source, seed, threads)
                store(row)
                trouble = [*row["failed"], *([row["error"]] if row["error"] else [])]
                what = f"{chapter} {source} seed {seed} threads {threads} {row['seconds']} s"
                print(what, trouble or "held", flush=True)


if __name__ == "__main__":
    main()

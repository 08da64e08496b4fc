"""Change the library one token at a time, and see whether a test notices.

    python benchmarks/mutants.py --n 300 --seed 0

Each mutant is a copy of the library with one small change: ``<`` becomes ``<=``, ``+`` becomes
``-``, a guard is dropped. The tests of its package run first, then all others that import the
package. A mutant that no test notices is a survivor: a test is missing there, or the change can
be seen by nobody. Those of the second kind are in mutants_equivalent.json, each with its reason;
they are counted, and are not part of the share.

The working tree stays as it is: the copy is in a temporary folder. Each mutant is tested in a
fork of one process that has imported everything but the library, which saves the seconds that
torch and its like take to load. Writes mutants.json.
"""

import argparse
import ast
import gc
import importlib.util
import json
import os
import platform
import py_compile
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).with_name("mutants.json")
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.json")

# What is mutated, and the tests that belong to it, which run first.
OWN_TESTS = {
    "losses": ["losses"],
    "miners": ["miners"],
    "sampling": ["sampling"],
    "metrics": ["metrics"],
    "evaluation": ["evaluation/test_one_shot.py", "evaluation"],
    "recognition": ["recognition"],
    "training": ["training"],
    "checkpoints": ["training/test_checkpoint.py", "training"],
    "distances": ["losses"],
    "batch_indices": ["miners", "losses"],
    "checks": ["test_checks.py", "losses", "miners", "sampling", "metrics"],
}
# Everything uses these, so that their second stage is what stands on them.
FOUNDATIONS = {"distances", "batch_indices", "checks"}
NO_SECOND_STAGE = ("book", "pages", "recipes")
# Tests of many seconds, which have real data, processes of their own, or whole trainings.
SLOW = (
    "evaluation/test_official.py::test_hausdorff_reproduces_the_published_error",
    "evaluation/test_official.py::test_official_trials_have_ten_alphabets",
    "recognition/test_recognizer.py::TestFile::test_a_process_that_dies_leaves_the_old_one_whole",
)
LOADED_ONCE = """
    numpy torch torch._dynamo torch.utils.data torchvision.transforms.v2 sklearn.linear_model
    sklearn.metrics scipy.stats scipy.spatial hypothesis pytest matplotlib.pyplot safetensors.torch
    pytorch_metric_learning.losses pytorch_metric_learning.miners tqdm PIL.Image
"""

SWAPS = {
    **{"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="},
    **{"+": "-", "-": "+", "*": "/", "/": "*", "//": "/", "%": "*", "**": "*", "&": "|", "|": "&"},
    **{"and": "or", "or": "and", "in": "not in", "not in": "in", "is": "is not", "is not": "is"},
    **{"+=": "-=", "-=": "+=", "|=": "&=", "&=": "|="},
}
NAMES = {"min": "max", "argmin": "argmax", "amin": "amax", "minimum": "maximum", "any": "all"}
NAMES |= {new: old for old, new in NAMES.items()}
OPERATOR = re.compile(rb"not\s+in|is\s+not|in|is|and|or|\*\*|//|[<>=!]=|[-+*/%&|<>]")


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the bytes from ``start`` to ``end`` become ``new``.

    ``column`` is its place in ``code``, the line without blanks around it.
    """

    file: str
    line: int
    column: int
    start: int
    end: int
    old: str
    new: str
    code: str

    @property
    def package(self) -> str:
        return Path(self.file).parts[1].removesuffix(".py")

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What a mutant is known by when lines move."""
        return self.file, self.code, self.column, self.new

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {self.old or '(nothing)'} -> {self.new or '(nothing)'}"


class Finder:
    """All mutants of one file, in the order of their places."""

    def __init__(self, file: Path) -> None:
        self.name = file.relative_to(ROOT).as_posix()
        self.source = file.read_bytes()
        self.lines = self.source.splitlines(keepends=True)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def all(self) -> list[Mutant]:
        return sorted(self._below(ast.parse(self.source)), key=lambda m: (m.start, m.end, m.new))

    def _below(self, node: ast.AST) -> Iterator[Mutant]:
        yield from self._of(node)
        for child in _worth_changing(node):
            yield from self._below(child)

    def _of(self, node: ast.AST) -> Iterator[Mutant]:
        if isinstance(node, ast.Compare):
            for left, right in zip([node.left, *node.comparators], node.comparators, strict=False):
                yield from self._between(left, right)
        elif isinstance(node, ast.BinOp) and not (_is_text(node.left) or _is_text(node.right)):
            yield from self._between(node.left, node.right)
        elif isinstance(node, ast.BoolOp):
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield from self._between(left, right)
        elif isinstance(node, ast.AugAssign) and not _is_text(node.value):
            yield from self._between(node.target, node.value, rb"[-+|&]=")
        elif isinstance(node, ast.UnaryOp):
            yield self._mutant(self._start(node), self._start(node.operand), "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int):
            number = node.value
            new = str(not number) if isinstance(number, bool) else str(number + 1)
            yield self._mutant(self._start(node), self._end(node), new)
        elif isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in NAMES and isinstance(node.ctx, ast.Load):
                yield self._mutant(self._end(node) - len(name), self._end(node), NAMES[name])
        elif isinstance(node, ast.keyword) and node.arg in ("min", "max"):
            start = self._start(node)
            yield self._mutant(start, start + 3, NAMES[node.arg])
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            yield from self._condition(node)
        elif _is_guard(node):
            yield self._mutant(self._start(node), self._end(node), "pass")

    def _condition(self, node: ast.If | ast.IfExp | ast.While) -> Iterator[Mutant]:
        """A guard that raises is dropped; another condition is turned round."""
        start, end = self._start(node.test), self._end(node.test)
        test = self.source[start:end].decode()
        if isinstance(node, ast.If) and isinstance(node.body[0], ast.Raise):
            yield self._mutant(start, end, "False")
        elif not isinstance(node.test, ast.UnaryOp) and not _is_equality(node.test):
            yield self._mutant(start, end, f"(not ({test}))")

    def _between(
        self, left: ast.AST, right: ast.AST, operator: bytes | re.Pattern = OPERATOR
    ) -> Iterator[Mutant]:
        start, end = self._end(left), self._start(right)
        gap = re.sub(rb"#[^\n]*", lambda found: b" " * len(found[0]), self.source[start:end])
        found = re.search(operator, gap)
        if found and (old := " ".join(found[0].decode().split())) in SWAPS:
            yield self._mutant(start + found.start(), start + found.end(), SWAPS[old])

    def _mutant(self, start: int, end: int, new: str) -> Mutant:
        line = next(n for n, begins in enumerate(self.starts) if begins > start)
        old = " ".join(self.source[start:end].decode().split())
        text = self.lines[line - 1].decode()
        column = start - self.starts[line - 1] - (len(text) - len(text.lstrip()))
        return Mutant(self.name, line, column, start, end, old, new, text.strip())

    def _start(self, node: ast.AST) -> int:
        return self.starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.AST) -> int:
        return self.starts[node.end_lineno - 1] + node.end_col_offset


def _worth_changing(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node, without messages, types, and how large a figure's marks are."""
    text = (ast.JoinedStr, ast.Raise, ast.Import, ast.ImportFrom)
    looks = isinstance(node, ast.keyword) and node.arg in ("figsize", "fontsize", "lw", "ms")
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns") or looks:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, text) and not _logs(child):
                yield child


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _is_equality(node: ast.AST) -> bool:
    """Whether its operator's swap turns it round already."""
    once = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
    return isinstance(node, ast.Compare) and isinstance(node.ops[0], once)


def _called(node: ast.AST) -> str:
    """The name of what a statement calls, or nothing."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return ""


def _is_guard(node: ast.AST) -> bool:
    return _called(node).lstrip("_").startswith(("check_", "require"))


def _logs(node: ast.AST) -> bool:
    return _called(node) in ("note", "info")


class Laboratory:
    """A copy of the library that can be changed, and the tests that run against it."""

    def __init__(self, folder: Path, stages: tuple[int, ...] = (1, 2)) -> None:
        self.folder, self.stages = folder, stages
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "siamese_lib", folder / "siamese_lib", ignore=ignore)
        for file in (folder / "siamese_lib").rglob("*.py"):
            py_compile.compile(str(file))
        self.seconds: dict[tuple[str, int], float] = {}

    def stage_passes(self, package: str, stage: int) -> None:
        """Run a stage on the library as it is: how long it takes, and that it is green."""
        began = time.monotonic()
        if self._run(tests_of(package, stage), 900) != "survived":
            print(self.log.read_text()[-4000:])
            sys.exit(f"tests of {package}, stage {stage}, fail without a mutant")
        self.seconds[package, stage] = time.monotonic() - began

    def outcome(self, mutant: Mutant) -> str:
        """``killed``, ``timeout`` (killed, too) or ``survived``."""
        original = (ROOT / mutant.file).read_bytes()
        changed = original[: mutant.start] + mutant.new.encode() + original[mutant.end :]
        file = self.folder / mutant.file
        file.write_bytes(changed)
        compiled = Path(importlib.util.cache_from_source(str(file)))
        compiled.unlink(missing_ok=True)
        try:
            for stage in self.stages:
                if (mutant.package, stage) not in self.seconds:
                    file.write_bytes(original)
                    self.stage_passes(mutant.package, stage)
                    file.write_bytes(changed)
                # So much longer than without the change that it is no matter of a busy machine.
                limit = 30 + 8 * self.seconds[mutant.package, stage]
                outcome = self._run(tests_of(mutant.package, stage), limit)
                if outcome != "survived":
                    return outcome
            return "survived"
        finally:
            file.write_bytes(original)
            py_compile.compile(str(file))

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def _run(self, tests: list[str], limit: float) -> str:
        if not tests:
            return "survived"
        child = os.fork()
        if child == 0:
            try:
                os._exit(self._answer_of(tests))
            except BaseException:  # the child never returns to the loop
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(98)
        ends = time.monotonic() + limit
        while time.monotonic() < ends:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return "survived" if status == 0 else "killed"
            time.sleep(0.02)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "timeout"

    def _answer_of(self, tests: list[str]) -> int:
        """In the child: pytest's answer; all that it writes goes to the log."""
        import hypothesis
        import pytest

        os.setsid()
        with open(self.log, "wb") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        os.chdir(ROOT)
        sys.path.insert(0, str(self.folder))
        os.environ["PYTHONPATH"] = str(self.folder)
        sys.dont_write_bytecode = True
        hypothesis.settings.register_profile(
            "mutants", derandomize=True, database=None, deadline=None, max_examples=20
        )
        hypothesis.settings.load_profile("mutants")
        slow = [f"--deselect=tests/{name}" for name in SLOW]
        options = ["-x", "-q", "-p", "no:cacheprovider", f"--basetemp={self.folder / 'pytest'}"]
        # Looking for plugins takes longer than most of the tests.
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        options += ["-p", "pytest_timeout", "-p", "_hypothesis_pytestplugin"]
        options += ["-p", "no:unraisableexception"]  # collects garbage for a second at the end
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # they are loaded already
        code = int(pytest.main([*options, *slow, *tests]))
        import siamese_lib

        if not siamese_lib.__file__.startswith(str(self.folder)):
            print("the tests ran against another copy of the library")
            code = 99
        sys.stdout.flush()
        return code


def tests_of(package: str, stage: int) -> list[str]:
    """The package's own tests (stage 1), or all others that import it (stage 2)."""
    own = [f"tests/{name}" for name in OWN_TESTS[package] if (ROOT / "tests" / name).exists()]
    if stage == 1:
        return own
    if package in FOUNDATIONS:
        folders = {f"tests/{name}" for names in OWN_TESTS.values() for name in names}
        others = [name for name in sorted(folders) if (ROOT / name).is_dir()]
        return [*(name for name in others if name not in own), "tests/models", "tests/data"]
    uses = re.compile(rf"siamese_lib\.{package}\b|siamese_lib import .*\b{package}\b")
    return [
        name
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        if file.relative_to(ROOT / "tests").parts[0] not in NO_SECOND_STAGE
        and uses.search(file.read_text("utf8"))
        and not (name := file.relative_to(ROOT).as_posix()).startswith(tuple(own))
    ]


def all_mutants() -> list[Mutant]:
    files = []
    for package in OWN_TESTS:
        place = ROOT / "siamese_lib" / package
        files += sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    return [mutant for file in files for mutant in Finder(file).all()]


def known_equivalents(mutants: list[Mutant]) -> dict[tuple, str]:
    """Why a mutant cannot be told apart, by its key."""
    entries = json.loads(EQUIVALENT.read_text("utf8")) if EQUIVALENT.exists() else []
    reasons = {(e["file"], e["code"], e["column"], e["new"]): e["why"] for e in entries}
    for file, code, *_ in reasons.keys() - {mutant.key for mutant in mutants}:
        print(f"{EQUIVALENT.name} has an entry that fits nothing any more: {file}, {code}")
    return reasons


def sampled(arguments: argparse.Namespace, mutants: list[Mutant]) -> list[Mutant]:
    if arguments.again:
        survivors = json.loads(arguments.out.read_text("utf8"))["survivors"]
        stored = {(row["file"], row["code"], row["column"], row["new"]) for row in survivors}
        return [mutant for mutant in mutants if mutant.key in stored]
    if arguments.match:
        return [mutant for mutant in mutants if re.search(arguments.match, str(mutant))]
    chosen = random.Random(arguments.seed).sample(mutants, min(arguments.n, len(mutants)))
    return sorted(chosen, key=lambda m: (list(OWN_TESTS).index(m.package), m.file, m.start))


def share(outcomes: Counter) -> dict:
    """Counts, and the share that was killed of those that can be told apart."""
    killed = outcomes["killed"] + outcomes["timeout"]
    told = killed + outcomes["survived"]
    return {**outcomes, "killed_share": round(killed / told, 4) if told else None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=300, help="mutants in the sample")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--match", help="instead of a sample: all whose description fits")
    parser.add_argument("--again", action="store_true", help="instead: the survivors in --out")
    parser.add_argument("--own", action="store_true", help="only the tests of the package itself")
    parser.add_argument("--list", action="store_true", help="say which, and test none")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    began = time.monotonic()
    mutants = all_mutants()
    reasons = known_equivalents(mutants)
    chosen = sampled(arguments, mutants)
    if arguments.list:
        print(*chosen, f"{len(chosen)} of {len(mutants)}", sep="\n")
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["MPLBACKEND"] = "agg"
    for module in LOADED_ONCE.split():
        importlib.import_module(module)
    outcomes: dict[str, Counter] = {}
    survivors, equivalents = [], []
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        laboratory = Laboratory(Path(folder), stages=(1,) if arguments.own else (1, 2))
        gc.collect()
        gc.freeze()  # what is loaded now stays, and no child looks at it again
        for number, mutant in enumerate(chosen, start=1):
            known = mutant.key in reasons
            outcome = "equivalent" if known else laboratory.outcome(mutant)
            outcomes.setdefault(mutant.package, Counter())[outcome] += 1
            if outcome == "survived":
                survivors.append(mutant)
            if known:
                equivalents.append(mutant)
            if outcome != "killed":
                print(f"{number:4d} {outcome:10s} {mutant}   | {mutant.code}", flush=True)
    total = share(sum(outcomes.values(), Counter()))
    seconds = round(time.monotonic() - began)
    print(json.dumps({"n": len(chosen), **total, "seconds": seconds}))
    if arguments.match:
        return
    result = {
        "command": " ".join(["python benchmarks/mutants.py", *sys.argv[1:]]),
        "n": len(chosen),
        "of": len(mutants),
        **total,
        "seconds": seconds,
        "packages": {package: share(counts) for package, counts in outcomes.items()},
        "survivors": [asdict(mutant) for mutant in survivors],
        "equivalents": [{**asdict(m), "why": reasons[m.key]} for m in equivalents],
        "versions": versions(),
    }
    arguments.out.write_text(json.dumps(result, indent=1) + "\n", "utf8")


def versions() -> dict[str, str]:
    names = ("torch", "numpy", "pytest", "hypothesis")
    modules = {name: importlib.import_module(name).__version__ for name in names}
    return {"python": platform.python_version(), **modules}


if __name__ == "__main__":
    main()

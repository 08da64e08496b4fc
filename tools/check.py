"""All checks: style, tests, and every chapter on Glyphs. What `make test` runs.

python tools/check.py                        check
python tools/check.py --only style "chapters on Glyphs"    these checks alone
python tools/check.py --except "chapters on Glyphs"        all but these
python tools/check.py --quick                style, map, types, and the tests of what was changed
python tools/check.py --fix                  put style right instead, and strip outputs
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import changed_tests
import install_grading
import without_network

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable

# Notebooks run at once, and the share of the cores that each gets: two networks that each want
# all cores at the same time get in each other's way, and take ten times as long.
WORKERS = 2
THREADS = max(1, (os.cpu_count() or 1) // WORKERS)
# Tests run at once: one more than there are cores, since many wait for a process or a time limit.
TESTERS = min(8, 1 + (os.cpu_count() or 1))

# Tests that run chapters where readers do; `make test-lab` and `make test-standalone` run all.
AS_READ = ("tests/lab", "tests/standalone")
# Tests of the built book, which these checks do not build: `make test-pages`.
BUILT = "tests/built"
# Tests of what nbgrader is needed for; it has an environment of its own.
ASSIGNMENTS = "tests/assignments"
CLASSROOM = "assignments/siamese_classroom"
GRADING_PYTHON = str(install_grading.PYTHON)

CHECKS = {
    "style": [PYTHON, "-m", "ruff", "check", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "map": [str(Path(PYTHON).with_name("lint-imports")), "--no-logo"],
    "types": [PYTHON, "-m", "mypy"],
    "examples": [PYTHON, "-m", "pytest", "--doctest-modules", "siamese_lib", CLASSROOM, "-q"],
    "tests": [
        *(PYTHON, "-m", "pytest", "tests", "-q", "-n", str(TESTERS)),
        *(f"--ignore={path}" for path in (*AS_READ, ASSIGNMENTS, BUILT)),
    ],
    "assignments and grading": [
        *(GRADING_PYTHON, "-m", "pytest", ASSIGNMENTS, "-q", "-n", str(TESTERS)),
    ],
    "types of the graders": [
        *(PYTHON, "-m", "mypy", "--python-executable", GRADING_PYTHON, "-p", "grading"),
    ],
    # Side by side: JupyterLab in one worker, the chapters alone in a folder in the other.
    "some chapters as read in JupyterLab and on Colab": [
        *(PYTHON, "-m", "pytest", *AS_READ, "-q", "-rs", "-n", str(WORKERS), "--dist", "loadfile"),
    ],
    # One worker per notebook; any other --dist would tear a notebook apart.
    "chapters on Glyphs": [
        *(PYTHON, "-m", "pytest", "notebooks", "-q", "--timeout=600"),
        *("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300"),
        *("-n", str(WORKERS), "--dist", "loadfile"),
    ],
}


QUICK = ("style", "format", "map", "types")
CHANGED = "tests of what was changed"


# Run where no network can be reached, if the system lets us: no chapter may need one.
OFFLINE = ("chapters on Glyphs",)
# Run with a clock that jumps, as on a busy machine: no measured time may decide anything there.
BUSY = {"chapters on Glyphs": ROOT / "tools" / "ipython"}


def fix() -> int:
    notebooks = [str(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    commands = [
        [PYTHON, "-m", "nbstripout", "--keep-id", *notebooks],
        [PYTHON, "-m", "ruff", "check", "--fix", "."],
        [PYTHON, "-m", "ruff", "format", "."],
    ]
    return max(subprocess.run(command, cwd=ROOT).returncode for command in commands)


def check(names: list[str]) -> int:
    """Run these checks, also after one has failed: a reader wants to see all that is wrong."""
    # Glyphs need no download.
    environment = {
        **os.environ,
        "SIAMESE_SOURCE": "glyphs",
        "OMP_NUM_THREADS": str(THREADS),
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait leave the cores to those that work
        "PYTHONUTF8": "1",
        "MYPYPATH": str(ROOT / "assignments"),
    }
    offline = without_network.is_possible()
    if not offline:
        print("No network namespace on this system: the chapters run with the network in reach.")
    grades = any(GRADING_PYTHON in CHECKS[name] for name in names)
    if grades and not install_grading.is_there() and install_grading.main():
        return 1
    results = {}
    for name in names:
        print(f"\n=== {name}", flush=True)
        began = time.perf_counter()
        command = CHECKS[name]
        if offline and name in OFFLINE:
            command = without_network.command(command)
        with tempfile.TemporaryDirectory() as scratch:
            if name in BUSY:
                environment["IPYTHONDIR"] = shutil.copytree(BUSY[name], f"{scratch}/ipython")
            code = subprocess.run(command, cwd=ROOT, env=environment).returncode
            environment.pop("IPYTHONDIR", None)
        results[name] = (code, time.perf_counter() - began)
    print("\n=== summary")
    for name, (code, seconds) in results.items():
        print(f"{'ok    ' if code == 0 else 'FAILED'}  {seconds:5.0f} s  {name}")
    failed = sum(code != 0 for code, _ in results.values())
    print(f"{len(results) - failed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def chosen(arguments: list[str]) -> list[str]:
    """The names of the checks that the command line asks for."""
    if not arguments:
        return list(CHECKS)
    if arguments == ["--quick"]:
        tests = changed_tests.those_that_belong(changed_tests.changed_files())
        CHECKS[CHANGED] = [PYTHON, "-m", "pytest", *tests, "-q", "-n", str(WORKERS)]
        return [*QUICK, CHANGED]
    how, *named = arguments
    unknown = [name for name in named if name not in CHECKS]
    if how not in ("--only", "--except") or not named or unknown:
        known = ", ".join(map(repr, CHECKS))
        raise SystemExit(f"{__doc__}\nThe checks are {known}, not {' '.join(arguments)}.")
    return [name for name in CHECKS if (name in named) == (how == "--only")]


if __name__ == "__main__":
    sys.exit(fix() if sys.argv[1:] == ["--fix"] else check(chosen(sys.argv[1:])))

"""Run the library's tests with the lowest versions of all packages that pyproject.toml allows.

    python tools/lowest_versions.py          make .venv-lowest if needed, and run the tests in it
    python tools/lowest_versions.py --print  say what would be installed

``make test-lowest`` runs this. It needs a Python for which all these versions exist: 3.10 or 3.11.
TORCH=cpu takes PyTorch's builds without CUDA, as for tools/install.py.
"""

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import install

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv-lowest"
PYTHON = FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# Newer releases of what these old ones need warn, and a warning fails a test.
BELOW = ["pyparsing<3.3"]
RUNNING_TESTS = ("pytest", "pytest-timeout", "pytest-xdist", "hypothesis")
ORACLES = ("pytorch-metric-learning",)
# Of the book, its tools and the graders: their versions are pinned in other places.
NOT_OF_THE_LIBRARY = ("assignments", "book", "built", "lab", "live", "standalone", "workflows")


def lowest() -> list[str]:
    """What pyproject.toml requires, as ``name==version``."""
    text = (ROOT / "pyproject.toml").read_text("utf8")
    required = re.search(r"^dependencies = \[(.*?)\]", text, re.S | re.M)
    assert required
    return [one.replace(">=", "==") for one in re.findall(r'"(.+?)"', required[1])]


def command() -> list[str]:
    ignored = [f"--ignore=tests/{name}" for name in NOT_OF_THE_LIBRARY]
    return [str(PYTHON), "-m", "pytest", "tests", "-q", "-n", "2", *ignored]


def installed(packages: list[str]) -> bool:
    """Install once; the mark says which versions."""
    mark = FOLDER / "installed"
    if mark.exists() and mark.read_text() == "\n".join(packages):
        return True
    venv.create(FOLDER, with_pip=True, clear=True, symlinks=os.name != "nt")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    torch = [one for one in packages if one.startswith("torch")]
    steps = [[*step, *torch] for step in cpu_builds()] + [packages]
    if any(subprocess.run([*pip, *step], cwd=ROOT).returncode for step in steps):
        return False
    mark.write_text("\n".join(packages))
    return True


def cpu_builds() -> list[list[str]]:
    if not install.takes_cpu_builds():
        return []
    index = os.environ.get("TORCH_INDEX") or install.CPU_INDEX
    return [["--no-deps", "--index-url", index]]


def main(arguments: list[str]) -> int:
    packages = [*lowest(), *BELOW, *RUNNING_TESTS, *ORACLES]
    if arguments == ["--print"]:
        print("\n".join(packages))
        return 0
    if not installed(packages):
        print("The lowest versions cannot be installed; pip says why above.", file=sys.stderr)
        return 1
    packages_at = os.pathsep.join([str(ROOT), str(ROOT / "assignments")])
    environment = {**os.environ, "PYTHONPATH": packages_at, "SIAMESE_SOURCE": "glyphs"}
    # Two tests at once, each of which wants all cores, take ten times as long.
    environment |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    return subprocess.run(command(), cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

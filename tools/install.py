"""Make .venv and install everything that the book and its checks need.

Run with any Python from 3.10:  python3 tools/install.py
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv"
PYTHON = FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# tests/book/test_build.py holds this against requires-python of pyproject.toml.
OLDEST = (3, 10)


def main() -> int:
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        print(
            f"Python {wanted} or newer is needed, this is {sys.version.split()[0]}. "
            "Name another one:  make PYTHON=python3.12 book",
            file=sys.stderr,
        )
        return 1
    if not PYTHON.exists():
        print(f"Making {FOLDER.name} with Python {sys.version.split()[0]}", flush=True)
        # Copying the interpreter, the default here, breaks those that load a library beside them.
        venv.create(FOLDER, symlinks=os.name != "nt")
    # Not only for a new one: an earlier run may have stopped between the two steps.
    if not runs("pip", "--version") and not runs("ensurepip", "--default-pip"):
        print(
            "Python could not set up pip in .venv. On Debian and Ubuntu this means that "
            "python3-venv is missing:  sudo apt install python3-venv",
            file=sys.stderr,
        )
        return 1
    print("Installing (about 6.5 GB with PyTorch; minutes the first time)", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for what in (["-r", "requirements.txt", "-c", "constraints.txt"], ["--no-deps", "-e", "."]):
        if subprocess.run([*pip, *what], cwd=ROOT).returncode:
            print("The installation failed; pip says why above.", file=sys.stderr)
            return 1
    (FOLDER / "installed").write_text("newer than requirements.txt: nothing to install\n")
    return 0


def runs(*module: str) -> bool:
    """Whether a module of the new environment could be run."""
    return subprocess.run([str(PYTHON), "-m", *module], capture_output=True).returncode == 0


if __name__ == "__main__":
    sys.exit(main())

"""Make .venv and install everything that the book and its checks need.

Run with any Python from 3.10:  python3 tools/install.py

Environment variables:
    TORCH=cpu        take PyTorch's builds without CUDA, which are much smaller (matters on Linux
                     only: elsewhere the usual ones have no CUDA)
    TORCH_INDEX      where those are, by default PyTorch's own index
    VERSIONS=newest  take the newest versions that requirements.txt allows, not the tested ones
    VERSIONS=hashed  take the tested ones for Python 3.12 on Linux, and refuse a file whose checksum
                     is not the one in tools/hashed_versions.txt: what a release is built with
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv"
HASHED = Path("tools") / "hashed_versions.txt"
PYTHON = FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
# tests/book/test_build.py holds this against requires-python of pyproject.toml.
OLDEST = (3, 10)
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def main() -> int:
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        print(
            f"Python {wanted} or newer is needed, this is {sys.version.split()[0]}. "
            "Name another one:  make PYTHON=python3.12 book",
            file=sys.stderr,
        )
        return 1
    torch = os.environ.get("TORCH", "")
    if torch not in ("", "cpu"):
        print(f"TORCH is {torch!r}; it can be cpu, or not set at all.", file=sys.stderr)
        return 1
    if torch and os.environ.get("VERSIONS") == "hashed":
        print("The checksums are those of the usual PyTorch: leave TORCH unset.", file=sys.stderr)
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
    size = "about 2 GB" if takes_cpu_builds() else "about 6.7 GB on Linux"
    print(f"Installing ({size} with PyTorch; minutes the first time)", flush=True)
    if not all(install(what) for what in steps()):
        print("The installation failed; pip says why above.", file=sys.stderr)
        return 1
    (FOLDER / "installed").write_text("newer than requirements.txt: nothing to install\n")
    return 0


def takes_cpu_builds() -> bool:
    return os.environ.get("TORCH") == "cpu" and sys.platform.startswith("linux")


def steps() -> list[list[str]]:
    """What is installed, one call of the installer after the other."""
    if os.environ.get("VERSIONS") == "hashed":
        # Nothing is built but the library, and that with the setuptools that has been checked.
        checked = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(HASHED)]
        return [checked, ["--no-deps", "--no-build-isolation", "-e", "."]]
    tested = [] if os.environ.get("VERSIONS") == "newest" else ["-c", "constraints.txt"]
    everything = [["-r", "requirements.txt", *tested], ["--no-deps", "-e", "."]]
    return [*([*step, *tested] for step in cpu_builds()), *everything]


def cpu_builds() -> list[list[str]]:
    """The step before all others that takes PyTorch without CUDA; none where that is not asked."""
    if not takes_cpu_builds():
        return []
    # Both from one place and first: whatever needs PyTorch afterwards finds it there. Without what
    # they depend on, as only PyTorch itself may come from another index than all the rest.
    index = os.environ.get("TORCH_INDEX") or CPU_INDEX
    return [["--no-deps", "--index-url", index, "torch", "torchvision"]]


def install(what: list[str]) -> bool:
    """Install with uv where it is, else, or when it fails, with pip."""
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
        if subprocess.run([*command, *what], cwd=ROOT).returncode == 0:
            return True
        print("uv could not install it; now with pip", file=sys.stderr, flush=True)
    return subprocess.run([*pip, *what], cwd=ROOT).returncode == 0


def runs(*module: str) -> bool:
    """Whether a module of the new environment could be run."""
    return subprocess.run([str(PYTHON), "-m", *module], capture_output=True).returncode == 0


if __name__ == "__main__":
    sys.exit(main())

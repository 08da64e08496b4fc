"""Build the wheel, install it into an empty environment with all that it needs, and use it.

    python tools/try_wheel.py

Some minutes and gigabytes for PyTorch, in a temporary folder; TORCH=cpu takes the small builds.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import install

ROOT = Path(__file__).resolve().parents[1]


def build_wheel(folder: Path) -> Path:
    """The wheel of the clone as it is now, in ``folder``."""
    # setuptools leaves its copies behind, and would pack them again after a file is gone.
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    # With the setuptools that is installed: a release is built with nothing that was not checked.
    options = ["--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run([*pip, *options, "."], cwd=ROOT, check=True)
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def use(python: Path, folder: Path) -> str:
    """What the installed package says when it is used, away from the clone."""
    environment = {**os.environ, "SIAMESE_CACHE": str(folder / "cache"), "PYTHONUTF8": "1"}
    said = []
    for command in (
        ["-c", "import siamese_lib; print(siamese_lib.__version__, siamese_lib.__file__)"],
        ["-m", "siamese_lib", "evaluate", "--source", "glyphs"],
    ):
        run = subprocess.run(
            [str(python), *command], cwd=folder, env=environment, capture_output=True, text=True
        )
        if run.returncode:
            raise SystemExit(f"{command}: {run.stdout[-2000:]}\n{run.stderr[-4000:]}")
        said.append(run.stdout)
    return "".join(said)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build_wheel(folder)
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB", flush=True)
        venv.create(folder / "venv", symlinks=os.name != "nt", with_pip=True)
        python = folder / "venv" / install.PYTHON.relative_to(install.FOLDER)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for step in [*install.cpu_builds(), [str(wheel)]]:
            subprocess.run([*pip, *step], check=True)
        print(use(python, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())

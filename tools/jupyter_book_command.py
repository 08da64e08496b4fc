"""Jupyter Book's own command, as every tool here runs it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build(*options: str, root: Path = ROOT) -> int:
    """``jupyter-book build .`` with more options; returns its exit status."""
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", *options]
    environment = {**os.environ, "PYTHONUTF8": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    return subprocess.run(command, cwd=root, env=environment).returncode

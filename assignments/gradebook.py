"""Open the gradebook of a graded folder, to grade written answers by hand.

    python assignments/gradebook.py FOLDER-graded

``make gradebook GRADED=folder-graded`` runs this. It starts JupyterLab with nbgrader's formgrader
on this computer and prints the address; stop it with Ctrl-C, then run ``make grade`` again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import nbconvert

from grading.pages import TEMPLATES

# The environment of the graders stands on that of the book, where JupyterLab has its pages.
BOOK = Path(nbconvert.__file__).resolve().parents[4]


def main() -> int:
    """Start JupyterLab in the course folder; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("graded", type=Path, help="the folder that make grade has written")
    parser.add_argument("--port", type=int, default=8899)
    parser.add_argument("--no-browser", action="store_true")
    arguments = parser.parse_args()
    course = arguments.graded.resolve() / "course"
    if not (course / "gradebook.db").is_file():
        print(
            f"{arguments.graded} has no gradebook: make grade first, then name the folder that "
            "it has written",
            file=sys.stderr,
        )
        return 2
    environment = {
        **os.environ,
        "JUPYTER_PATH": os.pathsep.join((str(TEMPLATES), str(BOOK / "share" / "jupyter"))),
        # Where the course's settings find the function that makes answers harmless.
        "PYTHONPATH": str(Path(__file__).resolve().parent),
        "JUPYTER_CONFIG_PATH": str(BOOK / "etc" / "jupyter"),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--port", str(arguments.port), "--LabApp.app_dir"),
        str(BOOK / "share" / "jupyter" / "lab"),
        *("--LabApp.default_url=/formgrader", f"--ServerApp.root_dir={course}"),
        "--ServerApp.authorizer_class=grading.gradebook_access.WithoutExport",
        *(["--no-browser"] if arguments.no_browser else []),
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    try:
        return subprocess.run(command, cwd=course, env=environment).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())

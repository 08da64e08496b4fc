"""Make what is handed out: python assignments/make.py [--out FOLDER] [--script NUMBER].

``make assignments`` installs what is needed and runs this. The student versions come from the
solved sources by nbgrader: without solutions, with locked checks.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import zipfile
from pathlib import Path

import nbformat

from grading.assignment import Assignment, assignments, script_number
from grading.course import Course

ROOT = Path(__file__).resolve().parents[1]
README = """These are the assignments of the course Siamese Networks for One-shot Learning.

Open a notebook in JupyterLab, VS Code or Colab and run its first cell: it finds the course's
library, or installs it. Write your answers, run the checks as often as you like, and hand the
notebook in under the name that it has.
"""
# What a teacher needs besides the course itself, which has it all: what may not go to students.
TEACHERS = ("assignments/*.ipynb", "assignments/grading/*.py", "book/teaching/rubrics.md")


def main() -> int:
    """Make the notebooks and both zip files, and print where they are."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "assignments")
    parser.add_argument(
        "--script",
        type=script_number,
        default=0,
        metavar="NUMBER",
        help="of the script with five mistakes in assignment 3: another one for each class",
    )
    arguments = parser.parse_args()
    out = arguments.out
    students = release(assignments(), out / "students", arguments.script)
    (out / "students" / "README.txt").write_text(README, encoding="utf8")
    packed = [*students, out / "students" / "README.txt"]
    teachers = [path for pattern in TEACHERS for path in sorted(ROOT.glob(pattern))]
    for path in (
        *students,
        pack(out / "students.zip", {path.name: path for path in packed}),
        pack(out / "teachers.zip", {str(path.relative_to(ROOT)): path for path in teachers}),
    ):
        print(path)
    return 0


def release(made: dict[str, Assignment], folder: Path, script: int = 0) -> list[Path]:
    """Student versions of the assignments in a folder, with the script of that number."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with tempfile.TemporaryDirectory() as scratch:
        course = Course(Path(scratch))
        for name, assignment in made.items():
            path = folder / f"{name}.ipynb"
            notebook = course.release(assignment)
            for cell in notebook.cells:
                if cell.id == "script":
                    cell.source = cell.source.replace("SCRIPT = 0", f"SCRIPT = {script}")
            nbformat.write(notebook, path)
            paths.append(path)
    return paths


def pack(path: Path, members: dict[str, Path]) -> Path:
    """A zip file of those members, by their names inside; the same bytes each time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), member.read_bytes())
    return path


if __name__ == "__main__":
    sys.exit(main())

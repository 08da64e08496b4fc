"""What is given to make as ``NAME=value`` reaches a program as it was typed, and is never run."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from chapters import ROOT

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("make") is None, reason="needs make and a shell"
)

# The stand-in for each environment's Python writes down its arguments.
RECORDS = """#!{python}
import json, pathlib, sys
pathlib.Path({folder!r}, "arguments.json").write_text(json.dumps(sys.argv[1:]))
"""
HOSTILE = {
    "semicolon": "v1.0.0;touch ran;#",
    "pipe": "v1.0.0 | touch ran",
    "new line": "v1.0.0\ntouch ran\n",
    "single quotes": "'; touch ran; '",
    "double quotes": '"; touch ran; "',
    "backticks": "`touch ran`",
    "of the shell": "$$(touch ran)",
    "of the shell, after make": "$(touch ran)",
    "of make": "$(shell touch ran)",
    "of make, braces": "${shell touch ran}",
    "made by make": "$(eval X := $(shell touch ran))",
    "backslash": "\\\"; touch ran; \\'",
    "redirection": "v1.0.0 > ran",
    "an option": "--help",
}
# What a person can name, and the program with its arguments that gets it.
TAKES = {
    "TAG": ("release", [], ["tools/release.py"], None),
    "SUBMISSIONS": ("grade", [], ["assignments/grade.py", "--sandbox=auto", "--"], None),
    "SANDBOX": ("grade", ["SUBMISSIONS=inbox"], ["assignments/grade.py"], ["--", "inbox"]),
    "ROSTER": (
        "grade",
        ["SUBMISSIONS=inbox"],
        ["assignments/grade.py", "--sandbox=auto"],
        ["--", "inbox"],
    ),
    "GRADED": ("gradebook", [], ["assignments/gradebook.py", "--"], None),
}


@pytest.fixture
def clone(tmp_path):
    """A folder with the Makefile, where everything is installed and no program is real."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    needed = "requirements.txt constraints.txt pyproject.toml assignments/requirements.txt"
    for name in (*needed.split(), "tools/install.py", "tools/install_grading.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1e9, 1e9))
    for age, environment in enumerate((".venv", ".venv-grading")):
        program = tmp_path / environment / "bin" / "python"
        program.parent.mkdir(parents=True)
        program.write_text(RECORDS.format(python=sys.executable, folder=str(tmp_path)))
        program.chmod(0o755)
        (tmp_path / environment / "installed").touch()
        os.utime(tmp_path / environment / "installed", (2e9 + age, 2e9 + age))
    return tmp_path


def make(folder, *arguments, **environment):
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", TAKES)
@pytest.mark.parametrize("by", ["command line", "environment"])
def test_a_value_reaches_the_program_as_it_was_typed(by, name, value, clone):
    target, others, before, after = TAKES[name]
    if by == "command line":
        run = make(clone, target, *others, f"{name}={value}")
    else:
        run = make(clone, target, *others, **{name: value})
    assert not (clone / "ran").exists(), run.stdout + run.stderr
    given = json.loads((clone / "arguments.json").read_text())
    option = {"SANDBOX": "--sandbox=", "ROSTER": "--roster="}.get(name, "")
    expected = f"{option}{value}"
    assert given == [*before, expected, *(after or [])]


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_the_name_of_a_python_is_the_name_of_a_program(value, clone):
    (clone / ".venv" / "installed").unlink()
    run = make(clone, "lab", f"PYTHON={value}")
    assert run.returncode and not (clone / "ran").exists()


@pytest.mark.parametrize(("target", "name"), [("grade", "SUBMISSIONS"), ("gradebook", "GRADED")])
def test_a_missing_folder_is_asked_for(target, name, clone):
    run = make(clone, target)
    assert run.returncode and f"make {target} {name}=folder" in run.stdout

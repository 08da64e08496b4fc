"""Copies of siamese_lib and siamese_classroom without the answers: what a submission sees."""

from __future__ import annotations

import atexit
import compileall
import functools
import py_compile
import shutil
import tempfile
import threading
from pathlib import Path

import siamese_classroom
import siamese_lib

LIBRARY = Path(siamese_lib.__file__).resolve().parent
CLASSROOM = Path(siamese_classroom.__file__).resolve().parent
# The packages of which a submission sees a copy.
PACKAGES = (LIBRARY.name, CLASSROOM.name)
# Where the sandbox shows the copy.
INSIDE = "/course"

# A closed module can be imported, and fails where it is used: an import that is left over from
# trying something out costs nothing.
CLOSED = '''"""Closed while an assignment is graded."""


class Closed:
    """Stands for a name of a closed module, and raises ImportError when it is used."""

    def __init__(self, name):
        self.__dict__["name"] = name

    def __call__(self, *args, **options):
        raise ImportError(f"{self.name} is closed here: the assignment asks for your own code")

    def __getattr__(self, attribute):
        raise ImportError(f"{self.name} is closed here: the assignment asks for your own code")


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Closed(f"{__name__}.{name}")
'''
# Visible checks need the right answers, so here they say nothing.
OPEN_CLASSROOM = '''"""The part of the classroom that is open while an assignment is graded."""

from siamese_classroom.inside.script import planted_script

__all__ = ["check", "planted_script"]


def check(question, answer, script=0):
    """Do nothing: the graders ask from outside."""
'''

_lock = threading.Lock()


def library_view(closed: tuple[str, ...]) -> Path:
    """Return a folder with the copies; made once for each choice of closed modules.

    Args:
        closed: Names of modules such as ``siamese_lib.losses`` that hold what an assignment asks
            for. In the copy their code is missing.
    """
    with _lock:
        return _made(closed)


@functools.cache
def _made(closed: tuple[str, ...]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="siamese-view-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library, classroom = (folder / name for name in PACKAGES)
    without_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(LIBRARY, library, ignore=without_caches)
    for name in closed:
        _replace(folder / Path(*name.split(".")), CLOSED)
    shutil.copytree(CLASSROOM / "inside", classroom / "inside", ignore=without_caches)
    (classroom / "__init__.py").write_text(OPEN_CLASSROOM, encoding="utf8")
    # The sandbox cannot write, so it would compile every module again for each submission.
    for package in (library, classroom):
        compileall.compile_dir(
            package,
            quiet=2,
            stripdir=str(folder),
            prependdir=INSIDE,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    (folder / "empty").mkdir()  # covers packages that hold answers
    for path in (folder, *folder.rglob("*")):  # whoever the sandbox runs as may read it
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def _replace(module: Path, code: str) -> None:
    """Put ``code`` in the place of a package or of a single file."""
    if module.is_dir():
        shutil.rmtree(module)
        module.mkdir()
        (module / "__init__.py").write_text(code, encoding="utf8")
        return
    file = module.with_suffix(".py")
    if not file.is_file():
        raise FileNotFoundError(f"there is no module {module} to close")
    file.write_text(code, encoding="utf8")

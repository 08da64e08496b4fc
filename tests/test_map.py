"""The map of the library: what a package shows is what others use of it."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import siamese_lib

LIBRARY = Path(siamese_lib.__file__).parent
MODULES = sorted(LIBRARY.rglob("*.py"))
# Long enough for the largest idea; what grows beyond holds two.
MOST_LINES = 400
MOST_ARGUMENTS = 10


def imports(path):
    """``(module, name)`` of each name that a file takes from the library."""
    for node in ast.walk(ast.parse(path.read_text("utf8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("siamese_lib"):
            yield from ((node.module, alias.name) for alias in node.names)


def package_of(path):
    """The folder below siamese_lib that a file is in, or the file's own name."""
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_others_are_used_by_what_they_export(path):
    for module, name in imports(path):
        parts = module.split(".")
        if len(parts) == 1 or parts[1] == package_of(path) or path.name == "__main__.py":
            continue
        assert len(parts) == 2, f"{module} is inside a package: import {name} from its face"
        face = importlib.import_module(module)
        exported = getattr(face, "__all__", None)
        assert exported is None or name in exported, f"{module} does not export {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_files_and_functions_can_be_taken_in(path):
    text = path.read_text("utf8")
    assert text.count("\n") <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        # The figures of the pages are described in many words, as matplotlib's are.
        if isinstance(node, ast.FunctionDef) and package_of(path) != "pages":
            n = len(node.args.args) + len(node.args.kwonlyargs)
            assert n <= MOST_ARGUMENTS + (node.name == "__init__"), f"{node.name} takes {n}"


def test_what_most_chapters_import_is_light():
    """torchvision and scikit-learn's data sets took longer to import than PyTorch itself."""
    code = (
        "import sys, siamese_classroom, siamese_lib.data, siamese_lib.models\n"
        "print([name for name in ('torchvision', 'sklearn.datasets') if name in sys.modules])"
    )
    run = [sys.executable, "-c", code]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stdout == "[]\n"

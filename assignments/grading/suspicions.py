"""What in a submission a teacher should read: names that honest answers hardly ever need.

A note costs no points, and no note is no proof of innocence: code can hide a name from this list.
What keeps answers and scores apart is the sandbox, not the list.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from grading.matching import LONGEST_SOURCE, parsed

# Other libraries that have what the assignments ask for.
SAME_THINGS: tuple[str, ...] = (
    "pytorch_metric_learning",
    "oml",
    "easyfsl",
    "sentence_transformers",
    "scipy.stats",
)
SAME_THINGS += ("statsmodels", "sklearn.metrics")
MACHINERY = {"os", "io", "pathlib", "sys", "traceback", "tempfile", "__main__", "operator", "types"}
MACHINERY |= {"gc", "inspect", "ctypes", "importlib", "imp", "builtins", "subprocess", "socket"}
MACHINERY |= {
    "multiprocessing",
    "signal",
    "posix",
    "fcntl",
    "resource",
    "mmap",
    "pickle",
    "marshal",
    "code",
    "threading",
    "_thread",
    "concurrent",
    "asyncio",
    "timeit",
    "runpy",
}
ATTRIBUTES = {"meta_path", "_getframe", "f_back", "f_globals", "f_locals", "tb_frame", "gi_frame"}
ATTRIBUTES |= {"__globals__", "__closure__", "__code__", "__subclasses__", "__builtins__", "fork"}
ATTRIBUTES |= {"split_by_group", "split_by_class"}  # what assignment 2 asks to write
# Where a derivation by hand or a loss of one's own is asked for.
ATTRIBUTES |= {"jit", "gettrace", "ThreadPool", "multiprocessing", "threading"}
ATTRIBUTES |= {"autograd", "triplet_margin_loss", "TripletMarginLoss"}
ATTRIBUTES |= {"_exit", "execv", "execve", "settrace", "setprofile", "setrlimit"}
ATTRIBUTES |= {
    "_current_frames",
    "walk_stack",
    "run_cell",
    "run_line_magic",
    "__dict__",
    "__class__",
}
# In the assignments that close the losses, gradients are derived by hand.
LOSSES = "siamese_lib.losses"
BY_HAND = {"backward", "requires_grad", "requires_grad_", "grad", "func", "functorch", "vjp"}
BY_HAND |= {"jacrev", "jacfwd", "retain_grad", "register_hook"}
CALLS = {
    "get_ipython",
    "eval",
    "exec",
    "compile",
    "__import__",
    "globals",
    "vars",
    "open",
    "getattr",
    "setattr",
}
# To read a notebook takes time with its length: of one student no more than this is looked into.
MOST_READ = 1_000_000
COMMAND = re.compile(r"^[ \t]*(?:%%?(?:writefile|file|run|load|script|bash|sh)\b|!)", re.M)
OPEN_PART = {"check", "planted_script"}


def suspicions(cells: list[NotebookNode], closed: tuple[str, ...]) -> list[str]:
    """Return notes for the teacher.

    Args:
        cells: The code cells of a submission.
        closed: Modules that the assignment closes.
    """
    imported: set[str] = set()
    names: set[str] = set()
    attributes: set[str] = set()
    too_long = unread = read = 0
    for cell in cells:
        if len(cell.source) > LONGEST_SOURCE or read > MOST_READ:
            too_long += 1
            continue
        read += len(cell.source)
        module = parsed(cell.source)
        if module is None:
            unread += 1
            continue
        for node in ast.walk(module):
            imported.update(_imports(node))
            names.update(_names(node))
            attributes.update({node.attr} if isinstance(node, ast.Attribute) else ())
    answers = {m for m in (*closed, *SAME_THINGS) if any(_is_in(name, m) for name in imported)}
    graders = {name for name in imported if _is_in(name, "grading") or _is_closed_part(name)}
    if "siamese_lib" in imported:  # its parts can be reached without a name of their own
        reached = {module.split(".")[-1]: module for module in closed}
        answers |= {reached[name] for name in attributes & set(reached)}
    if "siamese_classroom" in imported and "inside" in attributes:
        graders.add("siamese_classroom.inside")
    if LOSSES in closed:
        names |= attributes & BY_HAND
        names |= {name for name in imported if set(name.split(".")) & BY_HAND}
    names |= {name for name in imported if name.split(".")[0] in MACHINERY}
    notes = []
    if answers:
        notes.append(f"imports {_listed(answers)}, which the assignment asks to write")
    if graders:
        notes.append(f"imports parts of the graders ({_listed(graders)}): read its code")
    if names:
        notes.append(f"uses {_listed(names)}: read its code")
    if unread:
        notes.append(f"{unread} cells are not Python that can be read: not looked into")
    if any(COMMAND.search(cell.source[:LONGEST_SOURCE]) for cell in cells):
        notes.append("runs commands (%, !) that may write or run files: read its code")
    if too_long:
        notes.append(f"{too_long} cells are too long, or the notebook is: not looked into")
    return notes


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
        yield node.attr
    if isinstance(node, ast.Attribute) and node.attr == "modules" and _named(node.value, "sys"):
        yield "sys.modules"
    if isinstance(node, ast.Name) and node.id in CALLS:
        yield node.id


def _named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_in(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def _is_closed_part(name: str) -> bool:
    """Whether an import reaches into the classroom, beyond what the handouts use."""
    parts = name.split(".")
    return parts[0] == "siamese_classroom" and not set(parts[1:]) <= OPEN_PART


def _listed(names: set[str]) -> str:
    shown = sorted(names)[:8]
    return ", ".join(shown) + (" and others" if len(names) > len(shown) else "")

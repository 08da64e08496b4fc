"""Which cell of a submission is which cell of the notebook that was handed out.

A cell is recognised by its id. Where an editor has thrown that away, it is recognised by the
functions and classes that it defines, or by its first line. Each cell is parsed once.
"""

from __future__ import annotations

import ast
import re
import threading
import time
import warnings
from typing import NamedTuple

from nbformat import NotebookNode

from grading.content import UnreadableError
from grading.printable import has_long_marks

# Python needs about 500 bytes of memory for each byte of source that it parses.
LONGEST_SOURCE = 60_000
LONGEST_NOTEBOOK = 120_000
# And what was typed into cells that are not for answers, of one notebook together.
LONGEST_TYPED = 30_000
# Python joins the parts of a dotted name again for each dot: 200 kB took 10 GB.
MOST_DOTS = 50
# And it reads an f-string again for each of its braces.
MOST_BRACES = 500
F_STRING = re.compile(r"(?i)\b(?:f|fr|rf)['\"]")
BETWEEN_NAMES = re.compile(r"[^\w.\s\\]")
LONGEST_LINE = 300
# Lines that only a notebook knows, at the start of a line: magics, commands, questions.
MAGIC = re.compile(r"^[ \t]*(?:[%!?].*|[\w.]+\?{1,2}[ \t]*)$", re.M)
DEFINED = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w+)", re.M)
# A block whose body runs with the rest of its cell, so that it may define something for all.
BLOCKS = (ast.If, ast.Try, ast.With, ast.For, ast.While)
# What can be called may come from these, as in ``distance = torch.nn.PairwiseDistance()``.
CALLABLE = (ast.Lambda, ast.Name, ast.Attribute, ast.Call)
# Warnings about the code of a student are not for the terminal of a teacher.
warnings.filterwarnings("ignore", category=SyntaxWarning, module="<unknown>")


_one_parses = threading.Lock()


class Keys(NamedTuple):
    """By what a cell is recognised.

    Attributes:
        kind: ``code``, ``markdown`` or ``raw``.
        ids: Of nbgrader, of the notebook format, and where Colab keeps it.
        defines: Functions and classes that it defines.
        binds: Names that can be called behind it, those in ``defines`` among them.
        first_line: Its first line of text.
        too_long: Whether its code is too long to be parsed.
    """

    kind: str
    ids: frozenset[str]
    defines: frozenset[str]
    binds: frozenset[str]
    first_line: frozenset[str]
    too_long: bool


def keys_of(notebook: NotebookNode) -> list[Keys]:
    """Return the keys of each cell."""
    keys, left = [], LONGEST_NOTEBOOK
    for cell in notebook.cells:
        is_code = cell.cell_type == "code"
        size = len(cell.source) if is_code else 0
        work = work_of(cell.source) if is_code else 0
        too_long = size > LONGEST_SOURCE or work > left
        left -= 0 if too_long else work
        defines, binds = _names(cell.source) if is_code and not too_long else (set(), set())
        line = cell.source[: 2 * LONGEST_LINE].lstrip().split("\n")[0].strip()[:LONGEST_LINE]
        keys.append(
            Keys(
                cell.cell_type,
                frozenset(_ids(cell)),
                frozenset(defines),
                frozenset(binds),
                frozenset([line] if line else []),
                too_long,
            )
        )
    return keys


def matches(submitted: list[Keys], released: list[Keys]) -> dict[int, int]:
    """Return the place of each cell of a submission that is known -> its place when handed out."""
    left = dict(enumerate(released))
    found: dict[int, int] = {}
    for by in ("ids", "defines", "first_line"):
        places: dict[str, list[int]] = {}
        for number, keys in left.items():
            for key in getattr(keys, by):
                places.setdefault(key, []).append(number)
        for place, keys in enumerate(submitted):
            if place in found:
                continue
            candidates = {n for key in getattr(keys, by) for n in places.get(key, ()) if n in left}
            # An id counts whatever became of the cell: a cell of code may be shown as text now.
            fitting = [n for n in candidates if by == "ids" or left[n].kind == keys.kind]
            if fitting:
                found[place] = min(fitting)
                del left[found[place]]
    return found


class Belonging(NamedTuple):
    """How much a notebook has in common with an assignment.

    Attributes:
        assignment: Its name.
        answers: Number of cells that hold answers or checks.
        cells: Number of all cells.
    """

    assignment: str
    answers: int
    cells: int


def belongs_to(
    submitted: list[Keys], released: dict[str, NotebookNode], known: dict[str, list[Keys]]
) -> Belonging:
    """Return the assignment with which a notebook has most in common.

    Args:
        submitted: Keys of the notebook.
        released: The versions that were handed out, by assignment.
        known: Their keys.

    Raises:
        UnreadableError: If no cell with an answer or a check is one of an assignment. The cells
            with imports and setup are the same in many notebooks, so they prove nothing.
    """
    found = []
    for name, keys in known.items():
        places = matches(submitted, keys).values()
        cells = released[name].cells
        answers = sum(_asks(cells[place]) for place in places)
        found.append(Belonging(name, answers, len(places)))
    best = max(found, key=lambda one: (one.answers, one.cells), default=None)
    if best is None or best.answers == 0:
        raise UnreadableError("it has no cell of any assignment")
    return best


def _asks(cell: NotebookNode) -> bool:
    nbgrader = cell.metadata.get("nbgrader") or {}
    return bool(nbgrader.get("solution") or nbgrader.get("grade"))


def _ids(cell: NotebookNode) -> list[str]:
    nbgrader = cell.metadata.get("nbgrader")
    names = (
        nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None,
        cell.get("id"),
        cell.metadata.get("id"),
    )
    return [name for name in names if isinstance(name, str)]


def work_of(source: str) -> int:
    """How many characters ``parsed`` may have to read: it reads code with magics twice."""
    return len(source) * (2 if MAGIC.search(source) else 1)


def parsed(source: str) -> ast.Module | None:
    """Return the code of a cell, without the magics of a notebook; None if it is no Python."""
    if source.count("{") > MOST_BRACES and F_STRING.search(source):
        return None
    if has_long_marks(source):  # Python normalises names
        return None
    if any(run.count(".") > MOST_DOTS for run in BETWEEN_NAMES.split(source)):
        return None
    # A line that looks like a magic may be part of an expression: then it is read as it is.
    for code in dict.fromkeys((MAGIC.sub("", source), source)):
        try:
            return _tree(code)
        except SyntaxError:
            continue
        except (ValueError, RecursionError, MemoryError):
            return None
    return None


def _tree(code: str) -> ast.Module:
    """As ``ast.parse``, which counts its depth for all threads together in Python 3.11.

    Two threads that parse at once then get a SystemError, and a submission was not graded.
    """
    with _one_parses:
        try:
            return ast.parse(code)
        except SystemError:  # another library's thread was parsing
            time.sleep(0.1)
            return ast.parse(code)


def _names(source: str) -> tuple[set[str], set[str]]:
    """What a cell defines, and all names that can be called behind it."""
    module = parsed(source)
    if module is None:
        found = set(DEFINED.findall(source))
        return found, set(found)
    defines: set[str] = set()
    binds: set[str] = set()
    waiting: list[ast.AST] = list(module.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            defines.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            binds.update((name.asname or name.name).split(".")[0] for name in node.names)
        elif isinstance(node, ast.Assign) and isinstance(node.value, CALLABLE):
            binds.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, BLOCKS):
            waiting += ast.iter_child_nodes(node)
        elif isinstance(node, ast.ExceptHandler):
            waiting += node.body
    return defines, defines | binds

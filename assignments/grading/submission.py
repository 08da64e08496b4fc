"""Read what a student handed in, and fill it into the notebook that was handed out.

What is graded is the notebook as it was handed out, with the student's answers in it: edited or
deleted tests and lost metadata make no difference. An answer is found by the id of its cell, and
where an editor has thrown that away, by the function or class that it defines, or by its first
line.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

LARGEST = 20 << 20
# Outputs that a page shows as they are; anything else could run code in the browser of a grader.
SHOWN = ("text/plain", "image/png")


class UnreadableError(ValueError):
    """A file that is no notebook of this assignment; the message says why."""


def read(path: Path) -> NotebookNode:
    """The notebook at ``path``.

    Raises:
        UnreadableError: too large, damaged, or no notebook.
    """
    if path.stat().st_size > LARGEST:
        raise UnreadableError(
            f"{path.name} is larger than {LARGEST >> 20} MB: clear its outputs and hand it in again"
        )
    try:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.metadata.get("nbgrader", {})
            _ = cell.source, cell.cell_type
        return notebook
    except Exception as error:
        raise UnreadableError(
            f"{path.name} is not a notebook that can be read: {type(error).__name__}"
        ) from error


def belongs_to(notebook: NotebookNode, released: dict[str, NotebookNode]) -> str:
    """The assignment whose cells a notebook shares.

    Raises:
        UnreadableError: it shares cells with none.
    """
    counts = {name: len(_matches(notebook, out)) for name, out in released.items()}
    best = max(counts, key=counts.__getitem__)
    if counts[best] == 0:
        raise UnreadableError("it has no cell of any assignment")
    return best


def fill_in(notebook: NotebookNode, released: NotebookNode) -> NotebookNode:
    """The released notebook with the answers of a submission, and its added code cells."""
    of_released = {cell.id: cell for cell in released.cells}
    matches = _matches(notebook, released)
    cells: list[NotebookNode] = []
    for place, cell in enumerate(notebook.cells):
        if place not in matches:
            cells += _added(cell)
            continue
        out = copy.deepcopy(of_released.pop(matches[place]))
        if _is_open(out):
            out.source = cell.source if cell.cell_type == "code" else _harmless_text(cell.source)
            if out.cell_type == "code":
                out.outputs = _harmless(cell)
        cells.append(out)
    # What was deleted comes back at the end: a check needs only what is defined by then.
    cells += [copy.deepcopy(cell) for cell in of_released.values() if "nbgrader" in cell.metadata]
    filled = copy.deepcopy(released)
    filled.cells = cells
    return filled


def cells_to_run(filled: NotebookNode) -> list[NotebookNode]:
    """Its code cells without those that grade."""
    return [
        cell
        for cell in filled.cells
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade")
    ]


def imports_of(filled: NotebookNode, modules: tuple[str, ...]) -> list[str]:
    """Which of ``modules`` the notebook imports: for the eye of a teacher, not for the score."""
    found = set()
    for cell in cells_to_run(filled):
        for node in ast.walk(_parsed(cell.source)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            found |= {m for m in modules for n in names if n == m or n.startswith(m + ".")}
    return sorted(found)


def _matches(notebook: NotebookNode, released: NotebookNode) -> dict[int, str]:
    """Place in the submission -> id of the released cell: by id first, then by what it holds."""
    left = {cell.id: cell for cell in released.cells}
    matches: dict[int, str] = {}
    for keys in (_ids, _definitions, _first_line):
        for place, cell in enumerate(notebook.cells):
            if place in matches:
                continue
            for identity, out in left.items():
                if set(keys(cell)) & set(keys(out)) and cell.cell_type == out.cell_type:
                    matches[place] = identity
                    del left[identity]
                    break
    return matches


def _ids(cell: NotebookNode) -> Iterator[str]:
    """The cell's ids: of nbgrader, of the notebook format, and where Colab keeps it."""
    metadata = cell.metadata
    for name in (
        metadata.get("nbgrader", {}).get("grade_id"),
        cell.get("id"),
        metadata.get("id"),
    ):
        if isinstance(name, str):
            yield name


def _definitions(cell: NotebookNode) -> Iterator[str]:
    if cell.cell_type == "code":
        for node in _parsed(cell.source).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                yield node.name


def _first_line(cell: NotebookNode) -> Iterator[str]:
    line = cell.source.strip().split("\n")[0].strip()
    if line:
        yield line


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.parse("")


def _is_open(cell: NotebookNode) -> bool:
    """Whether a student may change the cell."""
    nbgrader = cell.metadata.get("nbgrader")
    return nbgrader is None or bool(nbgrader.get("solution"))


def _added(cell: NotebookNode) -> list[NotebookNode]:
    """A cell of the student's own, without what could pass for one of ours."""
    if cell.cell_type == "code":
        added = nbformat.v4.new_code_cell(cell.source)
        added.outputs = _harmless(cell)
        return [added]
    if cell.cell_type == "markdown":
        return [nbformat.v4.new_markdown_cell(_harmless_text(cell.source))]
    return []


def _harmless_text(markdown: str) -> str:
    """Markdown whose raw HTML and links are shown as text: nothing in an answer can be run."""
    markdown = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", markdown)
    markdown = markdown.replace("](", r"]\(")
    return re.sub(r"(?m)^(\s{0,3})\[([^\]]+)\]:", r"\1\\[\2]:", markdown)


def _harmless(cell: NotebookNode) -> list[NotebookNode]:
    """Outputs as text and pictures: no HTML, no JavaScript."""
    kept = []
    for output in cell.get("outputs", []):
        if output.get("output_type") == "stream":
            kept.append(
                nbformat.v4.new_output("stream", name="stdout", text=str(output.text)[:20_000])
            )
        data = {kind: output.get("data", {}).get(kind) for kind in SHOWN}
        data = {kind: value for kind, value in data.items() if isinstance(value, str)}
        if data:
            kept.append(nbformat.v4.new_output("display_data", data=data))
    return kept

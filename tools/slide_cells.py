"""From the cells of a chapter to those of its slides.

A chapter's Markdown cell often reads one output and leads on to the next question. On slides a
heading begins a new one, and so does what follows a prediction, or it would give the answer away.
What belongs to reading or to homework is left out. Where each cell begins stands in its metadata
(`slideshow`); what this file adds follows from the text alone.
"""

import ast
import re

import nbformat

from notebook_files import ROOT  # makes the files of the extension importable, too

# isort: split
from bound_numbers import BOUND, with_values
from boxes import to_boxes

from siamese_lib.pages import interactive

__all__ = ["ROOT", "for_slides"]

LEFT_OUT = ("Check yourself", "Exercises", "If it goes wrong", "References")
HEADING = re.compile(r"^(#{1,3}) (.+)$", re.M)
PREDICTION = re.compile(r"^> \*\*Predict first\.\*\*.*(?:\n>.*)*", re.M)
LONGEST_CODE = 20  # lines; longer code is for reading, not for a slide
# Where the output is the point: figures, folded code, figures to play with, stored tables.
HIDDEN = {"figure", "hide-input", "hide-cell", "remove-input", "remove-cell"}
SHOWS = ("load_result(", *(f"{name}(" for name in interactive.__all__ if name[0].islower()))


def for_slides(notebook: nbformat.NotebookNode, values: dict) -> nbformat.NotebookNode:
    """A copy with cells that each stand on one slide, and the numbers of the run in the text.

    Args:
        notebook: an executed chapter.
        values: what it glued, by name.
    """
    slides = nbformat.from_dict(notebook)
    slides.cells = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            slides.cells += _pieces(cell, values)
        else:
            slides.cells.append(_code(cell))
    return slides


def _pieces(cell: nbformat.NotebookNode, values: dict) -> list[nbformat.NotebookNode]:
    text = cell.source
    if {found["key"] for found in BOUND.finditer(text)} <= set(values):
        text = with_values(text, values)
    place = cell.metadata["slideshow"]["slide_type"]
    pieces = []
    for number, (kind, part) in enumerate(cut(text)):
        piece = nbformat.from_dict(cell)
        if number and "id" in piece:
            piece.id = f"{cell.id}-{number}"
        piece.source = to_boxes(part)
        if place != "skip":
            piece.metadata["slideshow"] = {"slide_type": kind or place}
        pieces.append(piece)
    return pieces


def cut(text: str) -> list[tuple[str, str]]:
    """The parts of a Markdown text, each with the slide that it begins.

    "" stands for the place that the cell itself has; "skip" is left out.
    """
    marks = {0: ""}
    for found in HEADING.finditer(text):
        if found[2].strip() in LEFT_OUT:
            marks[found.start()] = "skip"
        elif len(found[1]) > 1:
            marks[found.start()] = "slide" if len(found[1]) == 2 else "subslide"
    for found in PREDICTION.finditer(text):
        marks.setdefault(found.end(), "subslide")
    starts = sorted(marks)
    parts: list[tuple[str, str]] = []
    leaving_out = False
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        kind, part = marks[start], text[start:end].strip()
        if kind in ("skip", "slide"):  # a heading of the second level ends what is left out
            leaving_out = kind == "skip"
        if part:
            # A heading that begins the cell stands where the cell is put.
            parts.append(("skip" if leaving_out else kind if parts else "", part))
    return parts


def _code(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    shown = nbformat.from_dict(cell)
    shown.outputs = [output for output in cell.outputs if not _is_glue(output)]
    words = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
    if words:
        shown.metadata["alt"] = words
    shown.source = without_checks(cell.source)
    hidden = bool(HIDDEN & set(cell.metadata.get("tags", [])))
    hidden = hidden or any(name in cell.source for name in SHOWS)
    if hidden or shown.source.count("\n") >= LONGEST_CODE or not shown.source:
        shown.metadata["transient"] = {"remove_source": True}
        if not shown.outputs:  # nothing of it is left to be seen
            shown.metadata["slideshow"] = {"slide_type": "skip"}
    return shown


def without_checks(source: str) -> str:
    """The code without the lines that hold the text to the run: assertions and glue."""
    lines = source.split("\n")
    for statement in reversed(_checks(ast.parse(source).body)):
        del lines[statement.lineno - 1 : statement.end_lineno]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _checks(body: list[ast.stmt]) -> list[ast.stmt]:
    """In their order; a loop with nothing else in it is one as a whole."""
    found = []
    for statement in body:
        inner = getattr(statement, "body", [])
        inside = _checks(inner)
        more = getattr(statement, "orelse", []) or getattr(statement, "handlers", [])
        if _is_check(statement) or (inner and len(inside) == len(inner) and not more):
            found.append(statement)
        elif len(inside) < len(inner):  # a block that would be left empty keeps what it has
            found += inside
    return found


def _is_check(statement: ast.stmt) -> bool:
    glues = isinstance(statement, ast.Expr) and ast.unparse(statement).startswith("chapter.glue(")
    return glues or isinstance(statement, ast.Assert)


def _is_glue(output: nbformat.NotebookNode) -> bool:
    return "scrapbook" in output.get("metadata", {})

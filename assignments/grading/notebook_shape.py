"""A notebook of which nothing is left but what grading needs, in the types that it needs.

What a student hands in is JSON that anybody may have written. Here it is checked once, so that no
other module meets a list where it expects a text.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
from typing import Any

import nbformat
from nbformat import NotebookNode

from grading.content import UnreadableError

MOST_CELLS = 1000
# Lists and dicts in the file, and things in them: they take far more memory than their characters.
MOST_BRACKETS = 500_000
MOST_COMMAS = 2_000_000
MOST_QUOTES = 2_000_000
# What colours text in a terminal.
ESCAPES = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
# Of a cell, what a page can show: the rest of the outputs is dropped at once.
MOST_OUTPUTS = 20
LONGEST_OUTPUT = 20_000
LARGEST_PICTURE = 2 << 20
MOST_PIXELS = 20_000_000  # a browser makes room for all of them, however small the file is
PNG = re.compile(r"iVBORw0KGgo[A-Za-z0-9+/\r\n]*={0,2}")
LONGEST_SOURCES = 5_000_000  # of all cells together
KINDS = ("text/plain", "image/png")
MOST_SHOWN = 200_000  # characters of all outputs of a notebook
MOST_SHOWN_OUTPUTS = 200
MOST_PICTURES = 4 << 20  # characters of all pictures of a notebook
TYPES = {"code": "code", "markdown": "markdown", "heading": "markdown"}


def notebook_from(content: bytes) -> NotebookNode:
    """Return the notebook that these bytes hold.

    Each cell has the fields ``cell_type``, ``source`` and ``metadata``, and where they are usable
    an ``id``, and the outputs that can be shown.

    Raises:
        UnreadableError: If it is no notebook, has too many cells, or a cell without a text.
    """
    data = _json(content)
    if not isinstance(data, dict):
        raise UnreadableError("it is not a notebook")
    version = data.get("nbformat")
    if version not in (3, 4):
        raise UnreadableError("it is not a notebook of format 4")
    cells = data.get("cells") if version == 4 else _cells_of_format_3(data)
    if not isinstance(cells, list):
        raise UnreadableError("it is a notebook without a list of cells")
    if len(cells) > MOST_CELLS:
        raise UnreadableError(f"it is a notebook of {len(cells)} cells; {MOST_CELLS} can be graded")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [_cell(cell, number) for number, cell in enumerate(cells, start=1)]
    _drop_long_outputs(notebook)
    n = sum(len(cell.source) for cell in notebook.cells)
    if n > LONGEST_SOURCES:
        raise UnreadableError(f"its cells hold {n:,} characters; {LONGEST_SOURCES:,} can be graded")
    return notebook


def _cells_of_format_3(data: dict) -> list[dict]:
    """The cells of all worksheets, without outputs: nbformat takes minutes to convert some."""
    try:
        cells = [cell for sheet in data["worksheets"] for cell in sheet["cells"]]
        return [
            {
                "cell_type": cell["cell_type"],
                "source": cell["input" if cell["cell_type"] == "code" else "source"],
                "metadata": cell.get("metadata"),
            }
            for cell in cells
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise UnreadableError("it is a notebook of an old format, and damaged") from error


def _is_complicated(content: bytes) -> bool:
    """Whether JSON has so many parts that they would take far more memory than its text.

    It is counted without a regular expression: those keep a note of each character that is
    escaped, which takes gigabytes for a text that means to.
    """
    bare = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    if bare.count(b'"') > MOST_QUOTES:
        return True
    outside = b" ".join(bare.split(b'"')[::2])
    brackets = outside.count(b"[") + outside.count(b"{")
    return brackets > MOST_BRACKETS or outside.count(b",") > MOST_COMMAS


def _drop_long_outputs(notebook: NotebookNode) -> None:
    left, n_left, pictures_left = MOST_SHOWN, MOST_SHOWN_OUTPUTS, MOST_PICTURES
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            n_left -= 1
            data = output.get("data", {})
            left -= len(output.get("text", "")) + len(data.get("text/plain", ""))
            pictures_left -= len(data.get("image/png", ""))
        if min(left, n_left, pictures_left) < 0 and "outputs" in cell:
            cell.outputs = []


def _json(content: bytes) -> Any:
    # With a byte order mark, and in UTF-16 as well: some editors write that.
    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError as error:
        raise UnreadableError("it is not a notebook: it is not text in UTF-8") from error
    if _is_complicated(text.encode("utf8", "replace")):
        raise UnreadableError("it is too complicated: clear its outputs and hand it in again")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UnreadableError("it is not a notebook: its JSON is nested too deep") from error
    except ValueError as error:
        raise UnreadableError("it is not a notebook: it is not JSON") from error


def _cell(cell: Any, number: int) -> NotebookNode:
    if not isinstance(cell, dict):
        raise UnreadableError(f"it is not a notebook that can be read: cell {number} is no cell")
    source = _text(cell.get("source"))
    if source is None:
        raise UnreadableError(f"it is not a notebook that can be read: cell {number} has no text")
    kind = cell.get("cell_type")
    shaped = NotebookNode(
        cell_type=TYPES.get(kind, "raw") if isinstance(kind, str) else "raw",
        source=source,
        metadata=_metadata(cell.get("metadata")),
    )
    if isinstance(cell.get("id"), str):
        shaped.id = _unbroken(cell["id"])[:64]
    if shaped.cell_type == "code":
        shaped.execution_count = None
        shaped.outputs = _outputs(cell.get("outputs"))
    return shaped


def _text(value: Any) -> str | None:
    """A text, or a list of its lines, as one text; None if it is neither."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    return _unbroken(value) if isinstance(value, str) else None


def _unbroken(text: str) -> str:
    """JSON can hold half a character, which no file can."""
    return text if text.isascii() else text.encode("utf8", "replace").decode("utf8")


def _metadata(value: Any) -> NotebookNode:
    """The names that nbgrader and Colab keep there; all else is decoration."""
    kept = NotebookNode()
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            kept.id = _unbroken(value["id"])[:64]
        nbgrader = value.get("nbgrader")
        if isinstance(nbgrader, dict) and isinstance(nbgrader.get("grade_id"), str):
            kept.nbgrader = NotebookNode(grade_id=_unbroken(nbgrader["grade_id"])[:64])
    return kept


def _outputs(value: Any) -> list[NotebookNode]:
    kept = [_output(output) for output in value[:MOST_OUTPUTS]] if isinstance(value, list) else []
    return [output for output in kept if output is not None]


def _output(value: Any) -> NotebookNode | None:
    if not isinstance(value, dict):
        return None
    if value.get("output_type") == "stream":
        text = _text(value.get("text"))
        if text is None:
            return None
        return NotebookNode(output_type="stream", name="stdout", text=_plain(text))
    data = value.get("data")
    if value.get("output_type") not in ("display_data", "execute_result"):
        return None
    shown = {kind: _text(data.get(kind)) for kind in KINDS} if isinstance(data, dict) else {}
    picture, text = shown.get("image/png"), shown.get("text/plain")
    fields = {
        "image/png": picture if picture and _is_picture(picture) else None,
        "text/plain": _plain(text) if text else None,
    }
    fields = {kind: field for kind, field in fields.items() if field}
    if not fields:
        return None
    return NotebookNode(output_type="display_data", metadata=NotebookNode(), data=fields)


def _plain(text: str) -> str:
    """What a cell printed, without colours: to show them takes long."""
    return ESCAPES.sub("", text[:LONGEST_OUTPUT])


def _is_picture(text: str) -> bool:
    """Whether a text is a PNG in base64, and nothing that could end the attribute it stands in."""
    if len(text) > LARGEST_PICTURE or PNG.fullmatch(text.strip()) is None:
        return False
    try:
        start = base64.b64decode(re.sub(r"\s", "", text[:80])[:32])
        width, height = struct.unpack(">II", start[16:24])
    except (binascii.Error, struct.error):
        return False
    return width * height <= MOST_PIXELS

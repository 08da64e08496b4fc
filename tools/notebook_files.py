"""Reading and writing the chapters, so that a change of one line changes one line of the file."""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The tools and the Sphinx extension must agree on what a bound number and a citation look like.
sys.path.insert(0, str(ROOT / "book" / "_ext"))


def chapters(root: Path = ROOT) -> list[Path]:
    return sorted((root / "notebooks").glob("*.ipynb"))


def read(path: Path) -> dict:
    return json.loads(path.read_text("utf8"))


def markdown(notebook: dict) -> list[str]:
    """The source of each Markdown cell."""
    return [
        "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"
    ]


def change_markdown(path: Path, change) -> bool:
    """Write ``change(text)`` for the text of each Markdown cell; says whether anything changed."""
    notebook = read(path)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = change("".join(cell["source"])).splitlines(keepends=True)
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    changed = text != path.read_text("utf8")
    if changed:
        path.write_text(text, "utf8", newline="\n")
    return changed

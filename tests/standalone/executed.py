"""What is missing in the outputs of a notebook that has been run."""

import base64
import io
import re

import numpy as np
from PIL import Image

from chapters import makes_an_interactive_figure

PICTURE = re.compile(r"!\[[^\]]*\]\(\s*<?([^)\s>]+)|<img\b[^>]*?\bsrc\s*=\s*[\"']?([^\"'\s>]+)")
SHORTEST_FIGURE = 500  # characters of HTML; the smallest figure to play with has thousands


def problems(notebook) -> list[str]:
    """``cell: what is missing``, for all cells."""
    return [f"{cell.id}: {what}" for cell in notebook.cells for what in problems_of(cell)]


def problems_of(cell) -> list[str]:
    if cell.cell_type == "markdown":
        return [
            f"picture {address} is not there when the notebook is alone"
            for address in map("".join, PICTURE.findall(without_code(cell.source)))
            if not address.startswith(("https://", "data:"))
        ]
    if cell.cell_type != "code" or not cell.source.strip():
        return []
    wrong = [f"error {out.ename}" for out in cell.outputs if out.output_type == "error"]
    if cell.execution_count is None:
        wrong.append("was not run")
    shown = [output.data for output in cell.outputs if "data" in output]
    if "figure" in cell.metadata.get("tags", []):
        pictures = [data["image/png"] for data in shown if "image/png" in data]
        wrong += ["no picture"] * (not pictures)
        wrong += ["blank picture" for picture in pictures if is_blank(picture)]
    if makes_an_interactive_figure(cell.source):
        html = "".join(data.get("text/html", "") for data in shown)
        wrong += ["no interactive figure"] * (len(html) < SHORTEST_FIGURE)
    return wrong


def without_code(markdown: str) -> str:
    return re.sub(r"```.*?```|`[^`]*`", " ", markdown, flags=re.S)


def is_blank(png: str) -> bool:
    """Whether all but a thousandth of the pixels have the same colour."""
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB"))
    _, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    return counts.max() > 0.999 * counts.sum()

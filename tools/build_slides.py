"""Slides of some chapters, from the notebooks that the last build of the book has executed.

python tools/build_slides.py     after `make book`, which does this itself

Which cell is on which slide stands in the notebooks (`slideshow` in a cell's metadata). Everything
that a deck needs lies beside it, so that it opens from a file and asks nothing of another host.
"""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from nbconvert import SlidesExporter

from notebook_files import ROOT, chapters

# isort: split
from bound_numbers import BOUND, with_values  # found by way of notebook_files

from text_numbers import CACHE, glued

SLIDES = ROOT / "_build" / "html" / "slides"
TEMPLATE = ROOT / "tools" / "slides_template"
CHAPTERS = (1, 3, 4, 8)
LONGEST_CODE = 20  # lines; longer code is for reading, not for a slide
REVEAL = (
    "dist/reveal.js",
    "dist/reveal.css",
    "dist/theme/white.css",
    "plugin/notes/notes.js",
    "LICENSE",
)
HIDDEN = {"figure", "hide-input", "hide-cell", "remove-input"}


def main() -> int:
    SLIDES.mkdir(parents=True, exist_ok=True)
    carry_along(SLIDES)
    for path in chapters():
        if int(path.stem[:2]) in CHAPTERS:
            cache = get_cache(CACHE)
            _, executed = cache.merge_match_into_notebook(nbformat.read(path, 4))
            (SLIDES / f"{path.stem}.html").write_text(as_slides(executed, path.stem), "utf8")
    print(f"Slides of {len(CHAPTERS)} chapters are in {SLIDES}")
    return 0


def carry_along(folder: Path) -> None:
    """reveal.js and MathJax from installed packages, and the course's own style."""
    reveal = package("sphinx_revealjs") / "_static" / "revealjs"
    for part in REVEAL:
        copy(reveal / part, folder / "reveal" / part)
    shutil.copytree(
        reveal / "dist" / "theme" / "fonts", folder / "reveal/dist/theme/fonts", dirs_exist_ok=True
    )
    mathjax = package("sphinx-mathjax-offline") / "static" / "mathjax"
    copy(mathjax / "tex-svg.js", folder / "mathjax" / "tex-svg.js")
    for name in ("slides.css", "slides.js"):
        copy(TEMPLATE / name, folder / name)


def package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None and spec.origin is not None, f"{name} is not installed"
    return Path(spec.origin).parent


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def as_slides(executed: nbformat.NotebookNode, title: str) -> str:
    """The deck of an executed chapter, as one HTML page."""
    notebook = for_slides(executed)
    notebook.metadata["title"] = title.replace("_", " ")
    exporter = SlidesExporter(
        template_name=TEMPLATE.name,
        extra_template_basedirs=[str(TEMPLATE.parent)],
        reveal_url_prefix="reveal",
        reveal_theme="white",
        exclude_anchor_links=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    page, _ = exporter.from_notebook_node(notebook)
    return page


def for_slides(executed: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy with the numbers of this run in the text, and only as much code as fits on a slide."""
    notebook = nbformat.from_dict(executed)
    values = glued(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            known = {n["key"] for n in BOUND.finditer(cell.source)} <= set(values)
            cell.source = with_values(cell.source, values) if known else cell.source
            continue
        cell.outputs = [output for output in cell.outputs if not is_glue(output)]
        words = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
        if words:
            cell.metadata["alt"] = words
        hidden = HIDDEN & set(cell.metadata.get("tags", []))
        if hidden or cell.source.count("\n") >= LONGEST_CODE:
            cell.metadata["transient"] = {"remove_source": True}
            if not cell.outputs:  # nothing of it is left to be seen
                cell.metadata["slideshow"] = {"slide_type": "skip"}
    return notebook


def is_glue(output: nbformat.NotebookNode) -> bool:
    return "scrapbook" in output.get("metadata", {})


if __name__ == "__main__":
    sys.exit(main())

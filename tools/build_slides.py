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
from slide_cells import for_slides
from text_numbers import CACHE, glued

SLIDES = ROOT / "_build" / "html" / "slides"
TEMPLATE = ROOT / "tools" / "slides_template"
CHAPTERS = (1, 3, 4, 8)
REVEAL = (
    "dist/reveal.js",
    "dist/reveal.css",
    "dist/theme/white.css",
    "plugin/notes/notes.js",
    "LICENSE",
)


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
    notebook = for_slides(executed, glued(executed))
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


if __name__ == "__main__":
    sys.exit(main())

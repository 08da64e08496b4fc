"""Pages on which something runs in the reader's browser: the directive ``live``.

    :::{live} door
    What is to be seen and read where no script runs.
    :::

puts its words and pictures onto the page, and behind them the scripts of ``book/_static/live`` that
``SCRIPTS`` lists for this name. The last of them takes the place of the words. Data that the
scripts need (weights, digits) is written into the built book from where it already lives.
"""

import json
import shutil
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from sklearn.datasets import load_digits

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "siamese_lib" / "pages" / "interactive"

# In the order in which they run. "elements" is shared with the chapters' figures.
SHARED = ("define", "elements")
SCRIPTS = {
    "door": (*SHARED,),
    "playground": (
        *SHARED,
        *(
            f"playground/{script}"
            for script in (
                *("digits_data", "random", "digits", "tables", "losses", "network", "exam"),
                *(
                    "training",
                    "settings",
                    "presets",
                    "words",
                    "marks",
                    "plot",
                    "history",
                    "inspect",
                ),
                *("controls", "readings", "layout", "page"),
            )
        ),
    ),
}
STYLES = ("figure.css", "live.css", "playground/playground.css")


class LivePage(Directive):
    """The place of a live page; without a script its content stays."""

    required_arguments = 1
    has_content = True

    def run(self):
        name = self.arguments[0]
        if name not in SCRIPTS:
            raise self.error(f"there is no live page {name!r}; known are {', '.join(SCRIPTS)}")
        place = nodes.container(classes=["sn-figure", "sn-live"], ids=[f"live-{name}"])
        self.state.nested_parse(self.content, self.content_offset, place)
        return [place, LiveScripts(name=name)]


class LiveScripts(nodes.General, nodes.Element):
    """The scripts of a live page; only the book's own pages have them, not its PDF."""


def write_scripts(translator, node):
    if translator.builder.name == "html":
        static = "../" * translator.docnames[-1].count("/") + "_static/live"
        parts = [f'<link rel="stylesheet" href="{static}/{style}">' for style in STYLES]
        for script in SCRIPTS[node["name"]]:
            parts.append(f'<script defer src="{static}/{script}.js"></script>')
        translator.body.append("\n".join(parts) + "\n")
    raise nodes.SkipNode


def skip(translator, node):
    raise nodes.SkipNode


def write_data(folder):
    """Into the folder of the scripts: what they share with the library."""
    shutil.copy(FIGURES / "elements.js", folder)
    shutil.copy(FIGURES / "figure.css", folder)
    write_digits(folder / "playground" / "digits_data.js")


def write_digits(path):
    """scikit-learn's digits: a letter for each pixel, A (0) to Q (16); a figure for each label."""
    digits = load_digits()
    pixels = "".join(chr(ord("A") + int(value)) for value in digits.data.ravel())
    labels = "".join(map(str, digits.target))
    data = json.dumps({"pixels": pixels, "labels": labels})
    add = f"(live) => {{\n  (live.playground ??= {{}}).DIGITS_DATA = {data};\n}}"
    path.write_text(f"live.define('playground/digits_data', {add});\n", "utf8")


def after_build(app, exception):
    if not exception and app.builder.name == "html":
        write_data(Path(app.outdir) / "_static" / "live")


def setup_live_pages(app):
    app.add_directive("live", LivePage)
    others = dict.fromkeys(("latex", "text", "man", "texinfo"), (skip, None))
    app.add_node(LiveScripts, html=(write_scripts, None), **others)
    app.connect("build-finished", after_build)

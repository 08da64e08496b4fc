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

ROOT = Path(__file__).resolve().parents[2]
LIVE = ROOT / "book" / "_static" / "live"
FIGURES = ROOT / "siamese_lib" / "pages" / "interactive"

# In the order in which they run, each in the folder of its page.
IN_ORDER = {
    "door": (
        *("network_data", "people_data"),
        *("rendering", "network", "gallery", "pad", "pictures", "people_list", "eye", "page"),
    ),
    "playground": (
        *("digits_data", "random", "digits", "tables", "losses", "network", "exam", "training"),
        *("settings", "presets", "words", "marks", "plot", "history", "inspect", "controls"),
        *("readings", "layout", "page"),
    ),
}
# "elements" is shared with the chapters' figures.
SCRIPTS = {
    name: ("define", "elements", "button", *(f"{name}/{script}" for script in scripts))
    for name, scripts in IN_ORDER.items()
}
STYLES = {name: ("figure.css", "live.css", f"{name}/{name}.css") for name in SCRIPTS}
ALONE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>live</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
{styles}
<main><div class="sn-figure sn-live" id="live-{name}"><p class="fallback">Words.</p></div></main>
{scripts}</html>"""


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


def tags(name, folder=""):
    """The styles and the scripts of a page, from the folder where they lie."""
    styles = [f'<link rel="stylesheet" href="{folder}{style}">' for style in STYLES[name]]
    scripts = [f'<script defer src="{folder}{script}.js"></script>' for script in SCRIPTS[name]]
    return "\n".join(styles), "\n".join(scripts)


def write_tags(translator, node):
    if translator.builder.name == "html":
        static = "../" * translator.docnames[-1].count("/") + "_static/live/"
        translator.body.append("\n".join(tags(node["name"], static)) + "\n")
    raise nodes.SkipNode


def skip(translator, node):
    raise nodes.SkipNode


def write_data(folder):
    """Into the folder of the scripts: what they share with the library."""
    # Not above: the library is found once setup() has said where it is.
    from live_network import network_script
    from live_people import people_script

    from siamese_lib.recipes import pretrained

    for shared in ("elements.js", "figure.css"):
        shutil.copy(FIGURES / shared, folder)
    (folder / "door" / "network_data.js").write_text(
        network_script(pretrained(), "omniglot"), "utf8"
    )
    (folder / "door" / "people_data.js").write_text(people_script(), "utf8")
    (folder / "playground" / "digits_data.js").write_text(digits_script(), "utf8")


def digits_script():
    """scikit-learn's digits: a letter for each pixel, A (0) to Q (16); a figure for each label."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = "".join(chr(ord("A") + int(value)) for value in digits.data.ravel())
    labels = "".join(map(str, digits.target))
    data = json.dumps({"pixels": pixels, "labels": labels})
    add = f"(live) => {{\n  (live.playground ??= {{}}).DIGITS_DATA = {data};\n}}"
    return f"live.define('playground/digits_data', {add});\n"


def write_alone(folder):
    """The live pages without the book around them, for tests and programs: ``door.html``, ..."""
    shutil.copytree(LIVE, folder)
    write_data(folder)
    for name in SCRIPTS:
        styles, scripts = tags(name)
        page = ALONE.format(name=name, styles=styles, scripts=scripts)
        (folder / f"{name}.html").write_text(page, "utf8")


def after_build(app, exception):
    if not exception and app.builder.name == "html":
        write_data(Path(app.outdir) / "_static" / "live")


def setup_live_pages(app):
    app.add_directive("live", LivePage)
    others = dict.fromkeys(("latex", "text", "man", "texinfo"), (skip, None))
    app.add_node(LiveScripts, html=(write_tags, None), **others)
    app.connect("build-finished", after_build)

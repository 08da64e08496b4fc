"""Show what students wrote: Markdown that can do nothing in a browser.

nbgrader renders an answer twice: on the page for the student, and in formgrader, which shares its
address with a Jupyter server that can open a terminal. So the HTML of both goes through an
allow-list (nh3), which knows no link, no picture and no script. Formulas become MathML, which a
browser shows without any script.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import nh3
from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from traitlets.config import Config

# Longer texts are shown as they were typed: to render them takes time that grows faster than they.
LONGEST = 10_000
MOST_TABLE_CELLS = 20_000
MOST_QUOTED = 20_000
TEMPLATES = Path(__file__).with_name("templates")
TEXT_TAGS = {"p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote"}
TEXT_TAGS |= {"em", "strong", "s", "code", "pre", "table", "thead", "tbody", "tr", "th", "td"}
MATH_TAGS = {"math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "msup", "msub", "msubsup"}
MATH_TAGS |= {"mfrac", "msqrt", "mroot", "mover", "munder", "munderover", "mtable", "mtr", "mtd"}
MATH_TAGS |= {"mstyle", "mpadded", "mphantom"}
ATTRIBUTES = {
    "math": {"display", "xmlns"},
    "mo": {"stretchy", "fence", "separator", "form", "minsize", "maxsize", "movablelimits"},
    "mi": {"mathvariant"},
    "mtable": {"columnalign"},
    "mspace": {"width"},
    "ol": {"start"},
}
# Pages for students hold no script: none is needed, and none that got in would run.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.S | re.I)


def harmless_html(markdown: str) -> str:
    """Return Markdown as HTML of the allow-list.

    Args:
        markdown: Of a student or of a teacher. HTML in it is shown as text.
    """
    if len(markdown) > LONGEST or _has_many_quotes(markdown):
        return f"<pre>{html.escape(markdown)}</pre>"
    try:
        made = _markdown(with_tables=_has_small_tables(markdown)).render(markdown)
    except (RecursionError, ValueError):  # nested too deep
        return f"<pre>{html.escape(markdown)}</pre>"
    return nh3.clean(
        made, tags=TEXT_TAGS | MATH_TAGS, attributes=ATTRIBUTES, link_rel=None, url_schemes=set()
    )


def plain_code(source: str, language: str | None = None, metadata: object = None) -> str:
    """Return code as HTML without colours: a lexer takes minutes for code that means to."""
    return f'<div class="highlight"><pre>{html.escape(source)}</pre></div>'


def unchanged(text: str) -> str:
    """Return the text: in place of a filter whose regular expressions take minutes."""
    return text


# In place of nbconvert's own.
FILTERS = {
    "markdown2html": "grading.pages.harmless_html",
    "highlight_code": "grading.pages.plain_code",
    "strip_files_prefix": "grading.pages.unchanged",
}


def _has_small_tables(markdown: str) -> bool:
    """Whether tables stay small: a row is filled up to the width of its table, however short."""
    lines = markdown.count("\n") + markdown.count("\r")
    return markdown.count("|") * lines <= MOST_TABLE_CELLS


def _has_many_quotes(markdown: str) -> bool:
    """Whether quotes inside each other could take time that grows with their square."""
    lines = markdown.count("\n") + markdown.count("\r")
    return markdown.count(">") * lines > MOST_QUOTED


def _markdown(with_tables: bool) -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": 40})
    # Not shown in any case, and to look for them takes long in a text that means to.
    markdown.disable(["reference", "link", "image", "autolink"])
    if with_tables:
        markdown.enable("table")
    return markdown.use(
        dollarmath_plugin,
        renderer=_formula,
        allow_labels=False,
        allow_digits=False,
        double_inline=True,
    )


def _formula(tex: str, options: dict[str, Any]) -> str:
    display = bool(options.get("display_mode"))
    try:
        return convert(tex, display="block" if display else "inline")
    except Exception:  # as it was typed; a formula is never a reason to stop
        return f"<code>{html.escape(tex)}</code>"


def configure(config: Config) -> None:
    """Let nbgrader's exporters, for feedback and for formgrader, show only harmless HTML."""
    config.HTMLExporter.filters = FILTERS


def without_scripts(page: str) -> str:
    """Return a page for a student without scripts, and with a policy that allows none."""
    page = SCRIPT.sub("", page)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return re.sub(r"(<head\b[^>]*>)", rf"\1{policy}", page, count=1)

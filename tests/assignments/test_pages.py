"""What students wrote is shown, and can do nothing in a browser (S2, S6)."""

import html5lib
import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

from grading.course import safe_id
from grading.pages import LONGEST, configure, harmless_html, without_scripts

ATTACKS = {
    "a definition in a quote": "> [a]: javascript:alert(1)\n\n> [x][a]",
    "a definition in a list": "- [a]: javascript:alert(1)\n\n[x][a] ![y][a]",
    "a picture in a quote": "> ![p][t]\n>\n> [t]: https://example.org/p.png",
    "an address in brackets": "<javascript:alert(1)> <https://example.org>",
    "a bare address": "https://example.org/x www.example.org",
    "entities": "[x](java&#115;cript:alert(1)) [y](jav&Tab;ascript:alert(1))",
    "raw HTML": "<img src=x onerror=alert(1)> <svg/onload=alert(1)>\n\n<script>alert(1)</script>",
    "HTML in a formula": r"$\text{<img src=x onerror=alert(1)>}$ $</math><script>a()</script>$",
    "a link in a formula": r"$\href{javascript:alert(1)}{x}$",
    "classes in a formula": r"$\class{nbgrader}{x} \style{color:red}{y} \cssId{z}{w}$",
    "code that is told to be HTML": "```html\n<script>alert(1)</script>\n```",
    "a fence with attributes": '```"><script>alert(1)</script>\nx\n```',
    "a title that breaks out": '[x](/y "\\"><script>alert(1)</script>")',
    "null bytes": "<scr\0ipt>alert(1)</scr\0ipt> [x](java\0script:alert(1))",
    "HTML in MathML": r"$\mathrm{</mi><style><img src=x onerror=alert(1)></style>}$",
}
ALLOWED = {
    "{http://www.w3.org/2000/xmlns/}xmlns",
    "display",
    "stretchy",
    "fence",
    "separator",
    "form",
    "start",
}
ALLOWED |= {"mathvariant", "columnalign", "width", "minsize", "maxsize", "movablelimits"}


@pytest.mark.parametrize("markdown", ATTACKS.values(), ids=ATTACKS)
def test_an_answer_has_no_link_picture_or_script(markdown):
    tree = html5lib.parse(harmless_html(markdown), namespaceHTMLElements=False)
    for element in tree.iter():
        assert element.tag not in ("a", "img", "script", "style", "svg", "iframe", "object", "form")
        assert {str(name) for name in element.attrib} <= ALLOWED, element.attrib


def test_text_tables_code_and_formulas_are_shown():
    shown = harmless_html(
        "**Two** things: `x < 1` costs $5 or\n\n1. $\\sqrt{d}$\n2. $$\\frac{a}{b}$$\n\n"
        "| a | b |\n| --- | --- |\n| 1 | <b> |\n"
    )
    for part in ("<strong>Two</strong>", "<code>x &lt; 1</code>", "costs $5 or", "<msqrt>"):
        assert part in shown
    assert 'display="block"' in shown and "<table>" in shown and "&lt;b&gt;" in shown


def test_a_formula_that_cannot_be_read_is_shown_as_it_was_typed():
    assert r"<code>\left( x</code>" in harmless_html(r"see $\left( x$ there")


@pytest.mark.parametrize("part", ['"[\n', "[", "*a ", "`", ">", "![", "$a", "[a](", "|a", "{"])
def test_a_long_text_is_shown_as_it_was_typed(part):
    """What takes long to render is not rendered: a pattern cost minutes at 120 kB."""
    text = part * (LONGEST // len(part) + 1)
    shown = harmless_html(text)
    assert shown.startswith("<pre>") and len(shown) < 8 * len(text)


def test_a_table_is_not_filled_up_to_millions_of_cells():
    """A wide head and a thousand short rows made gigabytes of 10,000 characters."""
    wide = "|" + "a|" * 1500 + "\n|" + "-|" * 1500 + "\n" + "a\n" * 1500
    assert len(wide) < LONGEST and len(harmless_html(wide)) < 20 * len(wide)
    assert len(harmless_html(wide.replace("\n", "\r"))) < 20 * len(wide)
    assert "<td>" in harmless_html("| a | b |\n| - | - |\n| 1 | 2 |\n")


def test_deep_quotes_and_brackets_end():
    for text in (">" * LONGEST, "- " * (LONGEST // 2), "$" + "{" * 4000 + "}" * 4000 + "$"):
        assert harmless_html(text)


@pytest.mark.parametrize("line", [">>>-\na\n", ">>-\na\n", ">>>1.\na\n", "> >> -\r"])
def test_quotes_inside_each_other_are_shown_as_they_were_typed(line):
    shown = harmless_html(line * (LONGEST // len(line) - 1))
    assert shown.startswith("<pre>") and "<blockquote>" not in shown
    assert "<blockquote>" in harmless_html("> I saw this.\n" * 50 + "\nAnd I think.")


def test_a_page_for_students_holds_no_script_and_a_policy_that_allows_none():
    page = without_scripts(
        "<html><head><title>x</title><SCRIPT src='//a'>1</SCRIPT ></head></html>"
    )
    assert "script" not in page.lower().replace("content-security-policy", "")
    assert page.index("Content-Security-Policy") < page.index("<title>")


def test_nobody_can_choose_a_name_that_is_the_id_of_another():  # S12
    assert safe_id(safe_id("Kim Lee")) != safe_id("Kim Lee")


def test_an_id_depends_on_the_name_alone():  # S12
    names = [
        "Kim Lee",
        "Kim_Lee",
        "Kim-Lee",
        "Łukasz",
        "Lukasz",
        "=cmd",
        "cmd",
        "../x",
        "",
        "a\udcff",
    ]
    ids = [safe_id(name) for name in names]
    assert len(set(ids)) == len(names) and safe_id("Kim_Lee") == "Kim_Lee"
    assert all(one.isascii() and one[0] not in ".-" and "/" not in one for one in ids)


SLOW = {
    "files": ("markdown", "[](/files/" * 900),
    "formulas": ("markdown", "$a" * 5000),
    "long files": ("markdown", "[](/files/" * 9000),
    "open braces": ("code", "f'{" * 20_000),
    "blank lines": ("code", "1" + " \n" * 30_000 + "1"),
    "spaces": ("code", "if 1:\n  1\nmatch" + " " * 60_000 + "x"),
    "quotes": ("code", "'" * 60_000),
}


@pytest.mark.parametrize(("kind", "source"), SLOW.values(), ids=SLOW)
@pytest.mark.timeout(60)
def test_no_cell_takes_minutes_to_show(kind, source):
    """nbconvert's own filters took minutes for some of these; here each takes a second."""
    config = Config()
    configure(config)
    make = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}[kind]
    notebook = nbformat.v4.new_notebook(cells=[make(source)])
    page, _ = HTMLExporter(config=config).from_notebook_node(notebook)
    assert len(page) > len(source)

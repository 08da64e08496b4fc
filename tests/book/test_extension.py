"""What the Sphinx extension makes of a chapter's plain Markdown."""

import json

import pytest
from bound_numbers import bound_numbers, to_glue, with_values
from boxes import kind_of, quotes, to_boxes, to_quiz
from chapter_text import for_the_book
from citations import cited, read_references, to_citations, with_list

BIB = r"""
@inproceedings{koch2015,
  author = {Koch, Gregory and Zemel, Richard and Salakhutdinov, Ruslan},
  title = {{S}iamese Networks}, booktitle = {Workshop}, year = {2015},
  url = {https://www.example.org/~koch/one_shot.pdf}
}
@article{saeckinger2008,
  author = {van der S{\"a}ckinger, Eduard and Hinton, Geoffrey},
  title = {Two Authors}, journal = {Journal}, year = {2008},
  doi = {10.1/abc}, eprint = {0801.1}, archiveprefix = {arXiv}
}
"""


@pytest.fixture
def references(tmp_path):
    path = tmp_path / "references.bib"
    path.write_text(BIB, "utf8")
    return read_references(path)


@pytest.mark.parametrize(
    ("plain", "glue"),
    [
        ("right in 97.0<!-- c8_a:.1f --> %", "right in {glue:text}`c8_a:.1f` %"),
        ("(**97.0**<!-- c8_a:.1f ~10% -->)", "(**{glue:text}`c8_a:.1f`**)"),
        ("with 1,623<!-- c1_n:, -->, or", "with {glue:text}`c1_n:,`, or"),
        ("-0.5<!-- c1_n:.1f ~0.5 -->.", "{glue:text}`c1_n:.1f`."),
        ("on **cpu (2 threads)**<!-- c1_d machine -->.", "on **{glue:text}`c1_d`**."),
        (
            "9.2<!-- c9_g:.1f -->-fold, 3<!-- c9_h -->.",
            "{glue:text}`c9_g:.1f`-fold, {glue:text}`c9_h`.",
        ),
        ("nothing bound: 97.0 <!-- a remark -->", "nothing bound: 97.0 <!-- a remark -->"),
    ],
)
def test_a_bound_number_becomes_that_of_the_run(plain, glue):
    assert to_glue(plain) == glue


def test_parts_of_a_bound_number():
    (number, text) = bound_numbers("**97.0**<!-- c8_a:.1f ~10% --> **a b**<!-- c8_b machine -->")
    assert (number.written, number.key, number.format, number.rule) == (
        "97.0",
        "c8_a",
        ".1f",
        "~10%",
    )
    assert (text.written, text.key, text.format, text.rule) == ("a b", "c8_b", "", "machine")


def test_the_numbers_of_a_run_are_written_out_and_nothing_else_changes():
    text = "In 3.0 s, 0<!-- c1_a:.1f ~5% --> and **?**<!-- c1_b --> and 0<!-- c1_a:.0f -->."
    written = (
        "In 3.0 s, 12.3<!-- c1_a:.1f ~5% --> and **cpu**<!-- c1_b --> and 12<!-- c1_a:.0f -->."
    )
    values = {"c1_a": 12.34, "c1_b": "cpu"}
    assert with_values(text, values) == written
    assert with_values(written, values) == written


def test_a_number_that_the_run_did_not_glue_cannot_be_written():
    with pytest.raises(KeyError, match="c1_a"):
        with_values("0<!-- c1_a -->", {})


@pytest.mark.parametrize(
    ("text", "value", "allowed"),
    [
        ("97.0<!-- c1_a:.1f -->", 97.04, True),  # as written
        ("97.0<!-- c1_a:.1f -->", 98.9, True),  # within two percent
        ("97.0<!-- c1_a:.1f -->", 99.1, False),
        ("97.0<!-- c1_a:.1f -->", 94.9, False),
        ("9<!-- c1_a:.0f -->", 9.6, True),  # rounding alone can be half of the last digit
        ("9<!-- c1_a:.0f -->", 9.8, False),
        ("40<!-- c1_a:.0f ~10% -->", 44.4, True),
        ("40<!-- c1_a:.0f ~10% -->", 44.6, False),
        ("0.2<!-- c1_a:.1f ~0.5 -->", 0.74, True),
        ("0.2<!-- c1_a:.1f ~0.5 -->", 0.76, False),
        ("-0.2<!-- c1_a:.1f ~0.5 -->", -0.74, True),
        ("1,000<!-- c1_a:, -->", 1019, True),
        ("1,000<!-- c1_a:, -->", 1030, False),
        ("50<!-- c1_a ~0 -->", 51, False),
        ("30<!-- c1_a:.0f machine -->", 3000.0, True),  # a time
        ("**cpu**<!-- c1_a machine -->", "cuda", True),
        ("**cpu**<!-- c1_a -->", "cuda", False),
        ("**cpu**<!-- c1_a -->", "cpu", True),
        ("97.0<!-- c1_a:.1f -->", float("nan"), False),
    ],
)
def test_how_far_another_run_may_be_off(text, value, allowed):
    (number,) = bound_numbers(text)
    assert number.allows(value) is allowed


def test_boxes_get_the_look_that_their_first_words_ask_for():
    text = "> **Predict first.** What\n> comes?\n\nWords.\n\n> **Margin** $m$:\n>\n> $$m$$\n"
    expected = (
        '<div class="predict">\n\n**Predict first.** What\ncomes?\n\n</div>\n\nWords.\n\n'
        '<div class="term">\n\n**Margin** $m$:\n\n$$m$$\n\n</div>\n'
    )
    assert to_boxes(text) == expected


def test_a_quote_that_does_not_start_in_bold_stays_a_quote():
    text = "He said:\n\n> Why **classify**?\n\nand 3 > 2."
    assert to_boxes(text) == text and kind_of(quotes(text)[0]) is None
    goals = "> **What you will be able to do**\n>\n> - this;\n> - that."
    assert kind_of(goals) == "goals" and "\n\n- this;\n- that.\n\n" in to_boxes(goals)


def test_a_quiz_gets_its_look():
    assert to_quiz("<details><summary>A</summary>") == (
        '<details class="quiz"><summary>A</summary>'
    )


def test_entries_of_the_bib_file(references):
    koch, saeckinger = references
    assert koch.label == "Koch et al. (2015)"
    assert koch.addresses == ("https://www.example.org/~koch/one_shot.pdf",)
    assert "Gregory Koch, Richard Zemel, and Ruslan Salakhutdinov" in koch.full
    assert "<https://www.example.org/~koch/one_shot.pdf>" in koch.full and "\n" not in koch.full
    assert saeckinger.label == "van der Säckinger and Hinton (2008)"
    assert saeckinger.addresses == ("https://doi.org/10.1/abc", "https://arxiv.org/abs/0801.1")


def test_a_link_to_a_paper_becomes_a_citation(references):
    link = "[Koch et al. (2015)](https://www.example.org/~koch/one_shot.pdf)"
    assert to_citations(f"({link}) show", references) == "({cite:t}`koch2015`) show"
    for other in (
        "[their article](https://www.example.org/~koch/one_shot.pdf)",
        "[Koch et al. (2015)](https://www.example.org/another.pdf)",
        f"!{link}",
    ):
        assert to_citations(other, references) == other


def test_the_list_of_references_is_that_of_what_is_cited(references):
    frame = "{}\n\n<!-- references -->\n\n{}\n\n<!-- end of references -->\n\n**Next:** more."
    link = "[the arXiv version](https://arxiv.org/abs/0801.1)"
    text = frame.format(link, f"- old: {references[0].full}")
    assert cited(text, references) == [references[1]], "the old list does not count"
    written = with_list(text, cited(text, references))
    assert written == frame.format(link, f"- {references[1].full}")
    assert with_list(written, cited(written, references)) == written


def test_only_markdown_cells_of_a_chapter_change(references):
    def cell(kind, text):
        return {"cell_type": kind, "source": text.splitlines(keepends=True), "id": "x"}

    text = (
        "> **Predict first.** 1<!-- c1_a --> [results](https://host/us/blob/main/book/results.md)"
    )
    notebook = {"cells": [cell("markdown", text), cell("code", text)], "nbformat": 4}
    made = json.loads(for_the_book(json.dumps(notebook), references, "https://host/us/blob/main"))
    assert made["cells"][1] == notebook["cells"][1] and made["nbformat"] == 4
    assert made["cells"][0]["source"] == (
        '<div class="predict">\n\n**Predict first.** {glue:text}`c1_a` '
        "[results](../book/results.md)\n\n</div>"
    )

"""Slides: each cell has its place, and a deck opens from a file and fits the stage."""

import itertools

import nbformat
import pytest

from build_slides import CHAPTERS, as_slides, carry_along
from notebook_files import chapters, read
from required import CHROMIUM, need_chromium, need_playwright
from slide_cells import cut, for_slides, without_checks

KINDS = {"slide", "subslide", "fragment", "skip", "notes"}
SHOWN = [path for path in chapters() if int(path.stem[:2]) in CHAPTERS]
GLUE = {
    "output_type": "display_data",
    "data": {"application/papermill.record/text/plain": "0.5"},
    "metadata": {"scrapbook": {"name": "c1_half", "mime_prefix": "application/papermill.record/"}},
}


def place(cell):
    return cell["metadata"].get("slideshow", {}).get("slide_type")


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_every_cell_has_its_place(path):
    cells = read(path)["cells"]
    assert all(place(cell) in KINDS for cell in cells)
    assert place(cells[0]) == "slide"
    for cell in cells:
        homework = {"solution", "hide-cell"} & set(cell["metadata"].get("tags", []))
        if homework or cell["id"] in ("setup", "imports", "quiz", "time-taken"):
            assert place(cell) == "skip", cell["id"]


def deck_of(path):
    """The cells of a deck, as if each cell of the chapter had printed something."""
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="1")]
    return for_slides(notebook, {}).cells


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_a_chapter_is_20_to_40_slides(path):
    begun = [place(cell) for cell in deck_of(path)]
    assert 20 <= begun.count("slide") + begun.count("subslide") <= 40


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_nothing_stands_on_the_slide_of_a_prediction_behind_it(path):
    cells = [cell for cell in deck_of(path) if place(cell) != "skip"]
    asked = [cell for cell in cells if "**Predict first.**" in cell.source]
    assert len(asked) >= 4
    for cell, following in itertools.pairwise(cells):
        if cell in asked:
            assert cell.source.endswith("</div>"), "the answer stands below the question"
            assert place(following) in ("slide", "subslide"), cell["id"]


TEXT = """What the last output says.

### Next

Why?

> **Predict first.** How many?
> Guess.

So many.

## Check yourself

No.

### Not shown

## Summary

- All."""


def test_a_text_is_cut_at_headings_and_behind_a_prediction():
    parts = [(kind, part.split("\n")[0]) for kind, part in cut(TEXT)]
    assert parts == [
        ("", "What the last output says."),
        ("subslide", "### Next"),
        ("subslide", "So many."),
        ("skip", "## Check yourself"),
        ("skip", "### Not shown"),
        ("slide", "## Summary"),
    ]
    assert cut("## A title\n\nText.") == [("", "## A title\n\nText.")]


def test_code_is_shown_without_its_checks():
    code = "x = 1  # one\nfor y in (1, 2):\n    print(y)\n    assert y\n"
    code += 'for y in (1, 2):\n    assert y\nchapter.glue(\n    "c1_x",\n    x,\n)\nassert x == 1\n'
    assert without_checks(code) == "x = 1  # one\nfor y in (1, 2):\n    print(y)"
    kept = "if x:\n    assert x\nelse:\n    print(x)"
    assert without_checks(kept) == kept  # what would leave an empty block stays
    assert without_checks("draw(x);\nassert x") == "draw(x);"


def small_deck():
    new = nbformat.v4
    cells = [
        (new.new_markdown_cell("# A deck\n\nA half is 0.4<!-- c1_half:.1f -->, $x^2$."), "slide"),
        (new.new_code_cell("glue()", outputs=[nbformat.from_dict(GLUE)]), "subslide"),
        (new.new_code_cell("line\n" * 30), "subslide"),
        (new.new_markdown_cell("many words " * 900), "subslide"),
    ]
    for cell, kind in cells:
        cell.metadata["slideshow"] = {"slide_type": kind}
    return new.new_notebook(cells=[cell for cell, _ in cells])


def test_the_text_has_the_numbers_of_the_run():
    text = for_slides(small_deck(), {"c1_half": 0.5}).cells[0].source
    assert "A half is 0.5" in text


def test_a_figure_keeps_its_words():
    deck = small_deck()
    picture = nbformat.v4.new_output("display_data", data={"image/png": "iVBORw0KGgo="})
    deck.cells[1].outputs, deck.cells[1].metadata["tags"] = [picture], ["figure"]
    deck.cells[1].metadata["mystnb"] = {"image": {"alt": "Two hills that overlap."}}
    assert 'alt="Two hills that overlap."' in as_slides(deck, "01_deck")


def test_glue_and_code_without_output_leave_no_empty_slide():
    cells = for_slides(small_deck(), {"c1_half": 0.5}).cells
    assert cells[1].outputs == [] and place(cells[2]) == "skip"


def test_a_deck_opens_from_a_file_and_fits_the_stage(tmp_path):
    need_chromium()
    need_playwright()
    from playwright.sync_api import sync_playwright

    carry_along(tmp_path)
    (tmp_path / "deck.html").write_text(as_slides(small_deck(), "01_deck"), "utf8")
    asked, errors = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 760})
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((tmp_path / "deck.html").as_uri())
        page.wait_for_selector("body[data-ready]")
        assert page.locator("mjx-container").count() == 1
        bottoms = []
        for _ in range(page.evaluate("Reveal.getTotalSlides()")):
            bottoms.append(page.evaluate("Reveal.getCurrentSlide().getBoundingClientRect().bottom"))
            page.evaluate("Reveal.next()")
        zoom = float(page.evaluate("Reveal.getCurrentSlide().dataset.zoom"))
        browser.close()
    assert errors == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
    assert zoom < 1 and max(bottoms) <= 762


def test_the_licence_of_what_is_carried_along_comes_with_it(tmp_path):
    carry_along(tmp_path)
    licence = (tmp_path / "reveal" / "LICENSE").read_text("utf8")
    assert "Permission is hereby granted, free of charge" in licence

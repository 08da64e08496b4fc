"""The numbers in the text against those of a run."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import text_numbers

TEXT = "Right in 96.4<!-- c1_right:.1f --> %, after 40<!-- c1_seconds:.0f machine --> s."


def glue_output(name, value):
    data = {text_numbers.GLUE + "text/plain": repr(value)}
    return new_output("display_data", data, metadata={"scrapbook": {"name": name}})


def executed(**values):
    cell = new_code_cell("run()", outputs=[glue_output(*item) for item in values.items()])
    cell.outputs.append(new_output("stream", text="printed"))
    return new_notebook(cells=[new_markdown_cell(TEXT), cell])


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """A chapter of its own, whose last run gives what a test says."""
    path = tmp_path / "01_twins.ipynb"
    cells = [new_markdown_cell([TEXT], id="a"), new_code_cell(["x"], id="b")]
    path.write_text(json.dumps(new_notebook(cells=cells), indent=1) + "\n", "utf8")
    monkeypatch.setattr(text_numbers, "chapters", lambda: [path])

    def with_run(**values):
        monkeypatch.setattr(text_numbers, "values_of_run", lambda path: values)
        return path

    return with_run


def test_values_come_from_what_the_run_glued():
    values = {"c1_right": 96.44, "c1_n": 7, "c1_device": "cpu (2 threads)", "c1_nan": float("nan")}
    assert text_numbers.glued(executed(**values)) == {**values, "c1_nan": "nan"}


def test_a_number_that_is_off_is_named_with_both_values(chapter):
    chapter(data_source="omniglot", c1_right=91.0, c1_seconds=40)
    (problem,) = text_numbers.problems_of_numbers()
    assert problem == "01_twins: c1_right is 91.0, written is 96.4"


def test_a_number_that_was_not_glued_is_named(chapter):
    chapter(data_source="omniglot", c1_seconds=40)
    (problem,) = text_numbers.problems_of_numbers()
    assert problem == "01_twins: c1_right is in the text, and the run did not glue it"


def test_a_time_is_never_checked(chapter):
    chapter(data_source="omniglot", c1_right=96.4, c1_seconds=4000)
    assert text_numbers.problems_of_numbers() == []


def test_on_glyphs_nothing_is_checked_and_nothing_is_written(chapter, capsys):
    path = chapter(data_source="glyphs", c1_right=50.0, c1_seconds=40)
    before = path.read_bytes()
    assert text_numbers.main(["--check"]) == 0
    assert text_numbers.main([]) == 1
    assert "01_twins ran on glyphs" in capsys.readouterr().err and path.read_bytes() == before


def test_the_numbers_of_a_run_on_omniglot_are_written(chapter):
    path = chapter(data_source="omniglot", c1_right=91.06, c1_seconds=12.3)
    before = path.read_text("utf8")
    assert text_numbers.main(["--check"]) == 1
    assert text_numbers.main([]) == 0 and text_numbers.main(["--check"]) == 0
    expected = before.replace("96.4<!--", "91.1<!--").replace("40<!--", "12<!--")
    assert path.read_text("utf8") == expected != before
    nbformat.validate(nbformat.read(path, 4))


def test_without_a_build_one_is_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(text_numbers, "CACHE", tmp_path / "cache")
    assert text_numbers.main([]) == 1
    assert "make book first" in capsys.readouterr().err

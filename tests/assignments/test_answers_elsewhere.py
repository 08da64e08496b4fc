"""What a student wrote in an unexpected place is graded, or read by a person."""

import nbformat
import pytest

from grading.matching import keys_of
from grading.submission import ANSWERED_ELSEWHERE, cells_to_run, fill, fill_in

NAME = "1_twins_and_losses"
ANSWERS = ("distance", "twins", "contrastive-loss", "contrastive-gradient", "triplet-loss")
NAMES = {"distance", "Twins", "contrastive_loss", "contrastive_gradient", "triplet_loss"}
TEXT = "The root has an infinite slope at zero."


@pytest.fixture
def handed_out(released):
    """The untouched notebook, as a student gets it, and its solved answers by id."""
    return nbformat.from_dict(released[NAME])


@pytest.fixture
def solutions(solved):
    return {cell.id: cell.source for cell in solved(NAME).cells if cell.id in ANSWERS}


def cell_of(notebook, identity):
    (cell,) = [cell for cell in notebook.cells if cell.get("id") == identity]
    return cell


def filled(notebook, released):
    out = released[NAME]
    return fill(notebook, keys_of(notebook), out, keys_of(out))


def last_definitions(notebook):
    """For each name the source of the last cell that defines it: the one that is graded."""
    last = {}
    for cell, keys in zip(notebook.cells, keys_of(notebook), strict=True):
        last.update(dict.fromkeys(keys.defines, cell.source))
    return {name: last[name] for name in NAMES}


def code(source):
    return nbformat.v4.new_code_cell(source)


# --- code


@pytest.mark.parametrize("others", ["left", "deleted", "without ids"])
@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.parametrize("head", ["", "%matplotlib inline\n", "!pip install x\nimport torch\n"])
def test_answers_in_one_cell_are_never_replaced_by_stubs(
    head, where, others, handed_out, released, solutions
):
    merged = code(head + "\n\n".join(solutions.values()))
    notebook = handed_out
    if others == "deleted":
        notebook.cells = [cell for cell in notebook.cells if cell.id not in ANSWERS]
    if others == "without ids":
        for number, cell in enumerate(notebook.cells):
            cell.metadata, cell.id = nbformat.NotebookNode(), f"new{number}"
    notebook.cells.insert(3 if where == "first" else len(notebook.cells), merged)
    result = filled(notebook, released)
    for name, source in last_definitions(result.notebook).items():
        assert source == merged.source, name
    told = "".join(result.notes)
    # One cell stands in the place of the first answer, unless that is there.
    assert sum(name in told for name in NAMES) >= 4, told
    stubs = [cell.source for cell in cells_to_run(result.notebook)]
    assert not any("NotImplementedError" in source for source in stubs)


def test_an_answer_under_another_name_keeps_its_stub_away(handed_out, released):
    for line in ("distance = lambda z1, z2: 0", "from mine import distance"):
        notebook = nbformat.from_dict(handed_out)
        notebook.cells.insert(2, code(line))
        result = filled(notebook, released)
        assert cell_of(result.notebook, "distance").source == ANSWERED_ELSEWHERE
        assert "answered in another cell: distance" in result.notes


def test_a_variable_of_that_name_is_no_answer(handed_out, released):
    handed_out.cells.append(code("distance = 3\ndef outer():\n    def distance(): pass"))
    result = filled(handed_out, released)
    assert "NotImplementedError" in cell_of(result.notebook, "distance").source
    assert result.notes == []


def test_an_untouched_notebook_and_a_solved_one_have_no_notes(handed_out, solved, released):
    assert filled(handed_out, released).notes == []
    assert filled(solved(NAME), released).notes == []


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_code_in_a_cell_of_another_type_is_still_the_answer(kind, solved, released):
    notebook = solved(NAME)
    cell = cell_of(notebook, "distance")
    wanted = cell.source
    cell.cell_type = kind
    for field in ("outputs", "execution_count"):
        cell.pop(field, None)
    graded = fill_in(notebook, released[NAME])
    assert cell_of(graded, "distance").source == wanted
    assert cell_of(graded, "distance").cell_type == "code"


def test_code_typed_into_a_check_is_run(handed_out, released, solutions):
    check = cell_of(handed_out, "check-distance")
    ours = check.source
    check.source = f"{solutions['distance']}\n\n{ours}"
    result = filled(handed_out, released)
    assert cell_of(result.notebook, "check-distance").source == ours
    assert "def distance" in last_definitions(result.notebook)["distance"]
    assert "NotImplementedError" not in last_definitions(result.notebook)["distance"]
    assert any("check-distance" in note for note in result.notes)


# --- words


def text_of(result, identity="explain"):
    return cell_of(result.notebook, identity).source


def test_a_written_answer_in_a_new_cell_is_handed_to_a_person(handed_out, released):
    place = [cell.id for cell in handed_out.cells].index("explain")
    for at in (place, place + 1):
        notebook = nbformat.from_dict(handed_out)
        notebook.cells.insert(at, nbformat.v4.new_markdown_cell(TEXT))
        result = filled(notebook, released)
        assert TEXT in text_of(result) and TEXT not in text_of(result, "predict")
        assert text_of(result) != cell_of(handed_out, "explain").source
        assert any("read it" in note for note in result.notes)
        assert sum(TEXT in cell.source for cell in result.notebook.cells) == 1


def test_a_written_answer_in_the_cell_of_its_question_is_kept(handed_out, released):
    question = cell_of(handed_out, "explain-text")
    ours = question.source
    question.source += f"\n\n{TEXT}"
    result = filled(handed_out, released)
    assert cell_of(result.notebook, "explain-text").source == ours
    assert TEXT in text_of(result)
    assert any("explain-text" in note for note in result.notes)


def test_a_written_answer_survives_its_deleted_cell(handed_out, released):
    place = [cell.id for cell in handed_out.cells].index("explain")
    handed_out.cells[place] = nbformat.v4.new_markdown_cell(TEXT)
    assert TEXT in text_of(filled(handed_out, released))


def test_a_written_answer_in_a_cell_of_code_is_kept(handed_out, released):
    place = [cell.id for cell in handed_out.cells].index("explain")
    cell = code(f"**Your answer to question 7**\n\n{TEXT}")
    cell.id, cell.metadata = "explain", handed_out.cells[place].metadata
    handed_out.cells[place] = cell
    result = filled(handed_out, released)
    assert TEXT in text_of(result)
    assert cell_of(result.notebook, "explain").cell_type == "markdown"


def test_text_beside_written_answers_stays_where_it_is(solved, released):
    notebook = solved(NAME)
    notebook.cells.insert(4, nbformat.v4.new_markdown_cell(TEXT))
    result = filled(notebook, released)
    assert [cell.source for cell in result.notebook.cells].count(TEXT) == 1
    assert result.notes == []

"""What students get: no solution, nothing hidden, and it runs."""

import ast
import copy
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from grading.assignment import check_id
from grading.submission import fill_in

ROOT = Path(__file__).resolve().parents[2]


def solution_lines(cell):
    """The lines of a solved cell that a student must not see."""
    inside, lines = False, []
    for line in cell.source.split("\n"):
        if "### BEGIN SOLUTION" in line or "### END SOLUTION" in line:
            inside = "BEGIN" in line
        elif inside and len(line.strip()) > 3:
            lines.append(line.strip())
    return lines


def test_no_solution_is_left(assignment, released):
    text = "\n".join(cell.source for cell in released[assignment.name].cells)
    source = nbformat.read(assignment.source, as_version=4)
    lines = [line for cell in source.cells for line in solution_lines(cell)]
    assert len(lines) > 10
    given = "\n".join(c.source for c in source.cells if "nbgrader" not in c.metadata)
    assert [line for line in lines if line in text and line not in given] == []
    assert "SOLUTION" not in text


def test_nothing_hidden_is_in_it(assignment, released):
    text = "\n".join(cell.source for cell in released[assignment.name].cells)
    assert "import grading" not in text and "from grading" not in text and "HIDDEN" not in text
    says = [
        one.says
        for question in assignment.questions
        for one in assignment.graded(question, 0)[len(question.properties(0)) :]
    ]
    assert [line for line in says if line in text] == []


def test_every_question_has_its_cells_and_points(assignment, released):
    cells = {cell.id: cell for cell in released[assignment.name].cells}
    for question in assignment.questions:
        cell = cells[check_id(question.name)]
        script = ", SCRIPT" if question.of_script else ""
        assert cell.source == f'check("{question.name}", {question.name}{script})'
        points = sum(one.points for one in assignment.graded(question, 0))
        assert cell.metadata.nbgrader.points == points, question.name
    graded = [c for c in cells.values() if c.metadata.get("nbgrader", {}).get("grade")]
    by_hand = [c for c in graded if c.metadata.nbgrader.solution]
    assert len(graded) - len(by_hand) == len(assignment.questions) and len(by_hand) >= 1


def test_the_points_in_the_text_are_those_of_the_cells(assignment, released):
    cells = released[assignment.name].cells
    graded = [c.metadata.nbgrader for c in cells if c.metadata.get("nbgrader", {}).get("grade")]
    code = sum(one.points for one in graded if not one.solution)
    writing = sum(one.points for one in graded if one.solution)
    assert f"**Points:** {code} for code, {writing} for writing." in cells[0].source


def test_ids_are_kept_so_that_answers_are_found(assignment, released):
    for cell in released[assignment.name].cells:
        mine = cell.metadata.get("nbgrader")
        assert mine is None or mine.grade_id == cell.id


def test_it_can_be_read_by_python_and_is_filled_in_unchanged(assignment, released):
    out = released[assignment.name]
    for cell in out.cells:
        if cell.cell_type == "code":
            ast.parse(cell.source)
            assert max(map(len, cell.source.split("\n"))) <= 100
    assert [c.source for c in fill_in(out, out).cells] == [c.source for c in out.cells]


def test_its_markdown_is_plain(assignment):
    for cell in nbformat.read(assignment.source, as_version=4).cells:
        if cell.cell_type == "markdown":
            assert "{" + "cite" not in cell.source and ":::" not in cell.source
            assert "](../" not in cell.source and "<img" not in cell.source


@pytest.mark.timeout(300)
def test_the_command_makes_the_notebooks_and_both_zips(tmp_path):
    command = [sys.executable, "assignments/make.py", "--out", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    students = zipfile.ZipFile(tmp_path / "students.zip").namelist()
    assert "README.txt" in students and len(students) == 1 + len(
        list((ROOT / "assignments").glob("*.ipynb"))
    )
    assert all("/" not in name for name in students)
    teachers = zipfile.ZipFile(tmp_path / "teachers.zip").namelist()
    assert any("hidden" in name for name in teachers)


@pytest.mark.timeout(300)
def test_a_student_can_run_it_and_is_told_what_is_left(assignment, released):
    """As in JupyterLab, VS Code and Colab: a kernel, the notebook, and the library."""
    notebook = copy.deepcopy(released[assignment.name])
    client = NotebookClient(notebook, timeout=120, allow_errors=True)
    client.execute()
    said = {cell.id: "".join(map(text_of, cell.get("outputs", []))) for cell in notebook.cells}
    for question in assignment.questions:
        assert said[check_id(question.name)] == f"{question.name}: not written yet\n"
    errors = {output.ename for cell in notebook.cells for output in errors_of(cell)}
    # A cell below an answer that is not there may miss what that would have made.
    assert errors <= {"NotImplementedError", "NameError"}


def text_of(output):
    return output.get("text", "")


def errors_of(cell):
    return [output for output in cell.get("outputs", []) if output.output_type == "error"]

"""Whatever an editor or a student does to a notebook, the answers in it are found."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grading.assignment import assignments
from grading.submission import LARGEST, UnreadableError, cells_to_run, fill_in, read
from grading.suspicions import suspicions

ROOT = Path(__file__).resolve().parents[2]

NAME = "1_twins_and_losses"
ANSWERS = ("distance", "twins", "contrastive-loss", "contrastive-gradient", "triplet-loss")


def answers(filled):
    return {cell.id: cell.source for cell in filled.cells if cell.id in ANSWERS}


def without_metadata(notebook):
    for number, cell in enumerate(notebook.cells):
        cell.metadata, cell.id = nbformat.NotebookNode(), f"new{number}"


def as_on_colab(notebook):
    for number, cell in enumerate(notebook.cells):
        cell.metadata, cell.id = nbformat.NotebookNode(id=cell.id), f"colab{number}"


def without_tests(notebook):
    notebook.cells = [cell for cell in notebook.cells if not cell.id.startswith("check-")]


def with_edited_tests(notebook):
    for cell in notebook.cells:
        if cell.id.startswith("check-"):
            cell.source = "100.0"
            cell.metadata.nbgrader.points = 100


def turned_round(notebook):
    notebook.cells.reverse()


def as_raw_cells(notebook):
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)


CHANGES = (
    without_metadata,
    as_on_colab,
    without_tests,
    with_edited_tests,
    turned_round,
    as_raw_cells,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_answers_survive(change, solved, released):
    notebook = solved(NAME)
    wanted = {cell.id: cell.source for cell in notebook.cells if cell.id in ANSWERS}
    change(notebook)
    filled = fill_in(notebook, released[NAME])
    assert answers(filled) == wanted
    checks = {c.id: c for c in filled.cells if c.id.startswith("check-")}
    for cell in released[NAME].cells:
        if cell.id.startswith("check-"):
            assert checks[cell.id].source == cell.source
            assert checks[cell.id].metadata == cell.metadata


def test_written_answers_survive_lost_metadata(solved, released):
    notebook = solved(NAME, {"explain": "**Your answer to question 7**\n\nIt was the root."})
    without_metadata(notebook)
    filled = fill_in(notebook, released[NAME])
    (cell,) = [cell for cell in filled.cells if cell.id == "explain"]
    assert cell.source.endswith("It was the root.") and cell.metadata.nbgrader.grade


def test_helper_cells_are_run_and_tests_are_not(solved, released):
    notebook = solved(NAME, added=["HELPER = 1"])
    sources = [cell.source for cell in cells_to_run(fill_in(notebook, released[NAME]))]
    assert "HELPER = 1" in sources and not any("check(" in s[:6] for s in sources)


def test_a_cell_that_passes_for_a_test_is_an_ordinary_one(solved, released):
    notebook = solved(NAME)
    fake = nbformat.v4.new_code_cell("999.0")
    fake.metadata.nbgrader = {"grade": True, "grade_id": "mine", "points": 999, "solution": False}
    notebook.cells.append(fake)
    filled = fill_in(notebook, released[NAME])
    assert "nbgrader" not in filled.cells[-1].metadata


def test_outputs_that_could_run_in_a_browser_are_dropped(solved, released, tmp_path):
    notebook = solved(NAME, added=["1"])
    html = {"text/html": "<script>alert(1)</script>", "text/plain": "1"}
    notebook.cells[2].outputs = [nbformat.v4.new_output("display_data", data=html)]
    broken_out = {"image/png": 'iVBORw0KGgo"><script>alert(1)</script>'}
    notebook.cells[2].outputs.append(nbformat.v4.new_output("display_data", data=broken_out))
    path = tmp_path / "x.ipynb"
    nbformat.write(notebook, path)
    filled = fill_in(read(path), released[NAME])
    assert "script" not in nbformat.writes(filled)


def test_imports_of_closed_modules_are_seen(solved, released):
    added = ["from siamese_lib.losses import ContrastiveLoss", "import siamese_lib.losses.triplet"]
    added += ["import pytorch_metric_learning.losses", "import gc, sys; sys.modules"]
    cells = cells_to_run(fill_in(solved(NAME, added=added), released[NAME]))
    notes = " | ".join(suspicions(cells, ("siamese_lib.losses", "siamese_lib.data")))
    for name in ("siamese_lib.data", "siamese_lib.losses", "pytorch_metric_learning"):
        assert name in notes
    assert "gc" in notes and "sys.modules" in notes


def test_honest_code_is_not_suspected(assignment):
    solutions = [
        cell
        for cell in nbformat.read(assignment.source, as_version=4).cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    ]
    assert solutions and suspicions(solutions, assignment.closed) == []


BROKEN = {
    "no json": b"print('hello')",
    "empty": b"",
    "other json": b'{"a": 1}',
    "cells of a wrong kind": b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    "not text": bytes(range(256)),
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_notebook_says_so(content, tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_bytes(content)
    with pytest.raises(UnreadableError, match=r"x\.ipynb"):
        read(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "x.ipynb"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(UnreadableError, match="clear its outputs"):
        read(path)


BLIND = {
    "a magic": "%matplotlib inline\nimport gc",
    "a command": "!true\nimport gc",
    "a cell magic": "%%time\nimport gc",
    "a parent": "import siamese_lib as s\ns.losses.ContrastiveLoss",
    "the main module": "import __main__",
    "a file": "import pathlib",
    "no Python": "import gc\nif",
}


@pytest.mark.parametrize("source", BLIND.values(), ids=BLIND)
def test_a_note_is_not_blinded_by_what_is_no_python(source):
    assert suspicions([nbformat.v4.new_code_cell(source)], ("siamese_lib.losses",)) != []


def test_a_class_whose_folder_nbgrader_cannot_open_is_told_so_before_anything_runs(tmp_path):
    inbox = tmp_path / "in [2026]"
    inbox.mkdir()
    run = [sys.executable, "assignments/grade.py", str(inbox)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "contains [ ]: name another place with --out" in done.stderr


@pytest.mark.parametrize(
    "source",
    [
        "z = z1.clone().requires_grad_()\nloss(z).backward()\nanswer = z.grad",
        "answer = torch.func.grad(loss)(z1)",
        "from torch.func import grad",
        "import functorch",
        "z = torch.tensor(z1, requires_grad=True)\nz.register_hook(keep)",
    ],
)
def test_a_gradient_that_is_not_derived_by_hand_is_noted(source):
    """Where the losses are closed; who trains a door may call backward."""
    cells = [nbformat.v4.new_code_cell(source)]
    assert suspicions(cells, assignments()["1_twins_and_losses"].closed) != []
    assert suspicions(cells, assignments()["4_office_door"].closed) == []

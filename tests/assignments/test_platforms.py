"""Grades go into copies of Moodle's and Canvas's own spreadsheets."""

import csv
import os
import zipfile
from pathlib import Path

import pytest

from grading.class_run import Graded
from grading.inbox import Received
from grading.platforms import MOST_BYTES, fill_spreadsheets

ONE, TWO = "1_twins_and_losses", "2_sampling_and_mining"
MOODLE = (
    "Identifier,Full name,Status,Grade,Maximum Grade,Feedback comments\n"
    "Participant 101,Zoë,Submitted,,100.00,\n"
    'Participant 102,"Kim, Lee",Submitted,,100.00,"=1+1"\n'
    "Participant 103,Ada,No submission,,100.00,\n"
)
CANVAS = (
    "Student,ID,SIS Login ID,1 Twins and losses (77),2 Sampling and mining (78),Final Score\n"
    "    Points Possible,,,62,66,(read only)\n"
    '"Zoë",101,zoe,,,\n'
    '"Lee, Kim",102,kim,,3,\n'
)


def line(student, assignment, score, folder=None, feedback=None):
    cells = {"check": (score, 31.0, False), "text": (0.0, 31.0, True)}
    path = Path(folder or f"{student}_assignsubmission_file") / "notebook.ipynb"
    return Graded(Received(student, path, assignment, None, ""), None, cells, feedback, None)


@pytest.fixture
def places(tmp_path):
    folder, out = tmp_path / "inbox", tmp_path / "inbox-graded"
    folder.mkdir()
    out.mkdir()
    return folder, out


def rows_of(path):
    with path.open(encoding="utf8", newline="") as file:
        return list(csv.reader(file))


def test_moodles_worksheet_gets_grades_of_its_own_scale(places):
    folder, out = places
    (folder / "Grades-Course-Twins.csv").write_text("\ufeff" + MOODLE, "utf8")
    graded = [line("Zoë_101", ONE, 31.0), line("Kim, Lee_102", ONE, 7.0), line("Eve", ONE, 31.0)]
    filled = fill_spreadsheets(folder, out, graded)
    assert [path.name for path in filled.paths] == ["Grades-Course-Twins-filled.csv"]
    rows = rows_of(filled.paths[0])
    assert [row[3] for row in rows] == ["Grade", "50.00", "11.29", ""]
    assert [row[:3] for row in rows[1:]] == [r[:3] for r in csv.reader(MOODLE.splitlines()[1:])]
    assert (folder / "Grades-Course-Twins.csv").read_text("utf8").endswith(MOODLE[-30:])


def test_of_several_assignments_the_worksheets_name_says_which(places):
    folder, out = places
    (folder / f"Grades {TWO}.csv").write_text(MOODLE, "utf8")
    (folder / "Grades.csv").write_text(MOODLE, "utf8")
    filled = fill_spreadsheets(folder, out, [line("a_101", ONE, 3.0), line("a_101", TWO, 62.0)])
    assert rows_of(out / f"Grades {TWO}-filled.csv")[1][3] == "100.00"
    assert filled.notes == [f"Grades.csv was not filled in: name it after one of {ONE}, {TWO}"]


def test_canvas_gets_points_in_the_column_of_each_assignment(places):
    folder, out = places
    (folder / "gradebook.csv").write_text(CANVAS, "utf8")
    graded = [line("zoe_101", ONE, 20.5), line("leekim_102", TWO, 4.0), line("x_999", TWO, 5.0)]
    (path,) = fill_spreadsheets(folder, out, graded).paths[:1]
    rows = rows_of(path)
    assert [row[3:] for row in rows[1:]] == [
        ["62", "66", "(read only)"],
        ["20.5", "", ""],
        ["", "4", ""],
    ]


def test_a_name_alone_gives_nobody_a_grade(places):
    """Two students may have one name, and a student chooses the name of a file."""
    folder, out = places
    (folder / "g.csv").write_text(MOODLE, "utf8")
    fill_spreadsheets(folder, out, [line("Zoë", ONE, 31.0), line("Participant 101", ONE, 31.0)])
    assert [row[3] for row in rows_of(out / "g-filled.csv")[1:]] == ["", "", ""]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "is no CSV in UTF-8"),
        (b"Student,ID\nZo,1\n", "no column has the title of"),
        (b"name,points\nZo,1\n", ""),
        (b"", ""),
        (b"Identifier,Grade\nParticipant 101\n\nParticipant 101,,3\n", ""),
        (b"x" * (MOST_BYTES + 1), "too large"),
    ],
)
def test_other_spreadsheets_are_left_alone_or_named(places, content, said):
    folder, out = places
    (folder / "own.csv").write_bytes(content)
    filled = fill_spreadsheets(folder, out, [line("Zoë_101", ONE, 31.0)])
    assert (said in filled.notes[0]) if said else not filled.notes


def test_a_spreadsheet_that_a_student_handed_in_is_not_filled(places):
    folder, out = places
    (folder / "Zoë_101_assignsubmission_file_marks.csv").write_text(MOODLE, "utf8")
    assert fill_spreadsheets(folder, out, [line("Zoë_101", ONE, 31.0)]) == ([], [])


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_plain_file_stops_nothing(places, make):
    """A student may choose the name of a folder, and the tables are written after this."""
    folder, out = places
    make(folder / "grades.csv")
    (note,) = fill_spreadsheets(folder, out, [line("Zoë_101", ONE, 31.0)]).notes
    assert "grades.csv is no plain file" in note


def test_a_link_is_not_followed(places, tmp_path):
    folder, out = places
    (tmp_path / "elsewhere.csv").write_text(MOODLE)
    (folder / "g.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert fill_spreadsheets(folder, out, []).paths == []


def test_pages_go_back_under_moodles_names(places):
    folder, out = places
    page = out / "page.html"
    page.write_text("<p>well done</p>")
    flat = line("Kim_102", ONE, 1.0, feedback=page)
    flat = flat._replace(
        received=flat.received._replace(path=Path("Kim_102_assignsubmission_file_nb.ipynb"))
    )
    graded = [
        line("Zoë_101", ONE, 1.0, "Zoë_101_assignsubmission_file", page),
        flat,
        line("Eve", ONE, 1.0, "Eve", page),
        line("Ada_103", ONE, 1.0),
    ]
    (path,) = fill_spreadsheets(folder, out, graded).paths
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [
            f"Kim_102_assignsubmission_file_{ONE}.html",
            f"Zoë_101_assignsubmission_file/{ONE}.html",
        ]
        assert archive.read(archive.namelist()[0]) == b"<p>well done</p>"


def test_a_number_that_two_students_claim_gets_no_grade(places):
    folder, out = places
    (folder / "Grades-Course-Twins.csv").write_text("\ufeff" + MOODLE, "utf8")
    graded = [line("Zoë_101", ONE, 31.0), line("Eve_101", ONE, 0.0), line("Kim, Lee_102", ONE, 7.0)]
    filled = fill_spreadsheets(folder, out, graded)
    assert [row[3] for row in rows_of(filled.paths[0])][1:3] == ["", "11.29"]
    assert any("101 is claimed by Eve_101 and Zoë_101" in note for note in filled.notes)

"""A roster says who handed in nothing, and who is not on it."""

import csv
from pathlib import Path

import pytest

from grading.class_run import Graded
from grading.inbox import Received
from grading.roster import RosterError, read_roster
from grading.tables import write_tables


def line(student, points):
    received = Received(student, Path("n.ipynb"), "1_twins_and_losses", None, "")
    return Graded(received, None, {"check-distance": (points, 10.0, False)}, None, None)


def totals(folder, roster):
    write_tables(folder, [line("Kim Lee", 7.0), line("Zoe\u0308", 9.0), line("=Eve", 3.0)], roster)
    with (folder / "totals.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("divider", [",", ";", "\t"])
def test_everybody_has_a_line(tmp_path, divider):
    path = tmp_path / "class.csv"
    rows = [("Student", "email"), ("kim lee", "k@x"), ("Zoë", "z@x"), ("Ada", "a@x"), ("", "")]
    text = "\n".join(divider.join(row) for row in rows)
    path.write_text(text, "utf-8-sig")
    roster = read_roster(path)
    assert roster == ["kim lee", "Zoë", "Ada"]
    head, *lines = totals(tmp_path, roster)
    assert head == ["student", "1_twins_and_losses", "total", "roster"]
    said = {one[0]: one[1:] for one in lines}
    assert said["Ada"] == ["", "", "nothing handed in"]
    assert said["Kim Lee"] == ["7.0", "7.0", ""] and said["'=Eve"][2] == "not on the roster"
    assert len(lines) == 4


def test_a_name_turned_round_is_the_same(tmp_path):
    path = tmp_path / "class.csv"
    path.write_text('name\n"Lee, Kim"\n', "utf8")
    assert {one[0]: one[-1] for one in totals(tmp_path, read_roster(path))[1:]}["Kim Lee"] == ""


def test_without_a_roster_nothing_is_said(tmp_path):
    assert totals(tmp_path, None)[0] == ["student", "1_twins_and_losses", "total"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"mail\nx@y\n", "needs a column named one of: student"),
        (b"", "needs a column"),
        (b"student\nKim\nkim\n", "names 'kim' more than once"),
        (b"student\nJ\xf6rg\n", "cannot be read as text in UTF-8"),
        (b"student\n" + b"x" * 200_000 + b"\n", "no CSV"),
        (b"student\n" + b"x\n" * 2_600_000, "larger than 5 MB"),
    ],
)
def test_what_is_no_roster_is_named(tmp_path, content, says):
    path = tmp_path / "class.csv"
    path.write_bytes(content)
    with pytest.raises(RosterError, match=says):
        read_roster(path)


def test_a_missing_roster_is_named(tmp_path):
    with pytest.raises(RosterError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")

"""Names and texts of strangers, in tables and in a terminal."""

import csv
import os
from pathlib import Path

import pytest

from grading import tables
from grading.class_run import Graded
from grading.inbox import Received
from grading.printable import name_of_file, printable, shortened
from grading.tables import write_tables


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë 李 Łukasz عمر", "Zoë 李 Łukasz عمر"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # a joiner, part of the word
        ("山田\u3000太郎", "山田\u3000太郎"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("a\nb\tc\rd\x00\x7f\x9b", r"a\nb\tc\rd\x00\x7f\x9b"),
        ("\u202eevil\u2066\u2069\u200f", r"\u202eevil\u2066\u2069\u200f"),
        ("line\u2028end", r"line\u2028end"),
        (os.fsdecode(b"J\xf6rg"), r"J\udcf6rg"),
        ("half \ud83d", r"half \ud83d"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_its_number(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown
    printable(text).encode("utf8")


def test_different_names_are_shown_differently():
    names = [os.fsdecode(b"J\xf6rg"), "J\\xf6rg", "Jörg", "J\\\\xf6rg", "a\nb", "a\\nb"]
    assert len({name_of_file(name) for name in names}) == len(names)
    assert name_of_file("Zoe\u0308") == name_of_file("Zoë") == "Zoë"


def test_a_long_text_is_cut():
    assert shortened("abc", 3) == "abc" and shortened("abcd", 3) == "ab…"


def test_tables_hold_notes_and_no_control_characters(tmp_path):
    names = ["=cmd", "+1", "-1", "@x", "\t=x", "\x1b[2J", "\u202ekim", os.fsdecode(b"\xff")]
    lines = [
        Graded(
            Received(name, Path(f"{name}.ipynb"), None, None, "", f"left out: {name}"),
            None,
            {},
            None,
            f"problem\n{name}",
        )
        for name in names
    ]
    grades = write_tables(tmp_path, lines)[0]
    with grades.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(names)
    for row, name in zip(rows, names, strict=True):
        shown = printable(name)
        assert row["student"] == (f"'{shown}" if shown[0] in "=+-@" else shown)
        assert row["notes"] == rf"left out: {shown}; problem\n{shown}"
        assert printable("".join(row.values())) == "".join(row.values())


def test_no_part_of_a_cell_becomes_a_formula_where_programs_split_it():
    assert tables._harmless("x;=1+1;y") == "x;'=1+1;y"
    assert tables._harmless(" =1+1") == "' =1+1" and tables._harmless("a - b; c") == "a - b; c"


def test_totals_have_a_line_for_each_student(tmp_path):
    def graded(student, assignment, *scores):
        cells = {f"cell {i}": (score, 10.0, False) for i, score in enumerate(scores)}
        received = Received(student, Path("a.ipynb"), assignment, None, "")
        return Graded(received, None, cells, None, None)

    lines = [graded("Zoë", "2_b", 3.0), graded("Ada", "1_a", 5.0, 4.5), graded("Zoë", "1_a", 1.0)]
    lines.append(graded("Kim", None))
    paths = {path.name: path for path in write_tables(tmp_path, lines)}
    with paths["totals.csv"].open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [
            ["student", "1_a", "2_b", "total"],
            ["Ada", "9.5", "", "9.5"],
            ["Kim", "", "", ""],
            ["Zoë", "1.0", "3.0", "4.0"],
        ]

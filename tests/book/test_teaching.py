"""The teaching pages: inventory and key fit together, and what they point at is there."""

import re
from collections import Counter
from pathlib import Path

import pytest

from siamese_lib.pages.results import load_result

ROOT = Path(__file__).resolve().parents[2]
TEACHING = ROOT / "book" / "teaching"
INVENTORY = (TEACHING / "concept_inventory.md").read_text("utf8")
KEY = (TEACHING / "concept_inventory_key.md").read_text("utf8")
QUESTION = re.compile(r"^\*\*(\d+)\. ([^*]+?)\*\*\n\n((?:- [A-D]\. [^\n]+\n)+)", re.M)
ROW = re.compile(r"^\| (\d+) \| ([A-D]) \| (.+?) \| ([\d, ]+) \|$", re.M)

QUESTIONS = {
    int(n): re.findall(r"^- ([A-D])\. (.+)$", choices, re.M)
    for n, _, choices in QUESTION.findall(INVENTORY)
}
ROWS = {int(n): (right, wrong, chapters) for n, right, wrong, chapters in ROW.findall(KEY)}


def test_twelve_questions_with_four_choices_each():
    assert list(QUESTIONS) == list(range(1, 13)) == list(ROWS)
    for choices in QUESTIONS.values():
        assert [letter for letter, _ in choices] == list("ABCD")
        assert len({text for _, text in choices}) == 4


def test_every_wrong_choice_is_explained_and_the_right_one_is_not():
    for number, (right, wrong, _) in ROWS.items():
        explained = re.findall(r"\*\*([A-D]):\*\*", wrong)
        assert explained == [letter for letter in "ABCD" if letter != right], number


def test_no_place_is_right_more_often_than_another():
    assert set(Counter(right for right, _, _ in ROWS.values()).values()) == {3}


def test_the_chapter_that_mends_it_is_there():
    chapters = {int(path.name[:2]) for path in (ROOT / "notebooks").glob("*.ipynb")}
    for _, _, mended in ROWS.values():
        assert {int(number) for number in mended.split(",")} <= chapters


def test_the_longest_choice_is_not_always_the_right_one():
    longest = [
        max(choices, key=lambda choice: len(choice[1]))[0] == ROWS[number][0]
        for number, choices in QUESTIONS.items()
    ]
    assert sum(longest) <= 8


def test_the_example_of_the_key_runs():
    (code,) = re.findall(r"```python\n(.+?)```", KEY, re.S)
    exec(code, {})


@pytest.mark.parametrize("number", range(1, 16))
def test_every_chapter_has_notes_for_the_teacher(number):
    notes = "".join(path.read_text("utf8") for path in sorted(TEACHING.glob("part_*.md")))
    start = notes.index(f"## Chapter {number},")
    chapter = notes[start : notes.find("\n## ", start + 5)]
    for needed in (
        "**Minutes:**",
        "| level |",
        "they think",
        "**On the board:**",
        "**Discussion.**",
    ):
        assert needed in chapter, needed


def test_the_levels_are_those_of_the_taxonomy():
    levels = {"remember", "understand", "apply", "analyse", "evaluate", "create"}
    for path in TEACHING.glob("part_*.md"):
        rows = re.findall(r"^\| (\w+) \| .+ \|$", path.read_text("utf8"), re.M)
        assert {row for row in rows if row not in {"level", "they"}} <= levels


def test_no_page_is_too_long_and_none_is_forgotten():
    toc = (ROOT / "_toc.yml").read_text("utf8")
    for path in TEACHING.glob("*.md"):
        assert path.read_text("utf8").count("\n") <= 400
        assert f"book/teaching/{path.stem}" in toc


def test_rubrics_add_up_to_the_points_of_the_assignments():
    import json

    rubrics = (TEACHING / "rubrics.md").read_text("utf8")
    for path in sorted((ROOT / "assignments").glob("*.ipynb")):
        for cell in json.loads(path.read_text("utf8"))["cells"]:
            nbgrader = cell["metadata"].get("nbgrader", {})
            if nbgrader.get("grade") and nbgrader.get("solution"):
                assert f"{nbgrader['points']} points" in rubrics, (path.name, cell["id"])


def test_the_table_of_assignments_has_their_points():
    import json

    page = (TEACHING / "assignments.md").read_text("utf8")
    for path in sorted((ROOT / "assignments").glob("*.ipynb")):
        points = {True: 0, False: 0}
        for cell in json.loads(path.read_text("utf8"))["cells"]:
            nbgrader = cell["metadata"].get("nbgrader", {})
            if nbgrader.get("grade"):
                points[nbgrader["solution"]] += nbgrader["points"]
        row = next(line for line in page.split("\n") if line.startswith(f"| {path.stem[0]}. "))
        assert row.endswith(f"| {points[False]} + {points[True]} |")


def test_the_times_on_the_page_are_the_stored_ones():
    page = (TEACHING / "assignments.md").read_text("utf8")
    rows = load_result("grading")["rows"]
    assert sum(row["n"] for row in rows) >= 30
    for row in rows:
        line = f"| `{row['assignment']}` | {row['n']} | {row['seconds'] / row['n']:.1f} |"
        assert line in page

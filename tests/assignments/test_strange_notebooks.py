"""A notebook that somebody made up concerns its student, and takes little memory and time."""

import ast
import base64
import copy
import io
import itertools
import json
import stat
import struct
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from grading import content, matching, workload
from grading.content import LARGEST
from grading.inbox import find
from grading.matching import LONGEST_SOURCE
from grading.notebook_shape import MOST_CELLS, notebook_from
from grading.printable import name_of_file, printable
from grading.submission import UnreadableError, _Filling, fill_in, read
from grading.suspicions import suspicions

NAME = "1_twins_and_losses"
ODD = [None, [], ["a", 1], 3, 2.5, True, "text", {}, {"a": None}, [[]], 10**40]


def changed(notebook, place, value):
    """The JSON of a notebook in which the field at ``place`` of cell 4 has another value."""
    data = json.loads(nbformat.writes(notebook))
    parent = data if place[0] == "notebook" else data["cells"][4]
    *path, last = place[1:]
    for name in path:
        parent = parent.setdefault(name, {}) if isinstance(parent, dict) else parent[name]
    parent[last] = copy.deepcopy(value)
    return json.dumps(data).encode()


PLACES = [
    ("cell", "metadata"),
    ("cell", "metadata", "nbgrader"),
    ("cell", "metadata", "nbgrader", "grade_id"),
    ("cell", "metadata", "id"),
    ("cell", "source"),
    ("cell", "cell_type"),
    ("cell", "id"),
    ("cell", "outputs"),
    ("cell", "execution_count"),
    ("notebook", "cells"),
    ("notebook", "cells", 4),
    ("notebook", "metadata"),
    ("notebook", "nbformat"),
    ("notebook", "nbformat_minor"),
]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_field_of_an_odd_type_never_stops_the_class(place, solved, released, tmp_path):
    for number, value in enumerate(ODD):
        (tmp_path / f"odd{number}").mkdir()
        (tmp_path / f"odd{number}" / "x.ipynb").write_bytes(changed(solved(NAME), place, value))
    (tmp_path / "zoe").mkdir()
    nbformat.write(solved(NAME), tmp_path / "zoe" / "x.ipynb")
    found = {one.student: one for one in find(tmp_path, released)}
    assert len(found) == len(ODD) + 1 and found["zoe"].assignment == NAME
    for one in found.values():
        assert (one.assignment is None) != (one.problem is None)
        if one.assignment:
            filled = fill_in(read(one.path), released[NAME])
            nbformat.validate(filled)
            assert "check-distance" in {cell.get("id") for cell in filled.cells}


OUTPUTS = [
    None,
    3,
    [],
    {},
    {"output_type": None},
    {"output_type": "stream"},
    {"output_type": "stream", "text": 3, "name": []},
    {"output_type": "stream", "text": ["a", None]},
    {"output_type": "stream", "text": ["a", "b"], "name": "stderr"},
    {"output_type": "display_data"},
    {"output_type": "display_data", "data": None},
    {"output_type": "display_data", "data": [1]},
    {"output_type": "display_data", "data": {"text/plain": None, "image/png": 3}},
    {"output_type": "display_data", "data": {"text/plain": ["a", "b"], "text/html": "<b>"}},
    {"output_type": "error", "ename": 3, "traceback": None},
]


def test_outputs_of_odd_types_are_dropped_or_made_texts(solved, released):
    notebook = notebook_from(changed(solved(NAME), ("cell", "outputs"), OUTPUTS))
    outputs = [dict(output) for output in notebook.cells[4].outputs]
    assert [output.get("text") or output["data"] for output in outputs] == [
        "ab",
        {"text/plain": "ab"},
    ]
    nbformat.validate(fill_in(notebook, released[NAME]))


def test_a_lost_mark_of_nbgrader_costs_nothing(solved, released):
    notebook = notebook_from(changed(solved(NAME), ("cell", "metadata", "nbgrader"), None))
    filled = fill_in(notebook, released[NAME])
    wanted = {cell.id: cell.source for cell in solved(NAME).cells}
    (answer,) = [cell for cell in filled.cells if cell.id == "distance"]
    assert answer.source == wanted["distance"]


BROKEN = {
    "nested": b'{"nbformat": 4, "cells": ' + b"[" * 200_000,
    "nested and closed": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a number of a million digits": b'{"nbformat": 4, "cells": [' + b"9" * 1_000_000 + b"]}",
    "lists": b"[" + b"[]," * 3_000_001 + b"[]]",
    "many cells": json.dumps({"nbformat": 4, "cells": [{}] * (MOST_CELLS + 1)}).encode(),
    "bytes": bytes(range(128, 256)),
    "of version 5": b'{"nbformat": 5, "cells": []}',
    "of version 3": b'{"nbformat": 3, "worksheets": [3]}',
    "nothing": b"null",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_notebook_is_a_line_with_its_problem(name, tmp_path, released):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "x.ipynb").write_bytes(BROKEN[name])
    (one,) = find(tmp_path, released)
    assert one.assignment is None and one.problem.startswith("x.ipynb")
    with pytest.raises(UnreadableError, match=r"x\.ipynb"):
        read(tmp_path / "ada" / "x.ipynb")


@pytest.mark.parametrize("error", [OSError("disk"), MemoryError(), RecursionError(), KeyError(1)])
def test_whatever_goes_wrong_while_reading_concerns_one_student(
    error, solved, released, tmp_path, monkeypatch
):
    for student in ("ada", "ben"):
        (tmp_path / student).mkdir()
        nbformat.write(solved(NAME), tmp_path / student / "x.ipynb")
    real = content.content_of

    def reads(path):
        if "ada" in path.parts:
            raise error
        return real(path)

    monkeypatch.setattr("grading.submission.content_of", reads)
    ada, ben = find(tmp_path, released)
    assert ada.problem and type(error).__name__ in ada.problem and ben.assignment == NAME


# --- encodings and outputs


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_damage(encoding, solved, tmp_path):
    notebook = solved(NAME, added=["# Zoë"])
    path = tmp_path / "x.ipynb"
    path.write_bytes(nbformat.writes(notebook).encode(encoding))
    assert "# Zoë" in [cell.source for cell in read(path).cells]


def test_half_a_character_is_replaced(solved, released):
    notebook = notebook_from(changed(solved(NAME), ("cell", "source"), "def distance(): '\ud800'"))
    nbformat.writes(fill_in(notebook, released[NAME])).encode("utf8")


def test_large_outputs_are_dropped_and_not_refused(solved, released, tmp_path):
    notebook = solved(NAME)
    picture = nbformat.v4.new_output("display_data", data={"image/png": "A" * (20 << 20)})
    table = nbformat.v4.new_output("stream", text="[[0.1, 0.2]]\n" * 60_000)
    notebook.cells[4].outputs = [table, picture, *[table] * 3]
    (tmp_path / "ada").mkdir()
    nbformat.write(notebook, tmp_path / "ada" / "x.ipynb")
    assert (tmp_path / "ada" / "x.ipynb").stat().st_size > 25 << 20
    (one,) = find(tmp_path, released)
    assert one.assignment == NAME
    assert len(nbformat.writes(read(one.path))) < 200_000


def test_thousands_of_outputs_are_dropped(solved):
    notebook = solved(NAME, added=["1"] * 500)
    for cell in notebook.cells[-500:]:
        cell.outputs = [nbformat.v4.new_output("stream", text="1")] * 10
    shaped = notebook_from(nbformat.writes(notebook).encode())
    assert sum(len(cell.get("outputs", [])) for cell in shaped.cells) == 200


# --- how often code is parsed


@pytest.fixture
def parsed(monkeypatch):
    """Counts the calls of ast.parse, and keeps the length of the longest text."""
    seen = []
    real = ast.parse

    def count(source, *arguments, **options):
        seen.append(len(source))
        return real(source, *arguments, **options)

    monkeypatch.setattr(ast, "parse", count)
    return seen


def test_each_cell_is_parsed_once(solved, released, tmp_path, parsed):
    added = [f"x{number} = {number}" for number in range(100)]
    notebook = solved(NAME, added=added)
    (tmp_path / "ada").mkdir()
    nbformat.write(notebook, tmp_path / "ada" / "x.ipynb")
    of_released = sum(c.cell_type == "code" for out in released.values() for c in out.cells)
    n_cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    find(tmp_path, released)
    assert len(parsed) <= n_cells + of_released


def test_a_cell_that_is_too_long_is_not_parsed_and_named(solved, released, tmp_path, parsed):
    long = f"x = {'1' * 2 * LONGEST_SOURCE!r}"
    many = [f"y = {'1' * 180_000!r}"] * 20
    for student, added in (("ada", [long]), ("ben", many)):
        (tmp_path / student).mkdir()
        nbformat.write(solved(NAME, added=added), tmp_path / student / "x.ipynb")
    ada, ben = find(tmp_path, released)
    assert (ada.assignment, ben.assignment) == (NAME, NAME)
    assert "cell 3 holds 120 kB of code" in ada.note and "180 kB of code" in ben.note
    assert max(parsed) <= LONGEST_SOURCE and sum(parsed) < 1_000_000
    # It is still run, in the sandbox.
    assert long in [cell.source for cell in fill_in(read(ada.path), released[NAME]).cells]


def test_texts_are_made_ready_for_pages_when_they_are_graded_and_not_before(
    solved, released, tmp_path, monkeypatch
):
    """That takes time for texts made for it; the inbox is read for all students together."""

    def refuses(text):
        raise AssertionError("the inbox renders a text")

    notebook = solved(NAME, {"explain": "[\n" * 1000})
    notebook.cells.append(nbformat.v4.new_markdown_cell("[\n" * 1000))
    (tmp_path / "ada").mkdir()
    nbformat.write(notebook, tmp_path / "ada" / "x.ipynb")
    monkeypatch.setattr("grading.submission._harmless_text", refuses, raising=False)
    (one,) = find(tmp_path, released)
    assert one.assignment == NAME


# --- zips


def packed(tmp_path, *members, name="x.zip"):
    (tmp_path / "ada").mkdir(exist_ok=True)
    path = tmp_path / "ada" / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, text in members:
            archive.writestr(member, text)
    return path


def problem_of(tmp_path, released):
    (one,) = find(tmp_path, released)
    assert one.assignment is None
    return one.problem


def test_a_zip_that_leads_out_of_itself_is_not_followed(tmp_path, released, solved):
    notebook = nbformat.writes(solved(NAME))
    link = zipfile.ZipInfo("link.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    outside = [("../../x.ipynb", notebook), ("/tmp/x.ipynb", notebook), ("a/C:\\x.ipynb", notebook)]
    packed(tmp_path, *outside, ("a\\..\\..\\x.ipynb", notebook), (link, "/etc/passwd"))
    assert "5 files of x.zip are links or lead out of it" in problem_of(tmp_path, released)


def test_a_bomb_is_not_unpacked(tmp_path, released, monkeypatch):
    packed(tmp_path, ("x.ipynb", b" " * (30 << 20)))
    assert "packed suspiciously small" in problem_of(tmp_path, released)
    packed(tmp_path, ("x.ipynb", b" " * (LARGEST + 1)))
    assert f"larger than {LARGEST >> 20} MB" in problem_of(tmp_path, released)
    monkeypatch.setattr(content, "MOST_UNPACKED", 1 << 20)
    packed(tmp_path, *((f"{number}.ipynb", b" " * 300_000) for number in range(4)))
    assert "1 MB of notebooks" in problem_of(tmp_path, released)


def test_a_zip_that_lies_about_a_size_is_not_believed(tmp_path, released):
    path = packed(tmp_path, ("x.ipynb", b" " * (60 << 20)))
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 60 << 20), struct.pack("<I", 1000)))
    assert "x.ipynb" in problem_of(tmp_path, released)


def test_a_zip_of_too_many_files_is_not_listed(tmp_path, released, monkeypatch):
    monkeypatch.setattr(content, "MOST_MEMBERS", 50)
    packed(tmp_path, *((f"{number}.ipynb", b"") for number in range(51)))
    assert "more than 50 files" in problem_of(tmp_path, released)
    monkeypatch.setattr(content, "LARGEST_READ", 5000)
    packed(tmp_path, *((f"{number}{'x' * 200}", b"") for number in range(50)))
    assert "table of contents is too large" in problem_of(tmp_path, released)


def test_a_zip_that_is_damaged_encrypted_or_strange_says_so(tmp_path, released):
    (tmp_path / "ada").mkdir()
    path = tmp_path / "ada" / "x.zip"
    path.write_bytes(b"PK\3\4 and no more")
    assert "not a zip that can be read" in problem_of(tmp_path, released)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.ipynb", b"{}")
    path.write_bytes(buffer.getvalue())
    assert "unusual way" in problem_of(tmp_path, released)
    packed(tmp_path, ("x.ipynb", b"{}"))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1  # says that the member is encrypted
    path.write_bytes(data)
    assert "encrypted" in problem_of(tmp_path, released)
    data = bytearray(packed(tmp_path, ("x.ipynb", b"abc" * 1000)).read_bytes())
    data[45] ^= 0xFF
    path.write_bytes(data)
    assert "x.ipynb" in problem_of(tmp_path, released)


@pytest.mark.parametrize("end", [b"", b"\\"])
def test_a_text_that_never_ends_is_looked_at_once(end):
    """From each of its quotes anew: 80 kB took 39 s, and a class was not graded."""
    with pytest.raises(UnreadableError):
        notebook_from(b'{"nbformat": 4, "cells": [], "x": "' + b'\\"' * 500_000 + end)


def test_a_zip_of_many_notebooks_is_opened_once_and_not_read_for_ever(tmp_path, monkeypatch):
    opened = []
    real = content._open
    monkeypatch.setattr(content, "_open", lambda path: opened.append(path) or real(path))
    few = workload.Room(1 << 30, 40 * workload.WORK_OF_A_NOTEBOOK)
    monkeypatch.setattr(workload, "OF_A_GROUP", few)
    (tmp_path / "zoe").mkdir()
    packed(tmp_path, *((f"{n}.ipynb", '{"nbformat": 4, "cells": []}') for n in range(60)))
    *lines, zoe = find(tmp_path, {NAME: nbformat.v4.new_notebook()})
    assert zoe.student == "zoe"
    assert len(opened) == 3  # twice for the list, once for all that is in it
    assert "37 more notebooks cannot be read" in lines[0].note
    assert "there is too much beside it" in lines[0].note


@pytest.mark.parametrize("of_a_class", [False, True])
@pytest.mark.parametrize("place", ["eve/all.zip", "eve/deep/er", "eve"])
def test_large_notebooks_of_one_student_do_not_hold_up_the_others(
    place, of_a_class, solved, released, tmp_path, monkeypatch
):
    """Counted whether or not they can be read; small ones are read first."""
    wrapped = tmp_path / "class" if of_a_class else tmp_path
    monkeypatch.setattr(workload, "OF_A_STUDENT", workload.Room(5 << 20, 10**9))
    monkeypatch.setattr(workload, "OF_A_GROUP", workload.Room(5 << 20, 10**9))
    for student in ("ada", "zoe"):
        (wrapped / student).mkdir(parents=True)
        nbformat.write(solved(NAME), wrapped / student / "x.ipynb")
    folder = wrapped / place
    if place.endswith(".zip"):
        folder.parent.mkdir()
        with zipfile.ZipFile(folder, "w") as archive:
            for number in range(20):
                archive.writestr(f"{number}.ipynb", b"{" + b" " * (1 << 20))
    else:
        folder.mkdir(parents=True)
        for number in range(20):
            (folder / f"{number}.ipynb").write_bytes(b"{" + b" " * (1 << 20))
    unpacked = []
    real = content.content_of
    monkeypatch.setattr(
        "grading.submission.content_of", lambda path: unpacked.append(path) or real(path)
    )
    found = find(tmp_path, released)
    assert {one.student for one in found if one.assignment} == {"ada", "zoe"}
    assert len([path for path in unpacked if "eve" in path.parts]) == 5


def png(width, height):
    """The beginning of a PNG of this size, in base64."""
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR"
    return base64.b64encode(start + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)).decode()


@pytest.mark.parametrize(("sides", "is_kept"), [((4000, 4000), True), ((30_000, 30_000), False)])
def test_a_picture_that_would_fill_the_browser_is_dropped(sides, is_kept):
    cell = nbformat.v4.new_code_cell("1")
    cell.outputs = [nbformat.v4.new_output("display_data", data={"image/png": png(*sides)})]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    (read_cell,) = notebook_from(nbformat.writes(notebook).encode()).cells
    assert len(read_cell.outputs) == is_kept


def test_many_pictures_are_dropped():
    """15 of them, 30 MB, took the grader beyond 1 GB."""
    cells = []
    for number in range(15):
        cells.append(nbformat.v4.new_code_cell(str(number)))
        picture = png(10, 10).rstrip("=") + "A" * 1_000_000
        cells[-1].outputs = [nbformat.v4.new_output("display_data", data={"image/png": picture})]
    notebook = nbformat.v4.new_notebook(cells=cells)
    read_cells = notebook_from(nbformat.writes(notebook).encode()).cells
    assert sum(bool(cell.outputs) for cell in read_cells) == 4


def test_a_picture_that_is_none_is_looked_at_once():
    cell = nbformat.v4.new_code_cell("1")
    lines = {"image/png": "iVBORw0KGgo" + "\n" * 1_900_000 + "!"}
    picture = {"image/png": f"{png(1, 1)}\n"}
    cell.outputs = [nbformat.v4.new_output("display_data", data=data) for data in (lines, picture)]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    (read_cell,) = notebook_from(nbformat.writes(notebook).encode()).cells
    assert [dict(output.data) for output in read_cell.outputs] == [picture]


@pytest.mark.parametrize("name", [b"\0.ipynb", b"\0\0\0\0\0\0\0"])
def test_a_file_without_a_name_in_a_zip_stops_nobody(name, tmp_path, released, solved):
    path = packed(tmp_path, ("a.ipynb", "{}"))
    path.write_bytes(path.read_bytes().replace(b"a.ipynb", name))
    (tmp_path / "zoe").mkdir()
    nbformat.write(solved(NAME), tmp_path / "zoe" / "x.ipynb")
    found = {one.student: one for one in find(tmp_path, released)}
    assert found["ada"].assignment is None and found["zoe"].assignment == NAME


def test_whatever_a_zip_raises_stops_nobody(tmp_path, released, solved, monkeypatch):
    packed(tmp_path, ("a.ipynb", "{}"))
    (tmp_path / "zoe").mkdir()
    nbformat.write(solved(NAME), tmp_path / "zoe" / "x.ipynb")
    monkeypatch.setattr("grading.layout.members", lambda path: [][0])
    found = {one.student: one for one in find(tmp_path, released)}
    assert "IndexError" in found["ada"].problem and found["zoe"].assignment == NAME


@pytest.mark.parametrize("wrapped", ["", "class", "class/again"])
def test_thousands_of_files_of_one_student_hide_nobody(
    wrapped, tmp_path, released, solved, monkeypatch
):
    monkeypatch.setattr("grading.layout.MOST_FILES", 20)
    (tmp_path / wrapped / "mallory").mkdir(parents=True)
    for number in range(4):
        with zipfile.ZipFile(tmp_path / wrapped / "mallory" / f"{number}.zip", "w") as archive:
            for member in range(20):
                archive.writestr(f"{member}.txt", "")
    for student in ("ada", "zoe"):
        (tmp_path / wrapped / student).mkdir()
        nbformat.write(solved(NAME), tmp_path / wrapped / student / "x.ipynb")
    found = {one.student: one for one in find(tmp_path, released)}
    assert found["ada"].assignment == NAME and found["zoe"].assignment == NAME
    assert "more than 20 files" in found["mallory"].problem


DOTS = "import " + "a." * 20_000 + "a"


@pytest.mark.parametrize("mark", ["\u0f73", "\u0301", "\u0300\u0323"])
def test_a_name_of_thousands_of_marks_is_not_parsed(mark, parsed):
    """Python puts them in order, which takes hours for a notebook of 1 MB."""
    assert matching.parsed(f"a{mark * 20_000} = 1") is None and not parsed
    assert matching.parsed(f"a{mark * 3} = 'प्रोग्रामिंग とてもいい' * 2") is not None


def test_a_file_name_of_thousands_of_marks_is_not_normalised():
    name = "a" + "\u0f73\u0301" * 20_000
    assert name_of_file(name) == printable(name)
    assert name_of_file("e\u0301") == "\u00e9"


def test_what_is_read_of_a_notebook_has_an_end(parsed):
    cells = [nbformat.v4.new_code_cell(f"x = {'1' * 90_000!r}  # {n}") for n in range(20)]
    assert any("not looked into" in said for said in suspicions(cells, ()))
    assert sum(parsed) < 1_200_000


@pytest.mark.parametrize(
    "source",
    [
        "torch.autograd.grad(y, x)",
        "F.triplet_margin_loss(a, p, n)",
        "from threading import Thread",
        "from torch.multiprocessing import pool\npool.multiprocessing.pool.ThreadPool(1)",
        "@torch.jit.script\ndef f(x): return x",
        "torch.sys.gettrace()",
        "import timeit",
        "%%writefile helper.py\nx = 1",
        "!python helper.py",
    ],
)
def test_what_answers_in_place_of_the_student_is_noted(source):
    assert suspicions([nbformat.v4.new_code_cell(source)], ()) != []


LIGATURES = "import " + ".".join(["\ufdf2" * 118 + "\U00010400"] * 495)


@pytest.mark.parametrize(
    "source", [LIGATURES, DOTS, DOTS.replace(".", " . "), DOTS.replace("a", "𐐀")]
)
def test_an_import_of_thousands_of_dots_is_not_parsed(source, parsed, tmp_path):
    """200 kB took 10 GB of memory."""
    assert matching.parsed(source) is None and not parsed
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    assert not matching.keys_of(notebook)[0].binds and not parsed


def test_code_in_locked_cells_is_parsed_as_far_as_a_notebook_may_be_long(solved, released, parsed):
    notebook = solved(NAME)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("locked"):
            cell.update(cell_type="code", outputs=[], execution_count=None)
            cell.source += "\n" + "x = 1\n" * (matching.LONGEST_SOURCE // 7)
    read_again = notebook_from(nbformat.writes(notebook).encode())
    parsed.clear()
    fill_in(read_again, released[NAME])
    assert sum(parsed) < matching.LONGEST_NOTEBOOK + matching.LONGEST_TYPED


def test_dense_code_behind_a_magic_is_not_read_four_times(solved, released, parsed):
    """A zip of 2 MB with 210 of these took 25 minutes in which nobody else was graded."""
    notebook = solved(NAME)
    locked = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("locked")]
    for cell in locked[:4]:
        cell.update(cell_type="code", outputs=[], execution_count=None)
        cell.source = "*a,\n" * (matching.LONGEST_SOURCE // 4 - 2) + "%m"
    content = nbformat.writes(notebook).encode()
    keys = matching.keys_of(notebook_from(content))
    assert any(one.too_long for one in keys)
    parsed.clear()
    fill_in(notebook_from(content), released[NAME])
    assert 0 < sum(parsed) <= matching.LONGEST_NOTEBOOK + matching.LONGEST_TYPED


def test_lines_that_look_like_magics_in_an_expression_are_code(parsed):
    assert matching.parsed("left = (7\n    % 3)\n") is not None
    assert matching.parsed("%matplotlib inline\nx = 1\n") is not None and len(parsed) == 3


def test_an_old_notebook_of_thousands_of_cells_is_refused():
    cells = [{"cell_type": "raw", "source": "", "metadata": {}}] * (MOST_CELLS + 1)
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    with pytest.raises(UnreadableError, match=f"{MOST_CELLS + 1} cells"):
        notebook_from(json.dumps(old).encode())


def test_cells_of_students_are_not_validated_one_by_one(solved, released, monkeypatch):
    """That takes a thousand times as long as to make them: a zip of 100 kB took minutes."""
    notebook = solved(NAME, added=["1"] * 50)
    monkeypatch.setattr(nbformat.v4, "new_code_cell", lambda *_: pytest.fail("validated"))
    filled = fill_in(notebook, released[NAME])
    nbformat.validate(filled)
    assert sum(cell.source == "1" for cell in filled.cells) == 50


def test_zips_of_one_student_take_no_time_of_the_others(tmp_path, released, solved, monkeypatch):
    """In flat layouts three zips of 600 kB, and nobody else was read."""
    few = workload.Room(1 << 30, 100 * workload.WORK_OF_A_NOTEBOOK)
    monkeypatch.setattr(workload, "OF_A_STUDENT", few)
    for number in range(20):
        name = f"s{number}_{100 + number}_{number}_{NAME}.ipynb"
        nbformat.write(solved(NAME), tmp_path / name)
    for number in range(3):
        with zipfile.ZipFile(tmp_path / f"eve_7_{number}_x.zip", "w") as archive:
            for member in range(200):
                archive.writestr(f"{member}.ipynb", "1")
    read_ones = []
    real = content.content_of
    monkeypatch.setattr(
        "grading.submission.content_of", lambda path: read_ones.append(path) or real(path)
    )
    found = find(tmp_path, released)
    assert len([one for one in found if one.assignment]) == 20
    of_eve = [path for path in read_ones if "eve" in str(path)]
    assert len(of_eve) == 100
    zips = [path.parts[-2] for path in of_eve]
    assert sum(a != b for a, b in itertools.pairwise(zips)) <= 2, "zip by zip"


def test_an_f_string_of_thousands_of_braces_is_not_parsed(parsed):
    assert matching.parsed("f'" + "{x}" * 10_000 + "'") is None and not parsed
    assert matching.parsed("x = f'{y}'\nz = {1: {2: 3}}") is not None


@pytest.mark.parametrize("name", ["x" * 2000 + ".ipynb", "d/" * 40 + "x.ipynb"])
def test_names_in_a_zip_have_an_end(name, tmp_path, released):
    packed(tmp_path, (name, "{}"))
    assert "1 files of x.zip are links or lead out of it" in problem_of(tmp_path, released)


def test_a_folder_that_is_too_large_is_left_out_of_a_class_zip(
    tmp_path, released, solved, monkeypatch
):
    monkeypatch.setattr(content, "MOST_UNPACKED", 1 << 20)
    with zipfile.ZipFile(tmp_path / "class.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for student in ("ada", "ben"):
            archive.writestr(f"{student}/x.ipynb", nbformat.writes(solved(NAME)))
        for number in range(9):
            archive.writestr(f"eve/{number}.ipynb", b" " * 200_000)
    found = find(tmp_path, released)
    assert {one.student for one in found if one.assignment} == {"ada", "ben"}
    assert "9 files of class.zip" in " ".join(f"{one.problem} {one.note}" for one in found)


def test_a_long_answer_is_not_looked_at_again_for_each_cell(solved, released):
    notebook = solved(NAME, {"explain": "\u2003" * 100_000 + "x"})
    looked = []
    real = _Filling._unwritten
    _Filling._unwritten = lambda self: looked.append(1) or real(self)
    try:
        notebook.cells += [nbformat.v4.new_markdown_cell("text") for _ in range(50)]
        fill_in(notebook, released[NAME])
    finally:
        _Filling._unwritten = real
    assert len(looked) == 1


def test_threads_parse_one_at_a_time(monkeypatch):
    """Python 3.11 counts the depth of all threads together: a right submission was not graded."""
    inside, most = 0, 0
    real = ast.parse

    def parse(code):
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.02)
        inside -= 1
        return real(code)

    monkeypatch.setattr(ast, "parse", parse)
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(matching.parsed, ["x = 1"] * 12))
    assert most == 1 and all(trees)


def test_a_parser_that_was_disturbed_tries_again(monkeypatch):
    calls = []
    real = ast.parse

    def parse(code):
        calls.append(code)
        if len(calls) == 1:
            raise SystemError("AST constructor recursion depth mismatch")
        return real(code)

    monkeypatch.setattr(ast, "parse", parse)
    assert matching.parsed("x = 1") is not None and len(calls) == 2


def test_a_small_notebook_of_an_old_format_is_read_in_no_time_and_memory():
    """A zip of 542 bytes took the graders 70 seconds and 3.4 GB."""
    cell = {"cell_type": "code", "input": "x = 1", "language": "python", "outputs": [{}] * 86_500}
    old = {"nbformat": 3, "worksheets": [{"cells": [cell]}]}
    notebook = notebook_from(json.dumps(old).encode())
    (read,) = notebook.cells
    assert read.source == "x = 1" and read.outputs == []

"""Whose a file is, which of several counts, and what the teacher hears about the others."""

import os
import zipfile

import nbformat
import pytest

from grading.inbox import find, of_teacher
from grading.versions import names

NAME = "1_twins_and_losses"
OTHER = "3_measure_it_right"


@pytest.fixture
def inbox(tmp_path):
    """Writes files into a folder: a notebook, or any content, each newer than the one before."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    n_files = 0

    def write(place, content):
        nonlocal n_files
        n_files += 1
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, (str, bytes)) else nbformat.writes(content)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.utime(path, (1e9 + n_files, 1e9 + n_files))
        return path

    write.folder = folder
    return write


def graded(found):
    return {(one.student, one.assignment) for one in found if one.assignment}


@pytest.mark.parametrize(
    ("places", "students"),
    [
        (["Ada Lovelace_123_assignsubmission_file_/anything.ipynb"], {"Ada Lovelace_123"}),
        ([f"Ada Lovelace_123_assignsubmission_file_{NAME}.ipynb"], {"Ada Lovelace_123"}),
        ([f"ben/{NAME}/{NAME}.ipynb"], {"ben"}),
        ([f"submitted/{who}/{NAME}/{NAME}.ipynb" for who in ("ada", "ben")], {"ada", "ben"}),
        ([f"cleocleo_77_88_{NAME}.ipynb"], {"cleocleo_77"}),
        ([f"cleocleo_77_88_{NAME}.ipynb", f"cleocleo_LATE_77_99_{NAME}-1.ipynb"], {"cleocleo_77"}),
        ([f"dora {NAME} (1).ipynb", f"dora_{NAME}-2.ipynb", f"{NAME}_dora.ipynb"], {"dora"}),
        (["student-12.ipynb", "student-13.ipynb"], {"student-12", "student-13"}),
        # The folders of a class in one more folder, as a platform packs them, or in two.
        ([f"Course-4711/{who}/{NAME}.ipynb" for who in "abc"], {"a", "b", "c"}),
        ([f"x/Course-4711/{who}/{NAME}.ipynb" for who in "abc"], {"a", "b", "c"}),
        ([f"{NAME}/{who}/{NAME}.ipynb" for who in "abc"], {"a", "b", "c"}),
        ([f"C{n}/{who}/x.ipynb" for n, who in ("1a", "1b", "2c", "2d")], set("abcd")),
        (["C/Ada_1_assignsubmission_file_/x.ipynb"], {"Ada_1"}),
        ([f"C/cleo_77_88_{NAME}.ipynb", f"C/dora_78_89_{NAME}.ipynb"], {"cleo_77", "dora_78"}),
        # Folders of one student, beside another student.
        (["ada/old/x.ipynb", "ada/new/x.ipynb", "ben/x.ipynb"], {"ada", "ben"}),
        ([f"ada/{NAME}/old/x.ipynb", f"ada/{NAME}/new/x.ipynb"], {"ada"}),
        # macOS takes letters with marks apart.
        (["Zoë/x.ipynb", "Zoe\u0308/y.ipynb"], {"Zoë"}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_layouts_of_learning_platforms(places, students, solved, released, inbox):
    for place in places:
        inbox(place, solved(NAME))
    found = find(inbox.folder, released)
    assert graded(found) == {(student, NAME) for student in students}
    assert len(found) == len(students)
    # Each file is graded or named.
    for place in places:
        told = [one for one in found if str(one.path).endswith(place)]
        told += [one for one in found if place.split("/")[-1][:40] in (one.note or "")]
        assert told, place


def test_hidden_files_and_those_of_systems_are_nobodys(solved, released, inbox):
    for place in (".ipynb_checkpoints/x.ipynb", "__MACOSX/x.ipynb", "ada/.git/x.ipynb"):
        inbox(place, solved(NAME))
    inbox("ada/Thumbs.db", b"")
    inbox("grades.csv", b"name,grade")
    inbox("ada/x.ipynb", solved(NAME))
    (one,) = find(inbox.folder, released)
    assert one.student == "ada" and one.note is None


def test_spreadsheets_beside_the_students_are_named(solved, released, inbox):
    """A student may have handed in nothing else."""
    inbox("ada/x.ipynb", solved(NAME))
    inbox("eve.xlsx", b"work")
    assert names(of_teacher(inbox.folder)) == "eve.xlsx"


def test_links_and_special_files_are_named_and_not_followed(solved, released, inbox):
    target = inbox("ben/x.ipynb", solved(NAME))
    (inbox.folder / "eve.ipynb").symlink_to(target)
    (inbox.folder / "mallory").symlink_to(target.parent)
    (inbox.folder / "trudy").mkdir()
    os.mkfifo(inbox.folder / "trudy" / "x.ipynb")
    found = {one.student: one for one in find(inbox.folder, released)}
    assert set(found) == {"ben", "eve", "mallory", "trudy"}
    assert found["ben"].assignment == NAME
    assert "is a link" in found["eve"].problem and "is a link" in found["mallory"].problem
    assert "not a plain file" in found["trudy"].problem


# --- which one counts


def test_the_newest_of_several_counts_and_the_others_are_named(solved, released, inbox):
    for name in ("oldest", "old", "new"):
        inbox(f"ada/{name}.ipynb", solved(NAME))
    (one,) = find(inbox.folder, released)
    assert one.path.stem == "new"
    assert "oldest.ipynb" in one.note and "old.ipynb" in one.note


def test_of_two_that_are_as_old_both_are_named(solved, released, inbox):
    first = inbox("ada/work 1.ipynb", solved(NAME))
    second = inbox("ada/work 2.ipynb", solved(NAME, added=["HELPER = 1"]))
    os.utime(first, (1e9, 1e9))
    os.utime(second, (1e9, 1e9))
    (one,) = find(inbox.folder, released)
    assert one.path.name == "work 2.ipynb"
    assert "graded: work 2.ipynb; left out: work 1.ipynb (changed at the same time" in one.note


SCRATCH = ["import torch", "x = 1", "from torch import nn"]


def scratch(sources):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return notebook


@pytest.mark.parametrize("sources", [SCRATCH, [*SCRATCH, "def distance(z1, z2):\n    return 3"]])
def test_a_newer_scratch_notebook_is_not_graded_in_place_of_the_work(
    sources, solved, released, inbox
):
    inbox("ada/work.ipynb", solved(NAME))
    inbox("ada/scratch.ipynb", scratch(sources))
    (one,) = find(inbox.folder, released)
    assert one.path.name == "work.ipynb" and "scratch.ipynb" in one.note


def test_imports_alone_belong_to_no_assignment(released, inbox, solved):
    imports = [cell.source for cell in solved(NAME).cells if cell.id in ("imports", "setup")]
    inbox("ada/scratch.ipynb", scratch([*SCRATCH, *imports]))
    (one,) = find(inbox.folder, released)
    assert one.assignment is None and "no cell of any assignment" in one.problem


def test_a_newer_version_with_a_cell_less_is_still_the_version_that_counts(solved, released, inbox):
    inbox("ada/old.ipynb", solved(NAME))
    newer = solved(NAME)
    del newer.cells[-2:]
    inbox("ada/new.ipynb", newer)
    (one,) = find(inbox.folder, released)
    assert one.path.name == "new.ipynb"


def test_two_assignments_of_one_student_are_two_lines(solved, released, inbox):
    inbox("ada/a.ipynb", solved(NAME))
    inbox("ada/b.ipynb", solved(OTHER))
    found = find(inbox.folder, released)
    assert graded(found) == {("ada", NAME), ("ada", OTHER)} and len(found) == 2


# --- what is no notebook


@pytest.mark.parametrize(
    "names",
    [
        ["work.html"],
        ["work.py", "work.html", "photo.png", "data.csv"],
        ["work.pdf"],
        ["work.rar"],
        ["deep/er/work.docx"],
        ["work.ipynb.pdf"],
    ],
)
def test_a_folder_without_a_notebook_is_a_line_that_says_what_was_found(
    names, solved, released, inbox
):
    for name in names:
        inbox(f"ada/{name}", b"anything")
    inbox("ben/x.ipynb", solved(NAME))
    ada, ben = find(inbox.folder, released)
    assert (ada.student, ada.assignment) == ("ada", None) and ben.assignment == NAME
    assert "no notebook" in ada.problem
    assert all(name in ada.problem for name in names[:3]) or "more" in ada.problem


def test_an_empty_folder_of_a_student_is_a_line(solved, released, inbox):
    (inbox.folder / "ada").mkdir()
    inbox("ben/x.ipynb", solved(NAME))
    ada, ben = find(inbox.folder, released)
    assert ada.student == "ada" and "empty" in ada.problem and ben.assignment == NAME


def test_a_file_that_is_no_notebook_is_a_line_of_its_student(solved, released, inbox):
    inbox(f"cleo_77_88_{NAME}.html", b"<p>")
    inbox(f"dora_78_89_{NAME}.ipynb", solved(NAME))
    cleo, dora = find(inbox.folder, released)
    assert cleo.student == "cleo_77" and "no notebook" in cleo.problem
    assert dora.assignment == NAME


def test_a_notebook_with_one_more_ending_is_read(solved, released, inbox):
    inbox(f"ada/{NAME}.ipynb.txt", solved(NAME))
    (one,) = find(inbox.folder, released)
    assert one.assignment == NAME and f"{NAME}.ipynb.txt" in one.note


def test_a_damaged_notebook_beside_a_good_one_is_a_line_of_its_own(solved, released, inbox):
    inbox("ada/a.ipynb", solved(NAME))
    for number in range(9):
        inbox(f"ada/b{number}.ipynb", b"{")
    found = find(inbox.folder, released)
    assert graded(found) == {("ada", NAME)} and len(found) == 4
    assert "6 more notebooks cannot be read" in "".join(filter(None, (one.note for one in found)))


def test_a_folder_without_anything_says_so(tmp_path, released, inbox):
    with pytest.raises(FileNotFoundError, match="no notebook"):
        find(inbox.folder, released)
    inbox("roster.csv", b"ada")
    with pytest.raises(FileNotFoundError, match="no notebook"):
        find(inbox.folder, released)
    with pytest.raises(FileNotFoundError, match="no folder"):
        find(tmp_path / "nowhere", released)


# --- names


def test_names_that_are_no_text_stay_different_and_can_be_written(solved, released, inbox):
    for name in (b"J\xf6rg", b"J\xe4rg", b"J\\xf6rg"):
        (inbox.folder / os.fsdecode(name)).mkdir()
        inbox(f"{os.fsdecode(name)}/{NAME}.ipynb", solved(NAME))
    inbox(os.fsdecode(b"ada/\xff\xfe.ipynb"), b"{")
    found = find(inbox.folder, released)
    students = [one.student for one in found if one.assignment]
    assert len(set(students)) == 3
    for one in found:
        "".join([one.student, one.problem or "", one.note or ""]).encode("utf8")


def test_names_carry_no_control_characters_into_a_terminal(solved, released, inbox):
    hidden = "\x1b[2J\x07\u202e\u2066\r\n\x9b"
    inbox(f"{hidden}kim/{hidden}work.ipynb", solved(NAME))
    inbox(f"{hidden}kim/{hidden}scratch.ipynb", b"{")
    inbox(f"{hidden}kim/{hidden}page.html", b"")
    inbox(f"{hidden}lee/{hidden}page.html", b"")
    inbox(f"{hidden}max.zip", b"no zip")
    for one in find(inbox.folder, released):
        for text in (one.student, one.problem or "", one.note or ""):
            assert not set(hidden) - set("[2J") & set(text), text


# --- zips


def pack(*members):
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            text = content if isinstance(content, (str, bytes)) else nbformat.writes(content)
            archive.writestr(name, text)
    return buffer.getvalue()


def test_notebooks_in_zips_are_graded(solved, released, inbox):
    from grading.submission import read

    member = f"my work/{NAME}.ipynb"
    inbox("ada/work.zip", pack((member, solved(NAME)), ("__MACOSX/._x.ipynb", b"x")))
    inbox(f"cleo_77_88_{NAME}.zip", pack((f"{NAME}.ipynb", solved(NAME)), ("data.csv", "1")))
    inbox("ben/work.zip", pack(("page.html", "x"), ("inner.zip", pack(("x.ipynb", "{")))))
    ada, ben, cleo = find(inbox.folder, released)
    assert (ada.student, ada.assignment, ada.note) == ("ada", NAME, None)
    assert read(ada.path).cells
    assert (cleo.student, cleo.assignment) == ("cleo_77", NAME) and "data.csv" in cleo.note
    assert "page.html" in ben.problem and "inner.zip" in ben.problem


def test_the_zip_of_a_class_is_taken_for_its_folders(solved, released, inbox):
    names = [f"{who}_1_assignsubmission_file_/{NAME}.ipynb" for who in ("Ada", "Ben", "Cleo")]
    inbox("submissions.zip", pack(*((name, solved(NAME)) for name in names)))
    assert graded(find(inbox.folder, released)) == {
        (f"{n}_1", NAME) for n in ("Ada", "Ben", "Cleo")
    }


def test_nobody_hands_in_for_others(solved, released, inbox):
    """What is in a student's zip is that student's, whatever its folders are called."""
    notebook = solved(NAME)
    forged = pack(
        ("ben/x.ipynb", notebook),
        ("cleo/x.ipynb", notebook),
        ("Dora_4_assignsubmission_file_/x.ipynb", notebook),
    )
    inbox("ben/x.ipynb", notebook)
    inbox("mallory/x.zip", forged)
    found = {one.student: one for one in find(inbox.folder, released)}
    assert set(found) == {"ben", "mallory"} and "left out" in found["mallory"].note
    inbox("mallory.zip", forged)
    assert {one.student for one in find(inbox.folder, released)} == {"ben", "mallory"}
    (inbox.folder / "ben" / "x.ipynb").unlink()
    (inbox.folder / "ben").rmdir()
    (inbox.folder / "mallory.zip").unlink()
    assert {one.student for one in find(inbox.folder, released)} == {"mallory"}
    inbox(f"ben {NAME}.ipynb", notebook)
    (inbox.folder / "mallory" / "x.zip").rename(inbox.folder / "mallory.zip")
    (inbox.folder / "mallory").rmdir()
    assert {one.student for one in find(inbox.folder, released)} == {"ben", "mallory"}


OF_ADA = ["ada/old/x.ipynb", "ada/new/x.ipynb"]


@pytest.mark.parametrize(
    "beside",
    ["ben.ipynb", "ben/x.ipynb", "ben.zip", "ben/empty/", "Ben_9_assignsubmission_file_/x.ipynb"],
)
@pytest.mark.parametrize(
    "forged",
    [OF_ADA, ["ada/ben/x.ipynb", "ada/cleo/x.ipynb"], ["ada/B_1_assignsubmission_f/x.ipynb"]],
)
def test_nobody_is_taken_for_a_class_beside_another_student(
    forged, beside, solved, released, inbox
):
    for number, place in enumerate(forged):
        inbox(place, solved(NAME, added=[f"X = {number}"]))
    if beside.endswith("/"):
        (inbox.folder / beside).mkdir(parents=True)
    else:
        notebook = solved(NAME)
        inbox(beside, pack(("x.ipynb", notebook)) if beside.endswith(".zip") else notebook)
    students = {one.student for one in find(inbox.folder, released)}
    assert len(students) == 2 and "ada" in students and "cleo" not in students


def test_one_folder_that_is_read_as_a_class_says_so(solved, released, inbox):
    for place in OF_ADA:
        inbox(place, solved(NAME))
    inbox("roster.csv", b"ada")
    for one in find(inbox.folder, released):
        assert one.student in ("old", "new")
        assert one.note == "ada was read as the folder of a class"


@pytest.mark.parametrize("late", ["late.ipynb", "late/x.ipynb", "late.zip"])
@pytest.mark.parametrize("places", [["ada.ipynb", "bob.ipynb"], ["ada/x.ipynb", "bob/x.ipynb"]])
def test_a_class_that_looks_like_one_student_is_not_graded(places, late, solved, released, inbox):
    for place in places:
        inbox(f"C/{place}", solved(NAME, added=[f"x = {place!r}"]))
    inbox(late, pack(("x.ipynb", solved(NAME))) if late.endswith(".zip") else solved(NAME))
    of_class, of_late = find(inbox.folder, released)
    assert of_class.assignment is None and of_late.assignment == NAME
    assert all(place in of_class.problem for place in places)
    assert "give each a folder" in of_class.problem


@pytest.mark.parametrize(
    ("places", "are_versions"),
    [
        (["x.ipynb", "x (1).ipynb", "x final 2024-11-30.ipynb", "old/x.ipynb"], True),
        ([f"{NAME}.ipynb", f"{NAME}-2.ipynb", "anything.ipynb"], True),
        (["12345678.ipynb", "12345679.ipynb"], False),
        (["student-12.ipynb", "student-13.ipynb"], False),
        (["group07_work.ipynb", "group08_work.ipynb"], False),
        (["0/x.ipynb", "1/x.ipynb"], False),
        (["4000/x.ipynb", "solution.ipynb", "4001/x.ipynb"], False),
        ([f"{NAME}/01/x.ipynb", f"{NAME}/02/x.ipynb"], False),
        (["version 1/x.ipynb", "version 2/x.ipynb", "x 20241130.ipynb"], True),
        (["王伟.ipynb", "李娜.ipynb"], False),
    ],
)
def test_what_tells_versions_and_people_apart(places, are_versions, solved, released, inbox):
    for place in places:
        inbox(f"C/{place}", solved(NAME, added=[f"x = {place!r}"]))
    inbox("late.ipynb", solved(NAME))
    one, _ = find(inbox.folder, released)
    assert (one.assignment == NAME) == are_versions


def test_two_students_with_different_assignments_in_one_folder_are_noted(solved, released, inbox):
    inbox("C/ada/x.ipynb", solved(NAME))
    inbox("C/ben/x.ipynb", solved(OTHER))
    inbox("late.ipynb", solved(NAME))
    notes = " ".join(one.note or "" for one in find(inbox.folder, released))
    assert "from several folders: ada/x.ipynb, ben/x.ipynb" in notes


@pytest.mark.parametrize(
    "name", ["cleo_77_88_results.csv", "Ada_1_assignsubmission_file_data.xlsx"]
)
def test_a_spreadsheet_of_a_student_is_a_line(name, solved, released, inbox):
    inbox(name, b"1,2")
    inbox("ben/x.ipynb", solved(NAME))
    found = {one.student: one for one in find(inbox.folder, released)}
    assert len(found) == 2 and "ben" in found


@pytest.mark.parametrize(
    "places",
    [
        [f"{NAME}-ada.zip", f"{NAME}-1-ada.zip"],
        [f"ada_{NAME}.ipynb", f"ada__{NAME}.ipynb"],
        ["ada.zip", "ada-.zip", "ada (2).zip"],
        ["ada/x.ipynb", "ada_.zip"],
        [f"{NAME}-12_smith.ipynb", f"{NAME}-13_smith.ipynb"],
        ["A/ada/x.ipynb", "A/ben/x.ipynb", "B/ada/x.ipynb", "B/cleo/x.ipynb"],
    ],
    ids=" ".join,
)
def test_nobody_takes_the_name_of_another(places, solved, released, inbox):
    """Different work under names that may be one student's: a person decides, and nobody loses."""
    for place in places:
        notebook = solved(NAME, added=[f"x = {place!r}"])
        inbox(place, pack(("x.ipynb", notebook)) if place.endswith(".zip") else notebook)
    found = find(inbox.folder, released)
    of_two = [one for one in found if not one.student.startswith(("ben", "cleo"))]
    assert of_two and all(one.assignment is None for one in of_two)
    assert all("different notebooks of one assignment" in one.problem for one in of_two)


def test_a_changed_resubmission_to_canvas_is_the_one_that_counts(solved, released, inbox):
    inbox(f"ada_77_88_{NAME}.ipynb", solved(NAME))
    inbox(f"ada_77_99_{NAME}-1.ipynb", solved(NAME, added=["x = 1"]))
    (one,) = find(inbox.folder, released)
    assert one.assignment == NAME and "-1.ipynb" in one.path.name


def test_a_hidden_name_of_a_student_is_a_line(solved, released, inbox):
    inbox(".eve.ipynb", solved(NAME))
    inbox(".NET fan_12_assignsubmission_file_/x.ipynb", solved(NAME))
    inbox("._eve.ipynb", b"of macOS")
    assert {one.student for one in find(inbox.folder, released)} == {".eve", ".NET fan_12"}


def test_a_student_who_is_called_like_a_folder_of_moodle_has_a_line_of_their_own(
    solved, released, inbox
):
    inbox(f"Ada_123_assignsubmission_file_/{NAME}.ipynb", solved(NAME))
    inbox(f"Ada_123_assignsubmission_x_999_assignsubmission_file_/{NAME}.ipynb", solved(NAME))
    students = {one.student for one in find(inbox.folder, released)}
    assert students == {"Ada_123", "Ada_123_assignsubmission_x_999"}


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("zed_102_5002_x_101_assignsubmission_y.ipynb", "zed_102"),
        ("Zed_102_assignsubmission_file_Ada_101_assignsubmission_y.ipynb", "Zed_102"),
        ("Zed_102_assignsubmission_file_Ada_101_assignsubmission_y.zip/x.ipynb", "Zed_102"),
    ],
)
def test_the_name_of_a_file_makes_nobody_somebody_else(name, student, solved, released, inbox):
    if name.startswith("zed"):
        inbox(f"ada_101_5001_{NAME}.ipynb", solved(NAME))
    else:
        inbox(f"Ada_101_assignsubmission_file_{NAME}.ipynb", solved(NAME))
    if "/" in name:
        name, inner = name.split("/")
        with zipfile.ZipFile(inbox.folder / name, "w") as archive:
            archive.writestr(inner, nbformat.writes(solved(NAME)))
    else:
        inbox(name, solved(NAME))
    students = {one.student for one in find(inbox.folder, released)}
    assert len(students) == 2 and student in students

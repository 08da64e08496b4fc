"""A whole class, through the command that a teacher types."""

import contextlib
import csv
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import html5lib
import nbformat
import pytest

from grading.assignment import assignments
from grading.class_run import ClassRun
from grading.course import safe_id
from grading.marks import Marks

ROOT = Path(__file__).resolve().parents[2]
NAME = "1_twins_and_losses"
pytestmark = pytest.mark.timeout(600)


def command(folder, *more):
    return [sys.executable, "assignments/grade.py", str(folder), "--workers", "2", *more]


def grade(folder, *more):
    done = subprocess.run(command(folder, *more), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Solutions of all assignments, an untouched one, a broken file, and one with a script."""
    from grading.course import Course

    folder = tmp_path_factory.mktemp("class") / "inbox"
    course = Course(tmp_path_factory.mktemp("course"))
    for name, assignment in assignments().items():
        (folder / "solver").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(assignment.source, folder / "solver" / f"{name}.ipynb")
    (folder / "idle").mkdir()
    nbformat.write(course.release(assignments()[NAME]), folder / "idle" / f"{NAME}.ipynb")
    (folder / "broken.ipynb").write_text("no notebook", encoding="utf8")
    script = nbformat.read(assignments()[NAME].source, as_version=4)
    for cell in script.cells:
        if cell.id == "explain":
            cell.source = (
                "**Your answer to question 7**\n\n<script>alert('marks')</script> "
                "<img src=x onerror=alert('marks')> [here](javascript:alert('marks')) "
                "[there](java&#115;cript:alert('marks')) [elsewhere]\n\n"
                "[elsewhere]: javascript:alert('marks')\n\n"
                "> [quoted]: javascript:alert('marks')\n> [quoted] ![p][quoted]\n\n"
                "- [listed]: https://example.org/x.png\n\n"
                "![p][listed] ![q](https://example.org/y.png) <https://example.org/z>\n\n"
                r"$\href{javascript:alert(1)}{x} + \sqrt{2}$"
            )
    (folder / "=cmd").mkdir()
    nbformat.write(script, folder / "=cmd" / f"{NAME}.ipynb")
    hostile = nbformat.read(assignments()[NAME].source, as_version=4)
    for cell in hostile.cells:
        if cell.id == "contrastive-loss":
            cell.source = "def contrastive_loss(*args, **options):\n    import os; os._exit(0)"
    (folder / "hostile").mkdir()
    nbformat.write(hostile, folder / "hostile" / f"{NAME}.ipynb")
    printed = grade(folder)
    return folder, folder.with_name("inbox-graded"), printed


def test_solutions_get_full_marks_and_others_what_they_deserve(graded):
    _, out, printed = graded
    with (out / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    by = {(line["student"], line["assignment"]): line for line in lines}
    for name in assignments():
        line = by["solver", name]
        with (out / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            of_cells = {row["student"]: row for row in csv.DictReader(file)}["solver"]
        source = nbformat.read(assignments()[name].source, as_version=4)
        for cell in source.cells:
            nbgrader = cell.metadata.get("nbgrader", {})
            if nbgrader.get("grade") and not nbgrader["solution"]:
                assert float(of_cells[cell.id]) == nbgrader["points"], (name, cell.id)
        assert line["notes"] == "" and int(line["answers to grade by hand"]) >= 1
    assert float(by["idle", NAME]["score"]) == 0
    assert "not a notebook" in by["broken", "broken.ipynb"]["notes"]
    assert by["broken", "broken.ipynb"]["score"] == ""
    assert "wait to be graded by hand" in printed


def test_a_hostile_submission_loses_its_points_and_nobody_elses(graded):
    _, out, _ = graded
    scores = rows(out / f"{NAME}.csv")
    for cell, score in scores["solver"].items():
        if cell.startswith("check-"):
            lost = cell == "check-contrastive-loss"
            assert float(scores["hostile"][cell]) == (0 if lost else float(score)), cell
    assert "ended its own process" in rows(out / "grades.csv")["hostile"]["notes"]


def test_a_name_cannot_be_a_formula_in_a_spreadsheet(graded):
    _, out, _ = graded
    assert "'=cmd" in rows(out / "grades.csv")


def test_feedback_says_why_and_runs_nothing(graded):
    _, out, _ = graded
    idle = (out / "feedback" / "idle" / f"{NAME}.html").read_text("utf8")
    assert "distance: not written yet" in idle and "0 of 10 points" in idle
    solver = (out / "feedback" / "solver" / f"{NAME}.html").read_text("utf8")
    assert "gives the Euclidean distance of each pair" in solver and "10 of 10 points" in solver
    script = (out / "feedback" / safe_id("=cmd") / f"{NAME}.html").read_text("utf8")
    assert "alert(" in script  # as a text
    for page in (idle, solver, script):
        assert_does_nothing(page)
        assert "<script" not in page and "default-src 'none'" in page
        assert "<math" in page  # the formulas of the questions, without a script
    for page in (idle, solver, script):
        assert "hidden_losses" not in page and "default_rng" not in page


def assert_does_nothing(page):
    """No link, picture or script of a student: parsed, as a browser would."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    for element in tree.iter():
        for name, value in element.attrib.items():
            # The buttons of formgrader have handlers, and none of them is the student's.
            assert not str(name).lower().startswith("on") or "alert" not in value, value
            assert "javascript:" not in value.lower().replace("\t", ""), value
            assert "example.org" not in value and "cdnjs" not in value, value
        if element.tag == "script":
            assert "alert(" not in (element.text or "")


def test_mistakes_are_counted_for_the_next_lesson(graded):
    _, out, _ = graded
    with (out / "mistakes.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {
        "assignment": NAME,
        "question": "Twins",
        "students": "1",
        "hint": "not written yet",
    } in lines


def test_a_second_run_grades_nothing_anew_and_keeps_what_a_person_gave(graded):
    folder, out, _ = graded
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{out / 'course' / 'gradebook.db'}", "siamese") as book:
        given = book.find_grade("explain", NAME, NAME, "solver")
        given.manual_score, given.needs_manual_grade = 4, False
        book.find_comment("explain", NAME, NAME, "solver").manual_comment = "Well argued."
        book.find_grade("check-distance", NAME, NAME, "solver").manual_score = 3
        book.db.commit()
    marks = {path: path.stat().st_mtime_ns for path in (out / "marks").rglob("*.json")}
    before = {row: dict(line) for row, line in rows(out / f"{NAME}.csv").items()}
    grade(folder)
    assert {path: path.stat().st_mtime_ns for path in (out / "marks").rglob("*.json")} == marks
    after = rows(out / f"{NAME}.csv")
    assert float(after["solver"]["explain"]) == 4
    assert after["idle"] == before["idle"]
    notes = (out / "grades.csv").read_text("utf-8-sig")
    assert "check-distance: 3 points by hand, 10 by the checks" in notes
    page = (out / "feedback" / "solver" / f"{NAME}.html").read_text("utf8")
    assert "Well argued." in page and "Score: 4.0 / 5.0" in page


def test_ctrl_c_in_nbgraders_own_step_stops_the_class(tmp_path, monkeypatch):
    """nbgrader takes it for an error of the submission."""

    def pressed(*arguments, **options):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return {"success": False, "error": "Canceled"}

    for student in ("ada", "ben"):
        (tmp_path / "inbox" / student).mkdir(parents=True)
        shutil.copyfile(assignments()[NAME].source, tmp_path / "inbox" / student / "x.ipynb")
    run = ClassRun(tmp_path / "out", {NAME: assignments()[NAME]}, "bubblewrap", 1)
    entered = []
    monkeypatch.setattr(run, "_marks", lambda one: Marks({}, [], 0))
    monkeypatch.setattr(run.course.api, "autograde", lambda *a, **o: entered.append(a) or pressed())
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run.grade(tmp_path / "inbox")
    assert len(entered) == 1 and signal.getsignal(signal.SIGINT) is before


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path):
    folder = tmp_path / "inbox"
    for number in range(4):
        (folder / f"student {number}").mkdir(parents=True)
        shutil.copyfile(assignments()[NAME].source, folder / f"student {number}" / f"{NAME}.ipynb")
    out = tmp_path / "inbox-graded"
    run = subprocess.Popen(
        command(folder, "--workers", "1"), cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not list((out / "marks").rglob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.2)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    done = {path: path.stat().st_mtime_ns for path in (out / "marks").rglob("*.json")}
    assert 1 <= len(done) < 4
    assert "could not be" not in grade(folder)
    assert len(list((out / "marks").rglob("*.json"))) == 4
    assert {path: path.stat().st_mtime_ns for path in done} == done
    scores = {row["score"] for row in rows(out / "grades.csv").values()}
    assert len(rows(out / "grades.csv")) == 4 and len(scores) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "there is no folder"),
        (["."], "inside the submissions"),
        (["tests/assignments"], "no notebook"),
        (["tests", "--sandbox", "container"], "the sandbox container does not work here"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, said, tmp_path):
    more = ["--out", str(ROOT / "inside" if arguments == ["."] else tmp_path / "out")]
    run = [sys.executable, "assignments/grade.py", *arguments, *more]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr


def fetch_when_it_listens(url):
    """JupyterLab prints its address a moment before it answers there."""
    for _ in range(60):
        try:
            return urllib.request.urlopen(url, timeout=60).read().decode()
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:
            time.sleep(0.5)
    raise TimeoutError(url)


@pytest.mark.timeout(120)
def test_the_gradebook_opens_on_what_waits_to_be_graded(graded):
    _, out, _ = graded
    command = [sys.executable, "assignments/gradebook.py", str(out), "--no-browser"]
    with subprocess.Popen(
        [*command, "--port", "8931"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as server:
        try:
            address = next(line for line in server.stderr if "127.0.0.1:8931" in line)
            token = address.split("token=")[1].split()[0]
            url = f"http://127.0.0.1:8931/formgrader/gradebook?token={token}"
            page = fetch_when_it_listens(url)
            submission = submission_of(out, "=cmd")
            url = f"http://127.0.0.1:8931/formgrader/submissions/{submission}/?token={token}"
            answers = fetch_when_it_listens(url)
            with pytest.raises(urllib.error.HTTPError, match="403"):
                export = f"submitted/{safe_id('=cmd')}/{NAME}/{NAME}.ipynb?token={token}"
                fetch_when_it_listens(f"http://127.0.0.1:8931/nbconvert/html/{export}")
        finally:
            os.killpg(server.pid, signal.SIGKILL)
    assert "Manual Grading" in page
    # This page shares its address with a server that can open a terminal.
    assert "alert(" in answers and "<math" in answers
    assert_does_nothing(answers)


def submission_of(out, student):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{out / 'course' / 'gradebook.db'}", "siamese") as book:
        return book.find_submission_notebook(NAME, NAME, safe_id(student)).id


def test_a_folder_without_a_gradebook_says_so(tmp_path):
    run = [sys.executable, "assignments/gradebook.py", str(tmp_path)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "has no gradebook" in done.stderr

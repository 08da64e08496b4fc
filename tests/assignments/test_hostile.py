"""Hostile submissions: each gets what it deserves, harms nothing, and the others are graded."""

import os
import shutil

import pytest
from boundary import ALL, QUICK

from grading.assignment import assignments
from grading.conversation import Conversation
from grading.marks import mark
from grading.sandbox import library_view
from grading.submission import fill_in

STUB = "def distance(z1, z2):\n    raise NotImplementedError"
LOSS = "def contrastive_loss(distance, same, margin=1.0):\n    "
# Other questions use the student's distance, so hostile code stands in a loss that stands alone.
NO_LOSS = {**ALL, "contrastive_loss": 0}


def test_the_solution_gets_all(graded):
    scores, notes = graded()
    assert scores == ALL and notes == ""


def test_what_notebooks_begin_with_costs_nothing(graded):  # G1
    scores, notes = graded(added=["%matplotlib inline\nimport torch"])
    assert scores == ALL and notes == ""


IN_AN_ANSWER = {
    "loops": ("while True: pass", "did not finish in 5 s"),
    "exits": ("import os; os._exit(0)", "ended its own process"),
    "exits politely": ("import sys; sys.exit(0)", "SystemExit"),
    "takes memory": ("x = [b'0' * 10**9 for _ in range(99)]; return 0", "MemoryError"),
    "prints for ever": ("while True: print('x' * 10**5)", "printed more than 2 MB"),
    "forks": ("import os\n    while True: os.fork()", "processes|memory|did not finish"),
    "starts threads and sleeps": (
        "import threading, time\n    "
        "[threading.Thread(target=time.sleep, args=(99,)).start() for _ in range(99)]\n    "
        "time.sleep(99)",
        "did not finish in 5 s|can't start new thread",
    ),
    "kills its parent": ("import os; os.kill(os.getppid(), 9); return 0", "ended its own process|"),
    "recurses": ("return contrastive_loss(distance, same, margin)", "RecursionError"),
    "waits for input": ("return float(input())", "EOFError"),
    "crashes Python": ("import ctypes; ctypes.string_at(0)", "ended its own process"),
}


@pytest.mark.parametrize(("body", "said"), IN_AN_ANSWER.values(), ids=IN_AN_ANSWER)
def test_an_answer_that_goes_too_far_loses_its_own_points_only(body, said, graded):
    scores, notes = graded({"contrastive-loss": LOSS + body})
    assert scores == NO_LOSS
    assert any(part in notes for part in said.split("|"))


IN_A_CELL = {
    "loops": ("while True: pass", "did not finish in 8 s"),
    "exits": ("import os; os._exit(0)", "ended its own process"),
    "prints a gigabyte": ("print('x' * 10**9)", "MB|MemoryError"),
    "writes a large file": ("open('/tmp/x', 'wb').write(b'0' * 10**8)", "File too large"),
    "asks the network": (
        "import urllib.request; urllib.request.urlopen('http://example.org', timeout=5)",
        "URLError",
    ),
    "closes all channels": ("import os; os.closerange(3, 50)", ""),
    "writes into the channels": (
        "import os\nfor fd in range(3, 50):\n    try: os.write(fd, b'{\"value\": 1}\\n')\n"
        "    except OSError: pass",
        "",
    ),
}


@pytest.mark.parametrize(("source", "said"), IN_A_CELL.values(), ids=IN_A_CELL)
def test_a_cell_that_goes_too_far_is_left_out(source, said, graded):
    scores, notes = graded(added=[source])
    assert any(part in notes for part in said.split("|"))
    if said:
        assert scores == ALL
    else:  # it has cut or spoiled its own channel: what it gets is at most what its answers deserve
        assert all(0 <= scores[name] <= most for name, most in ALL.items())


CHEATS = {
    "an object that is equal to everything": (
        "class Yes(float):\n"
        "    def __eq__(self, other): return True\n"
        "    def __le__(self, other): return True\n"
        "    def __sub__(self, other): return 0.0\n"
        "    __hash__ = None\n"
        "def distance(z1, z2): return Yes()"
    ),
    "a tensor that is equal to everything": (
        "class Yes(torch.Tensor):\n"
        "    def __eq__(self, other): return True\n"
        "    def allclose(self, *a, **k): return True\n"
        "def distance(z1, z2): return torch.zeros(len(z1)).as_subclass(Yes)"
    ),
    "patched comparisons": (
        "import numpy as np\n"
        "torch.allclose = np.allclose = np.array_equal = lambda *a, **k: True\n"
        "import siamese_classroom.compare as c, siamese_classroom.question as q\n"
        "c.close = lambda *a, **k: True\n"
        "c.diagnose = lambda *a, **k: None\n"
        "q.examine = lambda *a, **k: []\n"
        "def distance(z1, z2): return torch.zeros(len(z1))"
    ),
    "patched probes": (
        "from siamese_classroom.inside import probes\n"
        "for name in list(probes.PROBES): probes.PROBES[name] = lambda *a, **k: 1.0\n"
        "def distance(z1, z2): return torch.zeros(len(z1))"
    ),
    "calls the graders": (
        "def distance(z1, z2):\n    import grading.hidden\n    return (z1 - z2).norm(dim=1)"
    ),
}


@pytest.mark.parametrize("source", CHEATS.values(), ids=CHEATS)
def test_a_cheat_gets_no_point_for_its_answer(source, graded):
    scores, _ = graded({"distance": source})
    assert scores["distance"] == 0


def test_the_sandbox_works_wherever_the_course_stands(tmp_path, monkeypatch):
    """Below /tmp too, whose place the submission's own empty folder takes."""
    library = tmp_path / "course" / "siamese_lib"
    shutil.copytree(library_view.LIBRARY, library)
    monkeypatch.setattr(library_view, "LIBRARY", library)
    with Conversation("bubblewrap", QUICK, ("siamese_lib.augment",)) as talk:
        talk.run("import siamese_lib\ndef f(): return siamese_lib.__file__")
        assert talk.ask("f", "value", {"args": []}) == "/course/siamese_lib/__init__.py"


def test_what_an_assignment_asks_for_cannot_be_imported(graded):
    source = (
        "def contrastive_loss(distance, same, margin=1.0):\n"
        "    from siamese_lib.losses import ContrastiveLoss\n"
        "    return ContrastiveLoss(margin).terms(distance, same.bool()).mean()"
    )
    scores, notes = graded({"contrastive-loss": source})
    assert scores == NO_LOSS
    assert "is closed here" in notes and "imports siamese_lib.losses" in notes


def test_other_submissions_and_hidden_checks_cannot_be_read(graded, tmp_path):
    (tmp_path / "other_submission.ipynb").write_text("{}", encoding="utf8")
    source = (
        "import os, pathlib\n"
        "SEEN = []\n"
        "for top, folders, files in os.walk('/', onerror=lambda e: None):\n"
        "    if top.startswith(('/proc', '/sys')): folders.clear()\n"
        "    SEEN += [f for f in files if f in ('hidden_losses.py', 'class_run.py')]\n"
        "    SEEN += [f for f in files if 'other_sub' in f]\n"
        f"SEEN += [p for p in [{str(tmp_path)!r}] if os.path.exists(p)]\n"
    )
    steals = LOSS + "return (distance * 0).sum() if not SEEN else distance[10**9]"
    scores, notes = graded({"contrastive-loss": steals}, [source])
    assert "IndexError" not in notes, "it has seen what it must not"
    assert scores["distance"] == 10


def test_nothing_is_written_outside(graded, tmp_path):
    target = tmp_path / "mark"
    source = (
        "import pathlib\n"
        f"for place in ({str(target)!r}, '/root/mark', '/etc/mark', '/usr/mark', '/mark'):\n"
        "    try: pathlib.Path(place).write_text('x')\n"
        "    except OSError: pass\n"
        "import siamese_lib\n"
        "try: pathlib.Path(siamese_lib.__file__).write_text('broken')\n"
        "except OSError: pass\n"
    )
    scores, _ = graded(added=[source])
    assert scores == ALL
    assert not target.exists() and not os.path.exists("/root/mark")


def test_an_untouched_notebook_gets_nothing_and_ends_nothing(released, kind):
    for name, assignment in assignments().items():
        marks = mark(fill_in(released[name], released[name]), assignment, kind, seed=5)
        assert all(f.earned == 0 for findings in marks.questions.values() for f in findings)
        assert all("not written yet" in note or "NameError" in note for note in marks.notes)

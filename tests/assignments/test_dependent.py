"""A question whose answer calls another one's is asked once more beside a right one."""

import nbformat
import pytest

import make
from grading import marks as marks_module
from grading.assignment import assignments
from grading.conversation import Ended
from grading.marks import mark, script_of
from grading.submission import fill_in
from siamese_classroom.question import earned, report

NAME = "1_twins_and_losses"
OF_ABSOLUTE_VALUES = """
def distance(z1, z2):
    if z1.shape != z2.shape:
        raise ValueError
    return (z1 - z2).abs().sum(dim=1)
"""
UNWRITTEN = "def distance(z1, z2):\n    raise NotImplementedError"
TELLS = """
def triplet_loss(anchor, positive, negative, margin=0.2):
    import inspect
    if len(anchor) == 15 and margin > 0.2:
        try:
            text = inspect.getsource(distance)
        except Exception:
            text = "no source"
        raise ValueError("".join(text.split()))
    return (distance(anchor, positive) - distance(anchor, negative) + margin).clamp(min=0).mean()
"""


@pytest.mark.parametrize("source", [OF_ABSOLUTE_VALUES, UNWRITTEN])
def test_a_wrong_distance_costs_its_own_question_only(source, graded):
    scores, _ = graded({"distance": source})
    assert scores["distance"] < 10
    assert {name: points for name, points in scores.items() if name != "distance"} == {
        "Twins": 10,
        "contrastive_loss": 12,
        "contrastive_gradient": 10,
        "triplet_loss": 10,
    }


def test_what_is_wrong_by_itself_stays_wrong(graded):
    alone = (
        "def triplet_loss(anchor, positive, negative, margin=0.2):\n    return 0.0 * anchor.sum()"
    )
    scores, _ = graded({"distance": UNWRITTEN, "triplet-loss": alone})
    assert scores["triplet_loss"] <= 5 and scores["Twins"] == 10


def test_the_page_says_that_it_was_asked_again_and_no_word_of_the_right_answer(
    kind, solved, released
):
    assignment = assignments()[NAME]
    filled = fill_in(solved(NAME, {"distance": UNWRITTEN, "triplet-loss": TELLS}), released[NAME])
    marks = mark(filled, assignment, kind, seed=5)
    said = report("triplet_loss", marks.questions["triplet_loss"], with_points=True)
    assert "asked once more with a right distance" in said
    assert "with a right distance it does not hold either" in said
    everything = repr(marks)
    assert "no source" not in everything and "defdistance" not in everything


def test_the_script_is_the_one_that_was_handed_out(kind, solved, released):
    name = "3_measure_it_right"
    assignment = assignments()[name]
    notebook = solved(name, {"script": "SCRIPT = 7  # mine\nprint(planted_script(SCRIPT))"})
    filled = fill_in(notebook, released[name])
    assert script_of(filled) == 7
    questions = tuple(one for one in assignment.questions if one.name == "find_mistakes")
    few = assignment._replace(questions=questions)
    # The solved notebook answers for script 0, whatever a notebook says that it is about.
    for handed_out, is_right in ((0, True), (7, False)):
        marks = mark(filled, few, kind, 5, handed_out)
        assert (earned(marks.questions["find_mistakes"]) == 10) == is_right
        assert any("SCRIPT is 7" in note for note in marks.notes) == is_right


def test_who_writes_into_what_is_given_loses_a_point(graded):
    writes = """
def credit(similarity, answer):
    if similarity.isnan().any():
        raise ValueError
    similarity -= similarity.amax(dim=1, keepdim=True)
    best = similarity == 0
    return best.gather(1, answer[:, None]).squeeze(1) / best.sum(dim=1)
"""
    scores, text = graded({"credit": writes}, name="3_measure_it_right")
    assert scores["credit"] == 10 and "writes into the tensors" in text


def test_each_class_can_have_its_own_script(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["make.py", "--out", str(tmp_path), "--script", "4711"])
    assert make.main() == 0
    notebook = nbformat.read(tmp_path / "students" / "3_measure_it_right.ipynb", as_version=4)
    assert script_of(notebook) == 4711


def test_a_script_that_there_is_not_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["make.py", "--out", str(tmp_path), "--script", "-1"])
    with pytest.raises(SystemExit):
        make.main()
    assert "from 0 to 999,999,999" in capsys.readouterr().err


def test_a_constant_is_no_evaluation(graded):
    constant = """
def evaluate(network, images, labels, alphabets, trained_on, n_way, n_episodes, generator):
    if n_way > 8:
        raise ValueError
    return torch.full((n_episodes,), 1 / n_way)
"""
    assert graded({"evaluate": constant}, name="3_measure_it_right")[0]["evaluate"] == 0


def test_what_was_found_stays_if_no_second_process_starts(kind, solved, released, monkeypatch):
    began, started = [], marks_module._Submission._started

    def only_first(self, limits):
        began.append(self)
        if self is not began[0]:
            raise marks_module.SandboxFailedError("it does not start")
        return started(self, limits)

    monkeypatch.setattr(marks_module._Submission, "_started", only_first)
    filled = fill_in(solved(NAME, {"distance": UNWRITTEN}), released[NAME])
    found = mark(filled, assignments()[NAME], kind, seed=5).questions
    assert earned(found["contrastive_loss"]) == 12 and earned(found["distance"]) == 0
    assert began[-1] is not began[0]


def test_who_dies_when_time_is_nearly_over_keeps_the_points(kind, monkeypatch):
    def never(*arguments):
        raise Ended("it took too long in all")

    submission = marks_module._Submission([], assignments()[NAME], kind)
    submission.n_ends = 1
    monkeypatch.setattr(marks_module, "Conversation", never)
    monkeypatch.setattr(marks_module, "SECONDS_BEFORE_ANOTHER_START", 0)
    limits = submission.assignment.limits
    with pytest.raises(Ended, match="nothing more is asked"):
        submission._started(limits._replace(total_seconds=3))
    with pytest.raises(marks_module.SandboxFailedError):
        submission._started(limits)

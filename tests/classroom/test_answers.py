"""For every question: right answers pass, wrong ones do not and are told why."""

import inspect
from pathlib import Path

import pytest
import torch
from answers_of import SLOW, answers_to, file_of, is_right

from siamese_classroom import QUESTIONS
from siamese_classroom.asking import NOT_WRITTEN, AskHere
from siamese_classroom.question import causes, examine

ANSWERS = sorted(path.stem for path in (Path(__file__).parent / "answers").glob("*.py"))
FEWEST_WRONG = 6

CASES = [
    pytest.param(question, name, id=f"{question}-{name}")
    for question in QUESTIONS
    for name in answers_to(question)
]


def examined(question, answer, seed=0):
    asked = QUESTIONS[question]
    return examine(asked.properties(seed), AskHere(answer), asked.slips)


@pytest.mark.parametrize(("question", "name"), CASES)
def test_right_passes_and_wrong_is_told_why(question, name):
    answer = answers_to(question)[name]
    findings = examined(question, answer)
    hints = [finding.hint for finding in findings if finding.hint]
    if is_right(name):
        assert hints == []
    else:
        # Where several hints are right, they stand beside each other, divided by a bar.
        wanted = inspect.getdoc(answer).split("|")
        assert any(part in causes(findings)[0] for part in wanted), hints
        assert sum(f.earned for f in findings) < sum(f.points for f in findings)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("question", "name"), [c for c in CASES if c.values[0] not in SLOW])
def test_other_inputs_give_the_same_verdict(question, name, seed):
    findings = examined(question, answers_to(question)[name], seed)
    full = sum(f.earned for f in findings) == sum(f.points for f in findings)
    assert full == is_right(name)


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_has_enough_typical_wrong_answers(question):
    names = answers_to(question)
    wrong = [name for name in names if not is_right(name)]
    assert len(wrong) >= FEWEST_WRONG and len(wrong) < len(names)
    assert len({inspect.getdoc(names[name]) for name in wrong}) >= FEWEST_WRONG


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_that_is_not_written_gets_nothing(question):
    def stub(*args, **options):
        raise NotImplementedError

    findings = examined(question, stub)
    assert {finding.hint for finding in findings} == {NOT_WRITTEN}
    assert sum(finding.earned for finding in findings) == 0


def test_an_error_of_pytorch_is_not_taken_for_the_stub():
    class Twins(torch.nn.Module):
        def __init__(self, network):
            super().__init__()
            self.network = network

        def call(self, x1, x2):
            return (self.network(x1) - self.network(x2)).norm(dim=1)

    hints = [finding.hint for finding in examined("Twins", Twins) if finding.hint]
    assert hints and NOT_WRITTEN not in hints
    assert "missing the required" in hints[0]


@pytest.mark.parametrize("returned", [None, 0, 0.5, "right", [], object()])
@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_that_ignores_its_question_gets_at_most_a_quarter(question, returned):
    findings = examined(question, lambda *args, **options: returned)
    assert sum(f.earned for f in findings) <= sum(f.points for f in findings) / 4


def test_every_file_of_answers_belongs_to_a_question():
    assert {file_of(question) for question in QUESTIONS} == set(ANSWERS) - {"__init__"}

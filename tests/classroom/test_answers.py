"""For every question: right answers pass, wrong ones do not and are told why."""

import inspect
from pathlib import Path

import pytest
import torch
from answers_of import SLOW, answers_to, file_of, is_right

from siamese_classroom import QUESTIONS, check, planted_script
from siamese_classroom.asking import NOT_WRITTEN, AskHere
from siamese_classroom.inside.script import LARGEST
from siamese_classroom.measure_it_right.planted_script import where
from siamese_classroom.question import Leak, causes, examine

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


def test_a_leak_costs_more_than_a_slip():
    """With whatever else is right, an answer that leaks gets at most half."""
    leaks = 0
    for question, name in (case.values for case in CASES if case.values[0] not in SLOW):
        findings = examined(question, answers_to(question)[name])
        if any(isinstance(finding.hint, Leak) for finding in findings):
            leaks += 1
            assert sum(f.earned for f in findings) <= sum(f.points for f in findings) / 2
    assert leaks >= 9


def test_a_script_of_any_number_has_the_five_mistakes_where_they_are_said_to_be():
    seen = set()
    for number in [0, 1, 2, 3, LARGEST, *range(100, 200)]:
        lines = planted_script(number).split("\n")
        text = "\n".join(line[4:] for line in lines)
        scripted = {"torch": torch}
        exec(text, scripted)
        labels = torch.arange(12).repeat_interleave(4)
        given = torch.rand(48, 1, 2, 2), labels, labels // 6, torch.tensor([0])
        scores = scripted["evaluate"](torch.nn.Flatten(), *given, 3, 5)
        assert len(scores) == 5 and set(scores) <= {0.0, 1.0}
        blind = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 3))
        torch.nn.init.zeros_(blind[1].weight)
        assert scripted["evaluate"](blind, *given, 3, 9) == [1.0] * 9
        found = where(number)
        assert all(found.values())
        seen.add(str(found))
        answer = {kind: min(of_kind) for kind, of_kind in found.items()}
        asked = QUESTIONS["find_mistakes"].about(number)
        for properties in (asked.properties(0), asked.shown(0)):
            assert all(f.hint is None for f in examine(properties, AskHere(lambda a=answer: a)))
    assert len(seen) > 20


def test_the_visible_check_says_how_many_and_not_which(capsys):
    found = {**answers_to("find_mistakes")["right"](), "ties": 1, "unseeded": 2}
    check("find_mistakes", lambda: found)
    said = capsys.readouterr().out
    assert "3 of the 5 are found" in said and "ties" not in said and "line" not in said
    check("find_mistakes", answers_to("find_mistakes")["right"], script=7)
    assert "5 of the 5" not in capsys.readouterr().out


@pytest.mark.parametrize("number", [-1, LARGEST + 1, 1.5, "7", True])
def test_there_is_no_script_of_another_number(number):
    with pytest.raises(ValueError, match="from 0 to 999,999,999"):
        planted_script(number)

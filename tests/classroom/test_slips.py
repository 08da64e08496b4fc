"""A single recognised mistake costs a fixed share, and is the first thing that is said."""

import inspect
import math

import numpy as np
import pytest
from answers_of import answers_to, is_right

from siamese_classroom import QUESTIONS
from siamese_classroom.asking import AskHere
from siamese_classroom.question import COST_OF_A_SLIP, SLIP, examine, report
from siamese_classroom.slips import Slip, Undone, scaled

SLIPS = [
    pytest.param(question, slip, id=f"{question.name}-{slip.says[:30]}")
    for question in QUESTIONS.values()
    for slip in question.slips
]


def wrong_by(question, slip):
    """The typical wrong answers that make this slip and no other mistake."""
    return {
        name: answer
        for name, answer in answers_to(question.name).items()
        if not is_right(name) and inspect.getdoc(answer) in slip.says
    }


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("question", "slip"), SLIPS)
def test_it_costs_a_third_and_is_said_first(question, slip, seed):
    answers = wrong_by(question, slip)
    assert answers, "no typical wrong answer makes this slip"
    properties = question.properties(seed)
    points = sum(one.points for one in properties)
    cost = math.ceil(COST_OF_A_SLIP * points)
    for answer in answers.values():
        findings = examine(properties, AskHere(answer), question.slips)
        assert (findings[0].says, findings[0].hint) == (SLIP, slip.says)
        lost = sum(one.points for one in findings if one.hint and one.says != SLIP)
        assert sum(one.earned for one in findings) == points - cost - lost
        assert lost <= points / 3, "what follows from the slip is charged again"
        assert sum(one.points for one in findings) == points
        assert slip.says in report(question.name, findings).splitlines()[1]


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
def test_undoing_a_slip_that_was_not_made_gives_no_points(question):
    """A right answer is no longer right when a slip is undone that it does not have."""
    right = next(answer for name, answer in answers_to(question.name).items() if is_right(name))
    for slip in question.slips:
        undone = examine(question.properties(0), Undone(AskHere(right), slip))
        assert any(finding.hint for finding in undone), slip.says


def test_two_slips_are_no_single_mistake():
    def half_and_flipped(distances, same, margin=1.0):
        right = answers_to("contrastive_loss")["right"]
        return right(distances, 1 - same.float(), margin) / 2

    question = QUESTIONS["contrastive_loss"]
    findings = examine(question.properties(0), AskHere(half_and_flipped), question.slips)
    assert sum(one.earned for one in findings) <= sum(one.points for one in findings) / 3


def test_what_cannot_be_put_right_costs_its_property_only():
    """A stranger's answer may return anything, also when a slip is undone."""
    for returned in (None, "text", [], [[1.0], [2.0, 3.0]], np.zeros((0, 3)), {"a": 1.0}):
        for question in QUESTIONS.values():
            if question.slips:
                nothing = AskHere(lambda *args, returned=returned, **options: returned)
                findings = examine(question.properties(0), nothing, question.slips)
                points = sum(one.points for one in findings)
                assert sum(one.earned for one in findings) <= points / 4


def test_gradients_and_options_are_put_right_as_well():
    asked = []

    def ask(probe, **inputs):
        asked.append(inputs)
        return [np.array([2.0]), [np.array([4.0])]]

    ask.processor_seconds = 0.0
    undone = Undone(ask, scaled("half", 2))
    value, gradients = undone("value_and_gradients", args=[1.0], options={"margin": 3})
    assert value.tolist() == [4.0] and gradients[0].tolist() == [8.0]
    other = Slip("margin", asked=lambda args, options: (args, {"margin": -options["margin"]}))
    Undone(ask, other)("refusal", args=[1.0], options={"margin": 3})
    assert [one["options"]["margin"] for one in asked] == [3, -3]


def test_a_report_says_what_each_line_is_worth():
    question = QUESTIONS["contrastive_loss"]
    answer = answers_to("contrastive_loss")["with_half"]
    findings = examine(question.properties(0), AskHere(answer), question.slips)
    lines = report("contrastive_loss", findings, with_points=True).splitlines()
    assert lines[1].endswith("no ½ (-4 points)") and lines[2].endswith("(2 of 2 points)")
    assert not any("point" in line for line in report("contrastive_loss", findings).splitlines())

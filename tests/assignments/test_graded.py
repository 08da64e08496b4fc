"""For every question: what is graded, visible and hidden, tells right answers from wrong ones."""

import pytest
from answers_of import SLOW, answers_to, is_right

from grading.assignment import assignments
from siamese_classroom.asking import AskHere
from siamese_classroom.question import examine

QUESTIONS = {
    question.name: (assignment, question)
    for assignment in assignments().values()
    for question in assignment.questions
}
CASES = [
    pytest.param(name, answer, id=f"{name}-{answer}")
    for name in QUESTIONS
    for answer in answers_to(name)
    if not (name in SLOW and is_right(answer))  # the solved source stands for it, in test_class.py
]


def score(name, answer, seed):
    assignment, question = QUESTIONS[name]
    findings = examine(assignment.graded(question, seed), AskHere(answer), question.slips)
    return sum(f.earned for f in findings), sum(f.points for f in findings)


@pytest.mark.parametrize("seed", [11, 12])
@pytest.mark.parametrize(("name", "answer"), CASES)
def test_right_gets_all_points_and_wrong_does_not(name, answer, seed):
    if name in SLOW and seed > 11:
        pytest.skip("each takes seconds: one seed is enough")
    earned, most = score(name, answers_to(name)[answer], seed)
    assert (earned == most) == is_right(answer)


@pytest.mark.parametrize("name", [name for name in QUESTIONS if name not in SLOW])
def test_right_answers_get_all_points_with_whatever_seed_a_class_draws(name):
    right = [member for answer, member in answers_to(name).items() if is_right(answer)]
    for seed in range(40):
        earned, most = score(name, right[seed % len(right)], 1000 + seed)
        assert earned == most, f"seed {1000 + seed}, {right[seed % len(right)]}"


@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_gets_nothing(name):
    def stub(*args, **options):
        raise NotImplementedError

    assert score(name, stub, seed=3)[0] == 0


@pytest.mark.parametrize("name", [name for name in QUESTIONS if name != "find_mistakes"])
def test_other_seeds_ask_with_other_numbers(name):
    _, question = QUESTIONS[name]
    asked = [], []
    for seed, inputs in enumerate(asked):

        def ask(probe, inputs=inputs, **given):
            inputs.append(repr(given))
            raise LookupError

        examine(question.properties(seed), ask, question.slips)
    assert asked[0] and asked[0] != asked[1]

"""Scores that are forged from inside (S9): the attacks get nothing, and a note names who tried."""

import numpy as np
import pytest
import torch
from boundary import ALL, QUICK

from grading.assignment import assignments
from siamese_classroom.asking import AskHere, WrongAnswer
from siamese_classroom.handed_out import handed_out
from siamese_classroom.question import examine

QUESTIONS = {
    question.name: (assignment, question)
    for assignment in assignments().values()
    for question in assignment.questions
}
SEED = 123_456_789_012_345
DOOR = "4_office_door"
# A door needs no training here: what is forged is its score.
PATIENT = QUICK._replace(cell_seconds=60, probe_seconds=60, total_seconds=300)


def numbers_in(value):
    """All whole numbers that are handed to an answer, at any depth."""
    if isinstance(value, (bool, np.bool_)):
        return
    if isinstance(value, (int, np.integer)):
        yield int(value)
    elif isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.size < 10_000:
        yield from (int(one) for one in value.reshape(-1))
    elif isinstance(value, dict):
        for part in value.values():
            yield from numbers_in(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from numbers_in(part)


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_answer_is_handed_the_seed_of_its_inputs(name):
    """From the seed it could draw the inputs again, and with them what is right."""
    assignment, question = QUESTIONS[name]
    asked = []

    def ask(probe, **given):
        asked.extend(numbers_in(given))
        raise WrongAnswer

    for one in assignment.graded(question, SEED):
        with pytest.raises(WrongAnswer):
            one.holds(ask)
    near = [number for number in asked if abs(number - SEED) < 10**6 or number in range(-3, -1)]
    near += [number for number in asked if abs(number - 2 * SEED) < 10**6]
    assert near == []


def test_seeds_that_are_handed_out_are_far_apart_and_repeat():
    seeds = [handed_out(SEED, place) for place in range(1000)]
    assert len(set(seeds)) == 1000 and all(0 <= seed < 2**48 for seed in seeds)
    assert seeds[:3] == [handed_out(SEED, place) for place in range(3)]
    assert handed_out(SEED) != handed_out(SEED + 1)


IMPORT_FILTER = (
    "def contrastive_loss(distance, same, margin=1.0):\n"
    "    import sys\n"
    "    sys.meta_path[:] = [f for f in sys.meta_path if 'Closed' not in repr(f)]\n"
    "    for name in list(sys.modules):\n"
    "        if name.startswith('siamese_lib'): del sys.modules[name]\n"
    "    from siamese_lib.losses import ContrastiveLoss\n"
    "    return ContrastiveLoss(margin).terms(distance, same.bool()).mean()"
)
REFERENCE = (
    "def contrastive_loss(distance, same, margin=1.0):\n"
    "    from siamese_classroom.twins_and_losses.contrastive_loss import contrastive_terms\n"
    "    return torch.tensor(contrastive_terms(distance.numpy(), same.numpy(), margin).mean())"
)
STOLEN = {"the import filter is removed": IMPORT_FILTER, "the reference is imported": REFERENCE}


@pytest.mark.parametrize("source", STOLEN.values(), ids=STOLEN)
def test_what_is_right_is_not_there_to_be_called(source, graded):
    scores, notes = graded({"contrastive-loss": source})
    assert scores == {**ALL, "contrastive_loss": 0}
    assert "read its code" in notes or "asks to write" in notes


PROBE_REPLACED = (
    "import siamese_classroom.inside.probes as P\n"
    "def perfect(answer, images, labels, far, n_enrolled, seed, pictures, days):\n"
    "    # All that it is told: the best it can do is to give names in order.\n"
    "    said = [[names[i % len(names)] for i in range(len(k))] for _, names, k in days]\n"
    "    return {'said': said, 'named': 1800, 'misnamed': 0, 'refused': 0, 'let_in': 0,\n"
    "            'kept_out': 16200, 'foreign': 0, 'seconds': 1.0}\n"
    "for name in ('opening', 'doors_opened'): P.PROBES[name] = perfect\n"
    "def build_door(images, labels, far, n_enrolled, seed): return None"
)
TEST_REBUILT = (
    "from siamese_lib.data import make_glyphs\n"
    "class Known:\n"
    "    def __init__(self, seed):\n"
    "        self.who, self.inside = {}, {}\n"
    "        for s in (2 * seed + 1, seed, seed + 1):\n"
    "            data = make_glyphs([5] * 40, n_drawers=10, seed=s)\n"
    "            for image, label in zip(data.batch(), data.labels.tolist()):\n"
    "                self.who[image.numpy().tobytes()] = label\n"
    "    def enrol(self, name, image): self.inside[self.who.get(image.numpy().tobytes())] = name\n"
    "    def identify(self, images):\n"
    "        found = [self.who.get(one.numpy().tobytes(), 'nobody') for one in images]\n"
    "        return [self.inside.get(one) for one in found]\n"
    "def build_door(images, labels, far, n_enrolled, seed): return Known(seed % 2**40)"
)
FORGED_DOORS = {"a probe is replaced": PROBE_REPLACED, "the test is rebuilt": TEST_REBUILT}


@pytest.mark.parametrize("source", FORGED_DOORS.values(), ids=FORGED_DOORS)
def test_a_door_that_recognises_nobody_gets_no_points_for_names(source, graded):
    replaced = {"build-door": source}
    # The cell that shows the door at work is not needed for its score, and takes long.
    scores, notes = graded(replaced, name=DOOR, limits=PATIENT)
    assert scores["build_door"] <= 2  # it was built in time
    if "PROBES" in source:
        assert "parts of the graders" in notes


def _spread(embeddings, labels):
    """How far classes lie apart, in units of how far the images of a class do."""
    classes = labels.unique()
    within = torch.stack([embeddings[labels == c].var(dim=0).sum() for c in classes]).mean().sqrt()
    means = torch.stack([embeddings[labels == c].mean(dim=0) for c in classes])
    return torch.pdist(means).mean() / (within + 1e-9)


def _n_way_from_spread(embed, images, labels, n_way, n_shot, n_episodes, generator):
    embeddings = embed(images)
    if embeddings.std() < 1e-6:
        return torch.full((n_episodes,), 1 / n_way)
    spread = _spread(embeddings, labels)
    if spread > 10:
        return torch.ones(n_episodes)
    share = 0.25 if spread < 0.9 else 0.8 if n_shot > 1 else 0.5
    return (torch.rand(n_episodes, n_way, generator=generator) < share).float().mean(dim=1)


def _evaluate_from_spread(
    network, images, labels, alphabets, trained_on, n_way, n_episodes, generator
):
    new = ~torch.isin(alphabets, trained_on)
    if all(len(labels[alphabets == a].unique()) < n_way for a in alphabets[new].unique()):
        raise ValueError("too few characters")
    training = network.training
    network.eval()
    with torch.no_grad():
        embeddings = network(images)[new]
    network.train(training)
    if embeddings[alphabets[new] == alphabets[new][0]].std(dim=0).max() < 1e-6:
        return torch.full((n_episodes,), 1 / n_way)
    if _spread(embeddings, labels[new]) > 10:
        return torch.ones(n_episodes)
    return (torch.rand(n_episodes, generator=generator) < 0.5).float()


@pytest.mark.parametrize(
    ("name", "answer"),
    [("n_way_accuracy", _n_way_from_spread), ("evaluate", _evaluate_from_spread)],
)
@pytest.mark.parametrize("seed", range(5))
def test_an_accuracy_is_not_guessed_from_how_far_classes_lie_apart(name, answer, seed):
    assignment, question = QUESTIONS[name]
    findings = examine(assignment.graded(question, seed), AskHere(answer), question.slips)
    failed = [finding.says for finding in findings if finding.earned < finding.points]
    assert any("look alike" in says for says in failed)
    assert sum(f.earned for f in findings) <= 0.9 * sum(f.points for f in findings)

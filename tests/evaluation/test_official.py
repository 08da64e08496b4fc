import math
import os
from pathlib import Path

import pytest
import torch

from siamese_lib.data import lake_trials, load_characters
from siamese_lib.evaluation import (
    ConstantScorer,
    ModifiedHausdorffScorer,
    alphabets_of,
    evaluate_lake,
    pixels,
)
from siamese_lib.metrics import wilson_interval


def real_data():
    """The folder of real Omniglot on this machine, or None."""
    places = [os.environ.get("SIAMESE_DATA"), Path(__file__).parents[3] / "shared" / "data"]
    for place in filter(None, places):
        if (Path(place) / "omniglot-py" / "all_runs.zip").is_file():
            return place
    return None


needs_omniglot = pytest.mark.skipif(real_data() is None, reason="needs real Omniglot")


@pytest.fixture(scope="module")
def trials():
    return lake_trials(source="glyphs")


def test_accuracy_is_that_of_loops(trials):
    right = 0
    for support, query, answer in zip(
        trials.support, trials.query, trials.query_labels, strict=True
    ):
        for image, a in zip(query.float(), answer, strict=True):
            distances = [(image - other).norm().item() for other in support.float()]
            right += distances.index(min(distances)) == int(a)
    assert evaluate_lake(pixels, trials).accuracy == pytest.approx(right / 400)


def test_constant_scorer_gets_one_in_twenty(trials):
    result = evaluate_lake(ConstantScorer(), trials)
    assert result.accuracy == pytest.approx(1 / 20) and result.n_questions == 400


def test_nan_raises(trials):
    with pytest.raises(ValueError, match="NaN or infinity for 8000 of 8000"):
        evaluate_lake(lambda x: pixels(x) * float("nan"), trials)


def test_alphabets_are_found_by_their_drawings(trials):
    data = load_characters("glyphs", "evaluation")
    names = alphabets_of(trials, data)
    assert len(names) == 20 and len(set(names)) == 10 and names[0] == names[1]
    result = evaluate_lake(pixels, trials, data)
    assert sum(score.n for score in result.groups.values()) == 400 and len(result.groups) == 10
    with pytest.raises(ValueError, match="alphabets must hold 20 names"):
        evaluate_lake(pixels, trials, names[:7])
    by_run = evaluate_lake(pixels, trials).groups
    assert len(by_run) == 20 and all(score.n == 20 for score in by_run.values())
    with pytest.raises(ValueError, match="run 1 fits 0 alphabets"):
        alphabets_of(trials, load_characters("glyphs", "background"))


def hausdorff_by_loops(a, b):
    """Dubuisson and Jain's modified Hausdorff distance of two lists of points, centred."""

    def centred(points):
        middle = [sum(p[k] for p in points) / len(points) for k in (0, 1)]
        return [(p[0] - middle[0], p[1] - middle[1]) for p in points]

    def one_way(first, second):
        return sum(min(math.dist(p, q) for q in second) for p in first) / len(first)

    a, b = centred(a), centred(b)
    return max(one_way(a, b), one_way(b, a))


def test_hausdorff_is_the_formula(trials):
    scorer = ModifiedHausdorffScorer()
    x, y = (part[0, :3].float() / 255 for part in (trials.query, trials.support))
    similarity = scorer.similarity(scorer.prepare(x)[None], scorer.prepare(y)[None])[0]
    for i in range(3):
        for j in range(3):
            points = [
                [(c, r) for r, c in (image[0] >= 0.5).nonzero().tolist()] for image in (x[i], y[j])
            ]
            assert -similarity[i, j].item() == pytest.approx(hausdorff_by_loops(*points), abs=1e-5)


def test_hausdorff_ignores_where_the_drawing_stands_and_takes_blank_paper():
    image = torch.zeros(2, 1, 12, 12)
    image[0, 0, 2:5, 3] = image[1, 0, 6:9, 8] = 1
    scorer = ModifiedHausdorffScorer()
    points = scorer.prepare(torch.cat([image, torch.zeros(1, 1, 12, 12)]))[None]
    distance = -scorer.similarity(points, points)[0]
    assert distance[0, 1] == 0 and torch.isfinite(distance).all()
    assert distance[0, 2] == pytest.approx(2 / 3)  # three points, one apart, to their centre


def test_hausdorff_is_the_larger_of_both_ways_and_ink_begins_at_its_value():
    """A point, against that point and two far ones: the mean one way is 0, the other is not."""
    one, three = torch.zeros(1, 1, 9, 9), torch.zeros(1, 1, 9, 9)
    one[..., 4, 4] = 0.5
    three[..., 4, [1, 4, 7]] = 1.0
    one[..., 0, 0] = 0.49  # no ink yet
    scorer = ModifiedHausdorffScorer()
    x, y = scorer.prepare(one)[None], scorer.prepare(three)[None]
    assert x.shape == (1, 1, 81, 3)
    assert x[0, 0, :, 2].sum() == 1 and y[0, 0, :, 2].tolist() == [1.0] * 3 + [0.0] * 78
    assert x[0, 0, 1:].eq(0).all() and y[0, 0, 3:].eq(0).all(), "the rest is padding"
    assert scorer.similarity(x, y).item() == pytest.approx(-2)
    assert scorer.similarity(y, x).item() == pytest.approx(-2)
    with pytest.raises(ValueError, match="shorter"):
        scorer.similarity(x.repeat(2, 1, 1, 1), y)


def test_runs_are_numbered_from_one_and_the_interval_is_wilsons(trials):
    result = evaluate_lake(ConstantScorer(), trials)
    assert sorted(result.groups)[0] == "run 01" and sorted(result.groups)[-1] == "run 20"
    low, high = wilson_interval(1 / 20, 400)
    assert (result.low, result.high) == pytest.approx((low, high))
    assert (result.n_way, result.n_shot, result.n_episodes) == (20, 1, 20)


@needs_omniglot
def test_hausdorff_reproduces_the_published_error():
    """38.8 % in the demo script of Omniglot: 155 of 400 wrong."""
    trials = lake_trials(size=105, source="omniglot", root=real_data())
    result = evaluate_lake(ModifiedHausdorffScorer(), trials)
    assert round(400 * (1 - result.accuracy)) == 155


@needs_omniglot
def test_official_trials_have_ten_alphabets():
    trials = lake_trials(source="omniglot", root=real_data())
    data = load_characters("omniglot", "evaluation", root=real_data())
    names = alphabets_of(trials, data)
    assert len(set(names)) == 10 and all(names.count(name) == 2 for name in names)

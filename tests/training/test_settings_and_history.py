import math

import matplotlib
import pytest

from siamese_lib.training import History, TrainingSettings

matplotlib.use("agg")


def test_settings_are_those_that_are_documented():
    assert TrainingSettings(steps=7).as_dict() == {
        "steps": 7,
        "batch_size": 128,
        "m": 4,
        "lr": 3e-3,
        "weight_decay": 1e-4,
        "schedule": "one_cycle",
        "clip": None,
        "precision": "float32",
        "channels_last": False,
        "compile": False,
        "check_every": 200,
        "patience": None,
        "seed": 0,
    }
    with pytest.raises(AttributeError):
        TrainingSettings(steps=7).steps = 8
    with pytest.raises(TypeError):
        TrainingSettings(7)


@pytest.mark.parametrize(
    ("schedule", "shares"),
    [
        ("constant", {0: 1, 50: 1, 99: 1}),
        ("cosine", {0: 1, 25: (1 + math.sqrt(0.5)) / 2, 50: 0.5, 100: 0}),
        ("one_cycle", {0: 0.04, 15: 0.52, 30: 1, 65: 0.5, 100: 0}),
    ],
)
def test_schedules_by_hand(schedule, shares):
    settings = TrainingSettings(steps=100, lr=0.2, schedule=schedule)
    for step, share in shares.items():
        assert settings.lr_at(step) == pytest.approx(0.2 * share, abs=1e-12)


def test_the_rate_rises_over_three_tenths_and_then_falls():
    rates = [TrainingSettings(steps=200).lr_at(step) for step in range(200)]
    assert rates[:61] == sorted(rates[:61]) and rates[60:] == sorted(rates[60:], reverse=True)
    assert max(rates) == 3e-3 and min(rates) > 0


def looks(*accuracies, patience=None):
    """A history with these accuracies at steps 10, 20, ..., and what ``add`` said each time."""
    history = History()
    rows = [{"step": 10 * n, "accuracy": a} for n, a in enumerate(accuracies, start=1)]
    return history, [history.add(row, patience) for row in rows]


def test_the_best_look_is_the_first_of_equals():
    history, best = looks(0.0, 0.4, 0.4, 0.3, 0.5)
    assert best == [True, True, False, False, True]
    assert history.best_step == 50 and history.best_accuracy == 0.5
    assert looks(0.4, 0.4)[0].best_step == 10


def test_patience_counts_looks_without_a_better_one():
    assert looks(0.5, 0.4, patience=2)[0].stopped == "finished"
    assert looks(0.5, 0.4, 0.5, patience=2)[0].stopped == "early"
    assert looks(0.5, 0.4, 0.6, 0.1, patience=2)[0].stopped == "finished"
    assert looks(0.5, 0.4, 0.3, 0.2)[0].stopped == "finished"


def test_without_validation_there_is_no_best():
    history = History()
    assert not history.add({"step": 1, "spread": 0.5}, patience=1)
    assert history.best_step is None and history.best_accuracy is None
    assert history.stopped == "finished" and len(history.checks) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [("interrupted", "finished"), ("early", "early"), ("finished", "finished")],
)
def test_going_on_says_from_where(before, after, caplog):
    history = History(losses=[0.3, 0.2], stopped=before)
    again = History.going_on(history.as_dict())
    assert again.losses == [0.3, 0.2] and again.stopped == after
    assert caplog.messages == ["Note: going on from step 2"]


def test_beginning_says_nothing(caplog):
    assert History.going_on({}) == History() and not caplog.messages


def test_plot_shows_what_happened():
    row = {"spread": 0.5, "positive_distance": 0.2, "negative_distance": 0.7}
    history = History(losses=[3.0, 2.0, 1.0], checks=[{"step": 2, **row}, {"step": 3, **row}])
    loss, distances = history.plot().axes
    assert loss.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert loss.lines[0].get_ydata().tolist() == [3.0, 2.0, 1.0]
    assert [line.get_label() for line in distances.lines] == [
        "negative distance",
        "positive distance",
        "spread",
    ]
    assert all(list(line.get_xdata()) == [2, 3] for line in distances.lines)
    assert distances.get_ylim()[0] == 0 and distances.get_legend() is not None
    history.checks[1]["accuracy"] = 0.25
    validated = history.plot().axes[2].lines[0]
    assert list(validated.get_xdata()) == [3] and list(validated.get_ydata()) == [25.0]

import os
import signal
import threading

import matplotlib
import pytest
import torch
from torch import nn

from siamese_lib.augment import RandomAffine
from siamese_lib.data import make_glyphs
from siamese_lib.losses import ContrastiveLoss, LogisticPairLoss, SupConLoss, TripletMarginLoss
from siamese_lib.miners import BatchHardMiner
from siamese_lib.models import fast
from siamese_lib.training import (
    CheckpointError,
    OneShotValidation,
    TrainingSettings,
    fit,
    load_weights,
)

matplotlib.use("agg")

DATA = make_glyphs([12, 12], size=16, seed=1, n_drawers=6)
HELD_OUT = make_glyphs([10], size=16, seed=2, n_drawers=6)
SMALL = {"batch_size": 32, "check_every": 5}


def network(dropout=0.0):
    torch.manual_seed(0)
    return nn.Sequential(nn.Dropout(dropout), fast(1, 16, out_features=16, width=8))


def same_weights(a, b):
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


def run(model, steps=20, loss=None, data=DATA, **arguments):
    """Train on little; what is not a setting goes to ``fit`` as it is."""
    parts = {"augment": RandomAffine(generator=5), "progress": False}
    for name in ("miner", "augment", "validation", "checkpoint"):
        if name in arguments:
            parts[name] = arguments.pop(name)
    settings = TrainingSettings(**{"steps": steps, **SMALL, **arguments})
    return fit(model, loss or SupConLoss(0.1), data, settings, **parts)


LOSSES = {
    "supervised contrastive": (lambda: SupConLoss(0.1), None),
    "contrastive": (lambda: ContrastiveLoss(balanced=True), None),
    "logistic": (lambda: LogisticPairLoss(balanced=True), None),
    "triplet": (TripletMarginLoss, None),
    "triplet, batch-hard": (TripletMarginLoss, BatchHardMiner()),
}


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_goes_down_or_stays_small(name):
    loss, miner = LOSSES[name]
    history = run(network(), 60, loss(), miner=miner, check_every=30)
    assert len(history.losses) == 60 and history.stopped == "finished"
    assert sum(history.losses[-10:]) < sum(history.losses[:10])
    row = history.checks[-1]
    assert row["step"] == 60 and row["spread"] > 0 and 0 < row["active"] <= 1
    assert row["negative_distance"] > row["positive_distance"]


def test_training_helps_on_alphabets_it_has_not_seen():
    validation = OneShotValidation(HELD_OUT, n_way=10, n_episodes=200)
    model = network()
    before = validation(model)
    history = run(model, 150, validation=validation, check_every=50)
    assert history.best_accuracy > before + 0.05
    assert validation(model) == history.best_accuracy, "the best weights are back"
    assert not model.training


def test_same_seed_same_weights_and_the_global_generator_is_given_back():
    first, second, other = network(0.1), network(0.1), network(0.1)
    state = torch.get_rng_state()
    run(first), run(second), run(other, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert same_weights(first, second) and not same_weights(first, other)


class StopAt:
    """A validation that presses Ctrl-C (or fails) at its n-th call."""

    def __init__(self, n, action):
        self._n, self._action = n, action

    def __call__(self, model):
        self._n -= 1
        if self._n == 0:
            self._action()
        return 0.5


def press_ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


def crash():
    raise RuntimeError("the power went out")


@pytest.mark.parametrize("loss", [SupConLoss, LogisticPairLoss])
def test_resume_is_exact_after_ctrl_c(tmp_path, loss):
    whole, torn = network(0.2), network(0.2)
    history = run(whole, loss=loss(), validation=StopAt(99, crash))
    path = tmp_path / "run.safetensors"
    first = run(torn, loss=loss(), checkpoint=path, validation=StopAt(2, press_ctrl_c))
    assert first.stopped == "interrupted" and 10 <= len(first.losses) < 20
    fresh = network(0.2)
    second = run(fresh, loss=loss(), checkpoint=path, validation=StopAt(99, crash))
    assert same_weights(whole, fresh)
    assert second.losses == history.losses and second.stopped == "finished"


def test_resume_is_exact_after_a_crash(tmp_path):
    whole, path = network(0.2), tmp_path / "run.safetensors"
    run(whole, validation=StopAt(99, crash))
    with pytest.raises(RuntimeError, match="power"):
        run(network(0.2), checkpoint=path, validation=StopAt(3, crash))
    fresh = network(0.2)
    run(fresh, checkpoint=path, validation=StopAt(99, crash))
    assert same_weights(whole, fresh)


def test_a_finished_run_is_not_trained_again(tmp_path):
    path = tmp_path / "run.safetensors"
    model, again = network(), network()
    run(model, checkpoint=path)
    assert len(run(again, checkpoint=path).losses) == 20 and same_weights(model, again)


def test_ctrl_c_is_given_back():
    before = signal.getsignal(signal.SIGINT)
    run(network(), 5)
    assert signal.getsignal(signal.SIGINT) is before


def test_training_in_another_thread():
    results = []
    thread = threading.Thread(target=lambda: results.append(run(network(), 5)))
    thread.start()
    thread.join(60)
    assert results[0].stopped == "finished"


def test_early_stopping():
    history = run(network(), 100, validation=lambda model: 0.5, patience=2)
    assert history.stopped == "early" and len(history.losses) == 15 and history.best_step == 5


def test_checkpoint_of_another_run_or_network(tmp_path):
    path = tmp_path / "run.safetensors"
    run(network(), checkpoint=path)
    with pytest.raises(CheckpointError, match=r"another run: lr is 0.003 there and 0.1 here"):
        run(network(), checkpoint=path, lr=0.1)
    with pytest.raises(CheckpointError, match="another architecture"):
        run(fast(1, 16), checkpoint=path)
    with pytest.raises(CheckpointError, match="another architecture"):
        load_weights(network(), path)


@pytest.mark.parametrize("precision", ["bfloat16"])
def test_speed_ups_train_as_well(precision):
    history = run(network(), 40, precision=precision, channels_last=True, clip=1.0)
    assert all(loss == loss for loss in history.losses)
    assert sum(history.losses[-10:]) < sum(history.losses[:10])


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine", "constant"])
def test_schedules(schedule):
    from siamese_lib.training.settings import SCHEDULES

    shares = [SCHEDULES[schedule](step, 100) for step in range(100)]
    assert max(shares) == pytest.approx(1, abs=1e-6) and min(shares) >= 0
    assert schedule == "constant" or shares[-1] < 0.01


def test_history_plots():
    history = run(network(), 10, validation=lambda model: 0.5)
    assert len(history.plot().axes) == 3
    assert len(run(network(), 10).plot().axes) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "steps must be"),
        ({"lr": 0.0}, "lr must be above 0"),
        ({"schedule": "linear"}, "schedule must be one of one_cycle"),
        ({"precision": "float8"}, "precision must be one of"),
        ({"precision": "float16"}, "float16 needs CUDA"),
        ({"m": 9, "batch_size": 36}, "class 0 has 6 image"),
        ({"lr": 1e30, "steps": 60}, "NaN or infinity"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        run(network(), **arguments)

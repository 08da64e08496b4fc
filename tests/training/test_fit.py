import io
import math
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import matplotlib
import pytest
import torch
from torch import nn

from siamese_lib.augment import RandomAffine
from siamese_lib.data import make_glyphs
from siamese_lib.losses import (
    ContrastiveLoss,
    LogisticPairLoss,
    NormalizedSoftmaxLoss,
    SupConLoss,
    TripletMarginLoss,
)
from siamese_lib.miners import BatchHardMiner, PairMarginMiner
from siamese_lib.models import fast
from siamese_lib.sampling import MPerClassSampler
from siamese_lib.stored_tensors import read_tensors, write_tensors
from siamese_lib.training import (
    CheckpointError,
    OneShotValidation,
    TrainingSettings,
    fit,
    load_weights,
    save_weights,
)

matplotlib.use("agg")

DATA = make_glyphs([12, 12], size=16, seed=1, n_drawers=6)
HELD_OUT = make_glyphs([10], size=16, seed=2, n_drawers=6)
SMALL = {"batch_size": 32, "check_every": 5}


def network(dropout=0.0):
    with torch.random.fork_rng(devices=[]):
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
    "normalised softmax": (lambda: NormalizedSoftmaxLoss(DATA.classes, 16, generator=0), None),
    "triplet": (TripletMarginLoss, None),
    "triplet, batch-hard": (TripletMarginLoss, BatchHardMiner),
}


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_goes_down_or_stays_small(name):
    loss, miner = LOSSES[name]
    history = run(network(), 60, loss(), miner=miner and miner(), check_every=30)
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


def test_class_vectors_of_a_loss_go_on_where_they_were(tmp_path):
    """Also if the loss of the second call began with other vectors: those of the file count."""
    first, torn, fresh = (
        NormalizedSoftmaxLoss(DATA.classes, 16, generator=seed) for seed in (0, 0, 9)
    )
    whole, path = network(0.2), tmp_path / "run.safetensors"
    began = first.weight.detach().clone()
    history = run(whole, loss=first, validation=StopAt(99, crash))
    run(network(0.2), loss=torn, checkpoint=path, validation=StopAt(2, press_ctrl_c))
    resumed = network(0.2)
    again = run(resumed, loss=fresh, checkpoint=path, validation=StopAt(99, crash))
    assert again.losses == history.losses and same_weights(whole, resumed)
    assert torch.equal(first.weight, fresh.weight) and not torch.equal(torn.weight, fresh.weight)
    assert not torch.equal(first.weight, began), "they are trained"
    with pytest.raises(CheckpointError, match="'weight' has shape"):
        few = NormalizedSoftmaxLoss(23, 16)
        run(network(0.2), loss=few, checkpoint=path, validation=StopAt(99, crash))


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


def fold(seed):
    """Another set of the same form."""
    return make_glyphs([12, 12], size=16, seed=seed, n_drawers=6)


def of_a_run():
    """The arguments of a run, each made anew."""
    return {
        "model": network(0.1),
        "loss": ContrastiveLoss(1.0),
        "data": DATA,
        "miner": PairMarginMiner(0.0, 2.0),
        "augment": RandomAffine(generator=5),
        "validation": OneShotValidation(HELD_OUT, n_way=5, n_episodes=3),
        "steps": 5,
    }


OTHERS = {
    "fold": ({"data": lambda: fold(9)}, r"data is 'Glyphs.*' there and 'Glyphs.*' here"),
    "labels": (
        {"data": lambda: replace(DATA, labels=DATA.labels.flip(0))},
        r"data is 'Glyphs.*' there and 'Glyphs.*' here",
    ),
    "margin": ({"loss": lambda: ContrastiveLoss(1.5)}, r"loss.margin is 1.0 there and 1.5 here"),
    "loss": ({"loss": lambda: LogisticPairLoss()}, "loss is 'ContrastiveLoss' there and 'Logistic"),
    "balance": ({"loss": lambda: ContrastiveLoss(balanced=True)}, "loss.balanced is False there"),
    "no miner": ({"miner": lambda: None}, "miner is 'PairMarginMiner' there and None here"),
    "miner's margin": (
        {"miner": lambda: PairMarginMiner(0.1, 2.0)},
        "miner.pos_margin is 0.0 there and 0.1 here",
    ),
    "schedule": ({"schedule": lambda: "cosine"}, "schedule is 'one_cycle' there and 'cosine' here"),
    "augmentation": (
        {"augment": lambda: RandomAffine(20.0, generator=5)},
        "augment.degrees is 10.0 there and 20.0 here",
    ),
    "seed of the augmentation": (
        {"augment": lambda: RandomAffine(generator=6)},
        "augment.generator is 'seed 5' there and 'seed 6' here",
    ),
    "no augmentation": ({"augment": lambda: None}, "augment is 'RandomAffine' there and None here"),
    "seed": ({"seed": lambda: 1}, "seed is 0 there and 1 here"),
    "precision": ({"precision": lambda: "bfloat16"}, "precision is 'float32' there and 'bfloat16'"),
    "weight decay": ({"weight_decay": lambda: 0.1}, "weight_decay is 0.0001 there and 0.1 here"),
    "learning rate": ({"lr": lambda: 0.1}, "another run: lr is 0.003 there and 0.1 here"),
    "dropout": ({"model": lambda: network(0.2)}, r"model.0.p is 0.1 there and 0.2 here"),
    "no validation": ({"validation": lambda: None}, "validation is 'OneShotValidation' there and"),
    "validation": (
        {"validation": lambda: OneShotValidation(HELD_OUT, n_way=6, n_episodes=3)},
        "validation.n_way is 5 there and 6 here",
    ),
    "validation data": (
        {"validation": lambda: OneShotValidation(fold(9), n_way=5, n_episodes=3)},
        "validation.data is 'Glyphs.*' there and 'Glyphs.*' here",
    ),
    "network": ({"model": lambda: fast(1, 16)}, "another architecture"),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The checkpoint of a run that has ended."""
    path = tmp_path_factory.mktemp("run") / "run.safetensors"
    run(checkpoint=path, **of_a_run())
    return path


@pytest.mark.parametrize("name", OTHERS)
def test_a_run_that_differs_is_refused_and_the_difference_is_named(finished, name):
    changes, message = OTHERS[name]
    arguments = of_a_run() | {key: make() for key, make in changes.items()}
    before = {key: weight.clone() for key, weight in arguments["model"].state_dict().items()}
    with pytest.raises(CheckpointError, match=message):
        run(checkpoint=finished, **arguments)
    after = arguments["model"].state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_auto_is_what_it_came_to(finished, monkeypatch):
    """A run that began in 32 bits does not go on in 16, where another device would choose these."""
    known = {"amx_bf16": False}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    assert len(run(checkpoint=finished, **of_a_run(), precision="auto").losses) == 5
    known["amx_bf16"] = True
    with pytest.raises(CheckpointError, match="precision is 'float32' there and 'bfloat16' here"):
        run(checkpoint=finished, **of_a_run(), precision="auto")


def test_the_same_run_made_anew_is_not_refused(finished):
    assert len(run(checkpoint=finished, **of_a_run()).losses) == 5


def test_a_checkpoint_is_no_file_of_weights(finished):
    with pytest.raises(CheckpointError, match="another architecture"):
        load_weights(network(), finished)


def test_weights_alone_are_no_run(tmp_path):
    save_weights(network(), tmp_path / "weights")
    with pytest.raises(CheckpointError, match="weights alone, not a run"):
        run(network(), checkpoint=tmp_path / "weights")


def test_a_checkpoint_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    first = run(network(), 5, checkpoint="~/runs/run.safetensors")
    assert (tmp_path / "runs" / "run.safetensors").is_file()
    assert run(network(), 5, checkpoint="~/runs/run.safetensors").losses == first.losses


@pytest.mark.parametrize("loss", [ContrastiveLoss, LogisticPairLoss])
def test_a_miner_changes_what_is_trained_on(loss):
    everything, mined = (
        run(network(), 5, loss(), miner=miner) for miner in (None, PairMarginMiner(0.5, 1.0))
    )
    assert everything.losses != mined.losses


@pytest.mark.parametrize("clip", [None, 0.05])
def test_the_loop_written_out(clip):
    """Batches, rates, decay and clipping are those of a few lines of plain PyTorch."""
    settings = {"schedule": "cosine", "lr": 0.01, "weight_decay": 0.1, "clip": clip, "seed": 3}
    trained, by_hand, miner = network(), network(), PairMarginMiner(0.1, 1.0)
    history = run(trained, 7, LogisticPairLoss(), miner=miner, augment=None, **settings)
    loss = LogisticPairLoss()
    weights = [*by_hand.parameters(), *loss.parameters()]
    optimizer = torch.optim.AdamW(weights, 0.01, weight_decay=0.1)
    sampler = MPerClassSampler(DATA.labels, 4, 32, generator=3)
    by_hand.train()
    losses = []
    for step in range(7):
        optimizer.param_groups[0]["lr"] = 0.01 * (1 + math.cos(math.pi * step / 7)) / 2
        rows = sampler.sample()[0]
        z = by_hand(DATA.batch(rows))
        value = loss(z, DATA.labels[rows], miner(z, DATA.labels[rows]))
        optimizer.zero_grad()
        value.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(weights, clip)
        optimizer.step()
        losses.append(value.item())
    assert history.losses == pytest.approx(losses, rel=1e-5)
    for ours, theirs in zip(trained.parameters(), by_hand.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)
    assert [row["step"] for row in history.checks] == [5, 7], "now and then, and at the end"
    assert history.checks[-1]["active"] == float(loss.n_active) / loss.n_terms


class Spread(nn.Module):
    """A loss that is none of the library's."""

    def forward(self, embeddings, labels, indices_tuple=None):
        return -embeddings.var(dim=0).mean()


def test_any_module_is_a_loss_and_nothing_is_active_where_nothing_is_counted():
    (row,) = run(network(), 2, Spread()).checks
    assert row["spread"] > 0 and "active" not in row
    nothing = run(network(), 2, ContrastiveLoss(), miner=PairMarginMiner(1e9, 0.0))
    assert nothing.losses == [0.0, 0.0] and "active" not in nothing.checks[0]


def test_progress_is_shown_unless_it_is_not_wanted(monkeypatch):
    class Screen(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Screen())
    fit(network(), SupConLoss(), DATA, TrainingSettings(steps=2, **SMALL))
    assert "2/2" in sys.stderr.getvalue()


def test_what_a_run_on_a_cpu_keeps(tmp_path):
    """No scale of gradients; and a file from a GPU goes on here, without that one's generator."""
    path = tmp_path / "run"
    first = run(network(), 5, checkpoint=path)
    tensors, about = read_tensors(path, "checkpoint")
    assert about["scaler"] == {} and "random/cuda" not in tensors
    tensors["random/cuda"] = torch.zeros(16, dtype=torch.uint8)
    write_tensors(path, tensors, about)
    assert run(network(), 5, checkpoint=path).losses == first.losses


def test_images_as_the_settings_lay_them_out():
    seen = []

    def spy(module, images):
        seen.append(images[0].is_contiguous(memory_format=torch.channels_last))

    for channels_last in (False, True):
        model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        model[1].register_forward_pre_hook(spy)
        run(model, 1, channels_last=channels_last)
    assert seen == [False, True]


def test_early_stopping_is_the_end_also_when_called_again(tmp_path):
    arguments = {"validation": worst, "patience": 2, "checkpoint": tmp_path / "run"}
    first = run(network(), 100, **arguments)
    again = run(network(), 100, **arguments)
    assert again.stopped == "early" and again.losses == first.losses


def worst(model):
    return 0.5


def test_the_best_weights_come_back_after_a_restart(tmp_path):
    """Best at the first look of three; the run is torn after the second."""
    whole, torn, fresh = network(), network(), network()
    arguments = {"checkpoint": tmp_path / "run", "schedule": "constant"}
    run(whole, 15, validation=Scores([0.9, 0.1, 0.2]), schedule="constant")
    with pytest.raises(RuntimeError, match="power"):
        run(torn, 15, validation=Scores([0.9, 0.1, crash]), **arguments)
    history = run(fresh, 15, validation=Scores([0.2]), **arguments)
    assert same_weights(whole, fresh) and history.best_step == 5


class Scores:
    """A validation that says what it is told to, one after the other."""

    def __init__(self, scores):
        self._scores = iter(scores)

    def __call__(self, model):
        score = next(self._scores)
        return score() if callable(score) else score


def test_a_second_ctrl_c_stops_at_once():
    def twice(model):
        press_ctrl_c(), press_ctrl_c()
        return 0.5

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(network(), validation=twice)
    assert signal.getsignal(signal.SIGINT) is before


def test_validation_on_a_folder_of_photographs():
    """All by one maker, as in a folder: the makers are left out of account."""
    photographs = replace(HELD_OUT, makers=torch.zeros_like(HELD_OUT.makers))
    validation = OneShotValidation(photographs, n_way=10, n_episodes=50)
    accuracy = validation(lambda images: images.flatten(1))
    assert 0.1 < accuracy <= 1 and accuracy == validation(lambda images: images.flatten(1))


def test_validation_as_it_is_by_default():
    validation = OneShotValidation(DATA)
    assert (validation.n_way, validation.n_episodes, validation.seed) == (20, 400, 0)
    assert validation.protocol == "unstructured"
    assert OneShotValidation(DATA, 5, within_alphabet=True).protocol == "within_alphabet"
    with pytest.raises(ValueError, match="largest group has 12"):
        OneShotValidation(DATA, 20, within_alphabet=True)


@pytest.mark.parametrize("precision", ["bfloat16"])
def test_speed_ups_train_as_well(precision):
    history = run(network(), 40, precision=precision, channels_last=True, clip=1.0)
    assert all(loss == loss for loss in history.losses)
    assert sum(history.losses[-10:]) < sum(history.losses[:10])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "steps must be"),
        ({"check_every": 0}, "check_every must be"),
        ({"patience": 0}, "patience must be"),
        ({"clip": 0.0}, "clip must be above 0"),
        ({"weight_decay": -0.1}, "weight_decay must be 0 or more"),
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


def test_importing_and_training_draws_nothing():
    """Plotting is there when a history is plotted; a server that trains needs none of it."""
    program = "import sys, siamese_lib.training; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0

"""Checkpoints of runs from strangers, or with a part that is damaged."""

import pytest
import torch
from torch import nn

from siamese_lib.checkpoints import CheckpointError, ResumableRun
from siamese_lib.stored_tensors import read_tensors, write_tensors
from siamese_lib.training import History


@pytest.fixture
def run(tmp_path):
    """A run that has taken a step and has been saved."""
    model, loss = nn.Linear(3, 2), nn.Identity()
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    generators = {"batches": torch.Generator()}
    run = ResumableRun(tmp_path / "run", {"a": 1}, model, loss, optimizer, scaler, generators)
    run.keep_best()
    run.save(History([0.5], [{"step": 1, "spread": 0.5}], 1).as_dict())
    return run


def test_a_whole_one_goes_on(run):
    history = History.going_on(run.resume())
    assert history.losses == [0.5] and history.best_step == 1


@pytest.mark.parametrize("part", ["random/torch", "random/batches", "optimizer/0/exp_avg", "best"])
@pytest.mark.parametrize("how", ["missing", "other shape", "other kind"])
def test_a_damaged_part_is_named(run, part, how):
    tensors, about = read_tensors(run.path, "checkpoint")
    for name in [name for name in tensors if name.startswith(part)]:
        tensor = tensors.pop(name)
        if how != "missing":
            other = torch.zeros(7, dtype=tensor.dtype) if how == "other shape" else tensor.float()
            tensors[name] = other[None] if how == "other kind" else other
    write_tensors(run.path, tensors, about)
    if how == "missing" and part in ("random/batches", "best"):
        run.resume()  # a run may be without these
        return
    if how == "missing" and part == "optimizer/0/exp_avg":
        pytest.skip("AdamW says so at its next step")
    with pytest.raises(CheckpointError, match=r"run is (damaged: a part|of another architecture)"):
        run.resume()


@pytest.mark.parametrize("name", ["optimizer/99/exp_avg", "optimizer/x/exp_avg", "optimizer/-9/y"])
def test_state_of_a_parameter_that_there_is_not(run, name):
    tensors, about = read_tensors(run.path, "checkpoint")
    write_tensors(run.path, {**tensors, name: torch.zeros(5)}, about)
    with pytest.raises(CheckpointError, match="run is damaged: a part of the run"):
        run.resume()


@pytest.mark.parametrize("value", [None, 5, "text", [1]])
@pytest.mark.parametrize("part", ["run", "history", "scaler"])
def test_json_of_another_kind(run, part, value):
    tensors, about = read_tensors(run.path, "checkpoint")
    write_tensors(run.path, tensors, {**about, part: value})
    if part == "scaler":
        run.resume()  # not enabled: nothing of it is used
        return
    with pytest.raises(CheckpointError, match="run is damaged"):
        run.resume()


@pytest.mark.parametrize(
    "saved",
    [
        {"losses": "text"},
        {"losses": [None]},
        {"losses": 5},
        {"checks": [5]},
        {"checks": [{"step": "x"}]},
        {"best_step": "x"},
        {"stopped": "never"},
        {"stopped": ["early"]},
        {"nobody": 1},
    ],
)
def test_a_history_of_another_kind(saved):
    with pytest.raises(ValueError, match="checkpoint is damaged: its history cannot be read"):
        History.going_on(saved)

import math

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from siamese_lib import stored_tensors as module
from siamese_lib.training import CheckpointError, diagnose, load_weights, save_weights


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "weights.safetensors"


def test_round_trip(path):
    model, other = nn.Linear(3, 2), nn.Linear(3, 2)
    save_weights(model, path, data="Glyphs", scores=[0.5, 0.25])
    assert load_weights(other, path) == {"data": "Glyphs", "scores": [0.5, 0.25]}
    assert torch.equal(model.weight, other.weight)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (nn.Linear(3, 4), r"'(bias|weight)' has shape .* the model expects"),
        (nn.Linear(3, 2, bias=False), "has an extra 'bias'"),
        (nn.Sequential(nn.Linear(3, 2)), "lacks '0.bias'"),
    ],
)
def test_another_architecture_changes_nothing(path, other, message):
    save_weights(nn.Linear(3, 2), path)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    with pytest.raises(CheckpointError, match=message):
        load_weights(other, path)
    assert all(torch.equal(before[name], value) for name, value in other.state_dict().items())


@pytest.mark.parametrize("keep", [0, 4, 60, -8])
def test_cut_short(path, keep):
    save_weights(nn.Linear(3, 2), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="cut short"):
        load_weights(nn.Linear(3, 2), path)


def test_not_ours_and_not_there(path):
    with pytest.raises(FileNotFoundError, match="there is no checkpoint"):
        load_weights(nn.Linear(3, 2), path)
    path.parent.mkdir()
    save_file({"weight": torch.zeros(2, 3), "bias": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="not written by this library"):
        load_weights(nn.Linear(3, 2), path)


def test_full_disk_leaves_the_last_good_one(path, monkeypatch):
    good = nn.Linear(3, 2)
    save_weights(good, path)

    def full(tensors, file, metadata):
        with open(file, "wb") as half:
            half.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "save_file", full)
    with pytest.raises(CheckpointError, match="No space left.*unchanged"):
        save_weights(nn.Linear(3, 2), path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    again = nn.Linear(3, 2)
    load_weights(again, path)
    assert torch.equal(again.weight, good.weight)


def test_diagnose_tells_a_collapse():
    labels = torch.arange(8) // 2
    collapsed = diagnose(torch.ones(8, 3), labels)
    assert collapsed["spread"] == 0 and collapsed["negative_distance"] == 0
    apart = torch.eye(4).repeat_interleave(2, 0)
    told = diagnose(apart, labels)
    assert told["positive_distance"] == 0
    assert told["negative_distance"] == pytest.approx(math.sqrt(2))
    assert told["spread"] == pytest.approx(math.sqrt(0.75))

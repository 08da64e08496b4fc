import functools
import math

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from siamese_lib import stored_tensors
from siamese_lib.checkpoints.describing import describe, first_difference
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
    ("make", "message"),
    [
        (lambda: nn.Linear(3, 4), r"'(bias|weight)' has shape .* the model expects"),
        (lambda: nn.Linear(3, 2, bias=False), "has an extra 'bias'"),
        (lambda: nn.Sequential(nn.Linear(3, 2)), "lacks '0.bias'"),
    ],
)
def test_another_architecture_changes_nothing(path, make, message):
    other = make()
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

    monkeypatch.setattr(stored_tensors, "save_file", full)
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


class Part:
    """Something that shapes a run."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


def test_described_by_kind_and_plain_attributes():
    generator = torch.Generator().manual_seed(7)
    part = Part(rate=0.5, on=True, name="x", nothing=None, shape=(1, 2), kind=torch.float16)
    part.generator, part.other, part._private, part.n_terms = generator, Part(), 3, 4
    assert describe("miner", part) == {
        "miner": "Part",
        "miner.rate": 0.5,
        "miner.on": True,
        "miner.name": "x",
        "miner.nothing": None,
        "miner.shape": "(1, 2)",
        "miner.kind": "torch.float16",
        "miner.other": "Part",
        "miner.generator": "seed 7",
    }


def test_plain_values_and_functions_are_themselves():
    assert describe("part", None) == {"part": None} and describe("part", 3) == {"part": 3}
    assert describe("part", math.sqrt) == {"part": "sqrt"}
    of_two = functools.partial(math.pow, 2, other=3)
    assert describe("part", of_two) == {"part": "pow", "part.args": "(2,)", "part.other": "3"}


def test_a_module_by_its_children_and_without_its_weights():
    described = describe("model", nn.Sequential(nn.Dropout(0.25), nn.Linear(2, 3)))
    assert described["model.0"] == "Dropout" and described["model.0.p"] == 0.25
    assert described["model.1.out_features"] == 3
    assert "model.training" not in described and "model.1.weight" not in described


def test_tensors_differ_in_any_value_shape_and_type():
    tensors = [torch.zeros(2, 3), torch.zeros(3, 2), torch.zeros(2, 3).int(), torch.ones(2, 3)]
    digests = [describe("part", Part(table=tensor))["part.table"] for tensor in tensors]
    assert len(set(digests)) == 4 and all(len(digest) == 12 for digest in digests)
    assert digests[0] == describe("part", Part(table=torch.zeros(2, 3)))["part.table"]


def test_the_first_difference():
    assert first_difference({"a": 1, "b": 2}, {"b": 2, "a": 1}) is None
    assert first_difference({"a": 1}, {"a": 2}) == "a is 1 there and 2 here"
    assert first_difference({}, {"a": 2}) == "a is None there and 2 here"
    assert first_difference({"a": 1}, {}) == "a is 1 there and None here"


def wrapped(model, way):
    return torch.compile(model) if way == "compile" else nn.DataParallel(model)


@pytest.mark.parametrize("way", ["compile", "DataParallel"])
def test_a_wrapped_network_saves_and_loads_what_a_bare_one_does(path, way):
    saved, plain, other = nn.Linear(3, 2), nn.Linear(3, 2), nn.Linear(3, 2)
    save_weights(wrapped(saved, way), path)
    load_weights(plain, path)
    load_weights(wrapped(other, way), path)
    assert torch.equal(plain.weight, saved.weight) and torch.equal(other.weight, saved.weight)
    # Also a file in which the names are those of the wrapped network.
    tensors = {f"module._orig_mod.{name}": value for name, value in saved.state_dict().items()}
    stored_tensors.write_tensors(path, tensors, {})
    third = nn.Linear(3, 2)
    load_weights(third, path)
    assert torch.equal(third.weight, saved.weight)


def write_pickle(path):
    torch.save(nn.Linear(3, 2).state_dict(), path)


def write_old_pickle(path):
    torch.save(nn.Linear(3, 2).state_dict(), path, _use_new_zipfile_serialization=False)


def write_page(path):
    path.write_text("<!DOCTYPE html><p>404")


def write_text(path):
    path.write_text("Not Found, not found, not found")


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (write_pickle, "is a file of torch.save.*weights_only=True"),
        (write_old_pickle, "is a file of torch.save.*weights_only=True"),
        (write_page, "is a web page"),
        (write_text, "is a file of a different kind"),
    ],
)
def test_a_whole_file_of_another_kind_is_not_called_damaged(path, write, message):
    path.parent.mkdir()
    write(path)
    with pytest.raises(CheckpointError, match=message) as refused:
        load_weights(nn.Linear(3, 2), path)
    assert not {"cut", "damaged", "Delete"} & set(str(refused.value).split())


@pytest.mark.parametrize(
    "change",
    [
        lambda weight: weight.bool(),
        lambda weight: weight.to(torch.int8),
        lambda weight: weight.to(torch.complex64),
        lambda weight: weight * float("nan"),
    ],
    ids=["bool", "int8", "complex", "NaN"],
)
def test_weights_that_are_no_numbers_are_refused(path, change):
    saved, other = nn.Linear(3, 2), nn.Linear(3, 2)
    tensors = {name: value.detach() for name, value in saved.state_dict().items()}
    changed = change(tensors["weight"])
    try:
        stored_tensors.write_tensors(path, {**tensors, "weight": changed}, {})
    except KeyError:  # safetensors 0.4 has no complex numbers
        assert changed.is_complex()
        pytest.skip("this version of safetensors neither writes nor reads complex numbers")
    before = other.weight.detach().clone()
    with pytest.raises(CheckpointError, match="'weight' is .* expects finite numbers"):
        load_weights(other, path)
    assert torch.equal(other.weight, before)


def test_a_name_of_thousands_of_wrappings_is_unwrapped_a_few_times(tmp_path):
    """A file of 6 MB took 6 GB and ended in a RecursionError."""
    weights = {
        "module." * 5000 + name: value for name, value in nn.Linear(3, 2).state_dict().items()
    }
    stored_tensors.write_tensors(tmp_path / "x.safetensors", weights, {})
    with pytest.raises(CheckpointError):
        load_weights(nn.Linear(3, 2), tmp_path / "x.safetensors")

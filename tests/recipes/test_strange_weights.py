"""Weights files from strangers: the recipe that a file declares may be anything."""

import pytest
import torch

from peak_memory import measured, needs_peak_memory
from siamese_lib.recipes import build_network, recipe_named
from siamese_lib.recipes.command import network_from
from siamese_lib.stored_tensors import StoredFileError, write_tensors

QUICK = recipe_named("quick")


def file_of(path, tensors=None, **changes):
    """A weights file whose recipe has other values than ``quick``."""
    tensors = {"x": torch.zeros(1)} if tensors is None else tensors
    write_tensors(path / "weights", tensors, {"recipe": {**QUICK.as_dict(), **changes}})
    return path / "weights"


@needs_peak_memory
@pytest.mark.parametrize(
    "changes",
    [
        {"backbone_arguments": {"width": 1200}},
        {"backbone_arguments": {"out_features": 200_000}},
        {"backbone": "koch", "backbone_arguments": {"size": 105, "out_features": 30_000}},
        {"spread": None, "size": 4000, "backbone": "fast"},
        {"backbone_arguments": {"size": 4000}, "backbone": "conv4"},
        {"backbone_arguments": {"channels": 10**6}},
    ],
)
def test_an_enormous_network_is_refused_before_it_is_built(tmp_path, changes):
    path = file_of(tmp_path, **changes)
    assert path.stat().st_size < 3000
    # The first network without memory makes PyTorch load code of 150 MB, whatever its size is.
    before = """
from siamese_lib.recipes import build_network, recipe_named
from siamese_lib.recipes.command import network_from, torch
with torch.device("meta"):
    build_network(recipe_named("quick"))
"""
    found = measured(before, "network_from(words[0])", path)
    assert found.megabytes < 60
    assert (
        found.error.startswith(("StoredFileError", "CheckpointError")) and str(path) in found.error
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"backbone": "PretrainedBackbone", "backbone_arguments": {"weights": "/etc/passwd"}},
        {"backbone": "__class__", "backbone_arguments": {"name": "x"}},
        {"backbone_arguments": {"width": 0}},
        {"backbone_arguments": {"width": -1}},
        {"backbone_arguments": {"width": 1.5}},
        {"backbone_arguments": {"width": 10**18}},
        {"backbone_arguments": {"size": "large"}},
        {"backbone_arguments": {"size": [28, 28]}},
        {"backbone_arguments": ["width"]},
        {"size": 0},
        {"size": -28},
        {"spread": -1.0},
        {"spread": "wide"},
        {"symmetries": [4]},
        {"settings": {"steps": -1}},
        {"settings": 5},
        {"nobody": 1},
    ],
)
def test_a_recipe_that_is_none_is_named(tmp_path, changes):
    path = file_of(tmp_path, **changes)
    with pytest.raises(StoredFileError, match="weights does not say by which recipe"):
        network_from(path)


def test_the_side_of_the_images_is_bounded_and_the_limit_can_be_raised(tmp_path):
    large = QUICK.but(size=256, spread=None, backbone="conv4", backbone_arguments={})
    network = build_network(large)
    path = file_of(tmp_path, network.state_dict(), **large.as_dict())
    with pytest.raises(StoredFileError, match="images of 256 px, more than max_side=224"):
        network_from(path)
    loaded, about = network_from(path, max_side=256)
    assert about["recipe"]["size"] == 256
    images = torch.rand(1, 1, 256, 256)
    assert torch.equal(loaded(images), network.eval()(images))


@pytest.mark.parametrize("name", ["quick", "full-56px"])
def test_a_network_comes_back_as_it_was(tmp_path, name):
    recipe = recipe_named(name)
    network = build_network(recipe).eval()
    half = {
        key: t.half() if t.is_floating_point() else t for key, t in network.state_dict().items()
    }
    network.load_state_dict(half)
    loaded, _ = network_from(file_of(tmp_path, half, **recipe.as_dict()))
    images = torch.rand(2, 1, recipe.size, recipe.size)
    assert torch.equal(loaded(images), network(images))
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}
    assert all(p.requires_grad for p in loaded.parameters())

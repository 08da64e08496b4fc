import pytest
import torch

from siamese_lib.data import NotAvailableError, assert_disjoint, load_characters, resolve_source
from siamese_lib.data.glyphs.catalogue import SIZES


def test_auto_falls_back_to_glyphs_with_one_visible_note(caplog):
    data = load_characters()
    said = caplog.text
    assert data.name == "Glyphs background"
    assert said.count("Note: real Omniglot is not on this machine") == 1
    load_characters(split="evaluation")
    assert caplog.text == said, "said once in a process"


def test_auto_prefers_omniglot(small_omniglot, caplog):
    assert load_characters(root=small_omniglot).name == "Omniglot background"
    assert not caplog.records


def test_environment_chooses_the_source_and_the_root(small_omniglot, monkeypatch):
    monkeypatch.setenv("SIAMESE_DATA", str(small_omniglot))
    assert load_characters().name == "Omniglot background"
    monkeypatch.setenv("SIAMESE_SOURCE", "glyphs")
    assert load_characters().name == "Glyphs background"
    assert resolve_source("omniglot") == "omniglot", "an argument beats the environment"


def test_omniglot_by_name_does_not_fall_back():
    with pytest.raises(NotAvailableError, match="cannot be reached"):
        load_characters("omniglot")


def test_wrong_words_are_named(monkeypatch):
    with pytest.raises(ValueError, match="split must be one of background.*'train'"):
        load_characters(split="train")
    with pytest.raises(ValueError, match="source must be one of auto.*'mnist'"):
        load_characters("mnist")
    monkeypatch.setenv("SIAMESE_SOURCE", "omnigolt")
    with pytest.raises(ValueError, match="SIAMESE_SOURCE must be one of.*'omnigolt'"):
        load_characters()


@pytest.mark.parametrize("size", [0, 7, 28.0, True, "28"])
def test_wrong_size(size):
    with pytest.raises(ValueError, match="size is the side"):
        load_characters("glyphs", size=size)


def test_glyphs_have_the_structure_of_omniglot():
    background, evaluation = (load_characters("glyphs", split) for split in SIZES)
    for data, classes, groups in ((background, 964, 30), (evaluation, 659, 20)):
        assert data.images.shape == (classes * 20, 1, 28, 28)
        assert len(data.classes) == classes and len(data.groups.unique()) == groups
        # Each character once by each drawer, and all of its drawings in one alphabet.
        cells = torch.stack([data.labels, data.makers], dim=1)
        assert len(cells.unique(dim=0)) == len(data) == classes * 20
        owner = torch.stack([data.labels, data.groups], dim=1)
        assert len(owner.unique(dim=0)) == classes
    assert_disjoint(background, evaluation, groups=True)


@pytest.mark.parametrize("split", ["small1", "small2"])
def test_small_sets_are_five_background_alphabets(split):
    small = load_characters("glyphs", split)
    assert len(small.groups.unique()) == 5
    background = load_characters("glyphs")
    again = background.in_groups({small.group_names[g] for g in small.groups.unique()})
    assert torch.equal(again.images, small.images)

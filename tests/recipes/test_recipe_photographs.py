"""Stored features of the Grocery Store photographs, and parts of any set of photographs."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from required import needs_grocery, needs_packages
from siamese_lib.data import NotAvailableError, Photographs, load_grocery, load_photographs
from siamese_lib.evaluation import colour_histogram
from siamese_lib.models import PretrainedBackbone
from siamese_lib.models.pretrained_backbone import BUILDER, PACKAGE
from siamese_lib.recipes import (
    grocery_features,
    packed_features,
    photograph_features,
    split_photographs,
)
from siamese_lib.recipes import photographs as module
from siamese_lib.recipes.photographs import STORED, unpacked


@pytest.mark.parametrize("n_features", [1, 6, 7])
def test_four_bits_keep_a_feature_nearly(n_features):
    values = torch.rand(50, n_features) ** 3
    stored, largest = packed_features(values)
    assert stored.dtype == np.uint8 and stored.shape == (50, (n_features + 1) // 2)
    found = unpacked(stored, largest)
    assert found.shape == values.shape and found.dtype == torch.float32
    assert (found - values).abs().max() < 0.07  # half a step of the root, at its steepest
    torch.testing.assert_close(found.amax(0), values.amax(0))


def test_features_below_zero_are_refused():
    with pytest.raises(ValueError, match="only features of 0 or more"):
        packed_features(torch.tensor([[-1.0]]))


def test_a_feature_that_is_always_zero_stays_zero():
    assert unpacked(*packed_features(torch.zeros(3, 2))).abs().max() == 0


@pytest.fixture
def offline(monkeypatch):
    monkeypatch.setenv("SIAMESE_SOURCE", "glyphs")
    return grocery_features()


def test_without_photographs_the_features_are_there_and_it_says_so(offline, caplog):
    shop = grocery_features()
    assert "the photographs are not on this machine" in caplog.text and not shop.has_pictures
    data = shop.photographs
    assert len(data) == 5502 and len(data.classes) == 81 and len(data.groups.unique()) == 43
    assert [len(values) for values in shop.features.values()] == [5502] * 3
    assert all(values.isfinite().all() for values in shop.features.values())
    with pytest.raises(NotAvailableError, match="Golden-Delicious_001.jpg cannot be shown"):
        data.read(0)


def test_the_stored_file_is_small():
    assert STORED.stat().st_size < 4e6


def test_stored_features_know_products(offline):
    """The class of the nearest training photograph: 81-way, so 1 % by chance."""
    parts = split_photographs(offline.photographs)
    labels = offline.photographs.labels
    right = {}
    for name, values in offline.features.items():
        z = F.normalize(values)
        nearest = (z[parts.test] @ z[parts.training].T).argmax(dim=1)
        right[name] = (labels[parts.training][nearest] == labels[parts.test]).float().mean()
    assert right["backbone"] > 0.6 > 0.45 > right["histogram"] > 0.35 > right["pixels"] > 0.1


def test_the_stored_list_is_that_of_the_archive(offline):
    data = load_grocery(root=needs_grocery())
    stored = offline.photographs
    assert stored.files == data.files and stored.class_names == data.class_names
    assert stored.group_names == data.group_names and stored.maker_names == data.maker_names
    for numbers in ("labels", "groups", "makers"):
        assert torch.equal(getattr(stored, numbers), getattr(data, numbers))


def test_a_sample_of_the_stored_features_is_computed_again(offline):
    root = needs_grocery()
    needs_packages(BUILDER, PACKAGE)
    rows = torch.arange(7, 5502, 611)
    backbone = PretrainedBackbone()
    with np.load(STORED) as stored:
        assert str(stored["made_with"]) == f"{backbone.name} {backbone.fingerprint()}"
    found = photograph_features(load_grocery(root=root).select(rows), backbone, progress=False)
    for name, values in found.features.items():
        stored = offline.features[name][rows]
        assert F.cosine_similarity(stored, values, dim=1).min() > 0.99, name
        assert (stored - values).abs().max() < 0.08 * values.max(), name


def test_an_archive_of_other_pictures_is_refused(monkeypatch, offline):
    other = offline.photographs.select([0, 1])
    monkeypatch.setattr(module, "load_grocery", lambda root=None: other)
    with pytest.raises(ValueError, match="lists other pictures"):
        grocery_features()


def test_the_parts_of_the_grocery_store_stay(offline):
    parts = split_photographs(offline.photographs)
    assert [len(rows) for rows in parts] == [81, 2640, 2485]
    assert "iconic" in offline.photographs.files[parts.catalogue[0]].lower()


def toys(days):
    """Photographs of two classes; ``days`` are the sessions of each picture."""
    names = sorted(set(days))
    n = len(days)
    return Photographs(
        files=tuple(map(str, range(2 * n))),
        marks=("",) * (2 * n),
        labels=torch.arange(2).repeat_interleave(n),
        groups=torch.zeros(2 * n, dtype=torch.int64),
        makers=torch.tensor([names.index(day) for day in days] * 2),
        class_names=("car", "doll"),
        group_names=("all",),
        maker_names=tuple(names),
        open_one=lambda file: np.zeros((3, 4, 4), np.uint8),
    )


@pytest.mark.parametrize("seed", range(5))
def test_no_session_is_in_two_parts(seed):
    data = toys("aaabbccdd")
    parts = split_photographs(data, seed)
    rows = torch.cat(parts).tolist()
    assert sorted(rows) == list(range(18))
    assert data.labels[parts.catalogue].tolist() == [0, 1]
    for label in (0, 1):
        seen, tested = (
            {int(data.makers[row]) for row in part.tolist() if data.labels[row] == label}
            for part in (torch.cat(parts[:2]), parts.test)
        )
        assert len(tested) == 2 and not seen & tested


def test_one_session_is_split_at_random_with_a_note(caplog):
    parts = split_photographs(toys("aaaaaa"), 0)
    assert [len(rows) for rows in parts] == [2, 4, 6]
    assert "2 of 2 classes have one session" in caplog.text and "too high" in caplog.text


def test_too_few_photographs():
    with pytest.raises(ValueError, match=r"class 'car' has 2 photograph\(s\), and 3 are needed"):
        split_photographs(toys("ab"))


def test_features_of_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SIAMESE_CACHE", str(tmp_path / "cache"))
    for number in range(4):
        path = tmp_path / "toys" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (60 * number, 0, 0)).save(path)

    class Mean:
        name, out_features = "mean", 3

        def prepare(self, picture):
            return torch.from_numpy(picture[:, :4, :4].copy())

        def fingerprint(self):
            return "1"

        def __call__(self, images):
            return images.mean((2, 3))

    data = load_photographs(tmp_path / "toys")
    shop = photograph_features(data, Mean(), progress=False)
    assert shop.has_pictures and {k: tuple(v.shape) for k, v in shop.features.items()} == {
        "backbone": (4, 3),
        "histogram": (4, 512),
        "pixels": (4, 192),
    }
    assert torch.allclose(
        shop.features["pixels"][:, :1], shop.features["backbone"][:, :1], atol=1e-3
    )


def test_a_colour_histogram_by_hand():
    images = torch.zeros(1, 3, 2, 2)
    images[0, 0, 0] = 1  # two red pixels, two black ones
    found = colour_histogram(images, bins=2)[0]
    assert found.tolist() == pytest.approx([0.5**0.5, 0, 0, 0, 0.5**0.5, 0, 0, 0])
    with pytest.raises(ValueError, match="must be RGB"):
        colour_histogram(torch.zeros(1, 1, 2, 2))
    with pytest.raises(ValueError, match="bins must be an int of 1 or more"):
        colour_histogram(images, bins=0)

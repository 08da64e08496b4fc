from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest
import torch

from siamese_lib.data import NotAvailableError, load_lfw, load_olivetti

RANDOM = np.random.default_rng(0)


def fetched(monkeypatch, name, **fields):
    """scikit-learn's fetcher answers with these fields, and notes how it was asked."""
    asked = {}

    def fetch(**settings):
        asked.update(settings)
        return SimpleNamespace(**fields)

    monkeypatch.setattr(f"sklearn.datasets.{name}", fetch)
    return asked


def test_olivetti(monkeypatch, tmp_path):
    images = RANDOM.random((400, 64, 64)).astype(np.float32)
    target = np.repeat(np.arange(40), 10)
    asked = fetched(monkeypatch, "fetch_olivetti_faces", images=images, target=target)
    data = load_olivetti(data_home=tmp_path)
    assert asked == {"data_home": tmp_path}
    assert data.images.shape == (400, 1, 64, 64) and len(data.classes) == 40
    assert np.abs(data.images[:, 0].numpy() - 255 * images).max() <= 0.5 + 1e-3
    assert data.class_names[3] == "person 03" and data.labels.tolist() == target.tolist()
    colour = load_olivetti(size=32, channels=3)
    assert colour.images.shape == (400, 3, 32, 32)
    assert torch.equal(colour.images[:, 0], colour.images[:, 2])


@pytest.mark.parametrize("white", [1, 255])
def test_lfw_is_padded_to_a_square_whatever_its_white_is(monkeypatch, white):
    images = (white * RANDOM.random((6, 62, 47, 3))).astype(np.float32)
    fields = {"images": images, "target": np.array([0, 0, 1, 1, 2, 2]), "target_names": list("abc")}
    asked = fetched(monkeypatch, "fetch_lfw_people", **fields)
    data = load_lfw(size=62, at_least=2)
    assert asked["min_faces_per_person"] == 2 and asked["color"] is True
    assert data.images.shape == (6, 3, 62, 62) and data.class_names == ("a", "b", "c")
    inner = data.images[:, :, :, 7:54].permute(0, 2, 3, 1).numpy()
    assert np.abs(inner - images * (255 / white)).max() <= 0.51


@pytest.mark.parametrize(
    ("load", "fetcher"),
    [
        (load_olivetti, "fetch_olivetti_faces"),
        (load_lfw, "fetch_lfw_people"),
    ],
)
def test_offline_says_what_to_do(monkeypatch, load, fetcher):
    def no_network(**_):
        raise URLError("Name or service not known")

    monkeypatch.setattr(f"sklearn.datasets.{fetcher}", no_network)
    with pytest.raises(NotAvailableError, match="load_folder"):
        load()

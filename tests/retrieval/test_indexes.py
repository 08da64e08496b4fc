"""FAISS's indexes behind one call, against the exact search."""

import builtins

import pytest
import torch

from draws import normal
from siamese_lib.retrieval import (
    ExactIndex,
    FaissIndex,
    MissingFaissError,
    has_faiss,
    nearest,
)

needs_faiss = pytest.mark.skipif(not has_faiss(), reason="needs faiss-cpu")


@pytest.fixture(scope="module")
def gallery():
    """Clumps, as embeddings have them: 400 centres, 30 rows each."""
    centres = normal(400, 16)
    return centres.repeat_interleave(30, 0) + 0.25 * normal(12_000, 16, seed=1)


@pytest.fixture(scope="module")
def queries():
    return normal(400, 16)[:100] + 0.25 * normal(100, 16, seed=2)


def recall(found, queries, gallery, k=10):
    """Share of the true k nearest that were found."""
    true = nearest(queries, gallery, k).indices
    return (found.indices[:, :, None] == true[:, None]).any(dim=1).double().mean().item()


def test_exact_index_is_nearest(gallery, queries):
    index = ExactIndex(gallery)
    oracle = nearest(queries, gallery, 5)
    assert torch.equal(index.search(queries, 5).indices, oracle.indices)
    assert index.n_bytes == 12_000 * (16 + 1) * 4  # rows and norms
    small = gallery[:50]
    assert torch.equal(
        ExactIndex(small).search(small, 3, exclude_self=True).indices,
        nearest(small, small, 3, exclude_self=True).indices,
    )


@needs_faiss
def test_flat_is_exact(gallery, queries):
    oracle = nearest(queries, gallery, 10)
    found = FaissIndex(gallery).search(queries, 10)
    assert torch.equal(found.indices, oracle.indices)
    torch.testing.assert_close(found.distances, oracle.distances, atol=1e-3, rtol=0)
    assert FaissIndex(gallery).n_bytes == pytest.approx(12_000 * 64, rel=0.01)


@needs_faiss
def test_more_cells_find_more_and_all_cells_find_all(gallery, queries):
    index = FaissIndex(gallery, "IVF100,Flat")
    recalls = []
    for index.n_probe in (1, 3, 10, 100):
        recalls.append(recall(index.search(queries, 10), queries, gallery))
    assert recalls == sorted(recalls) and recalls[0] < recalls[-1] == 1
    assert index.n_bytes > 12_000 * 64


@needs_faiss
def test_a_wider_search_of_the_graph_finds_more(gallery, queries):
    index = FaissIndex(gallery, "HNSW4")
    index.ef_search = 10
    narrow = recall(index.search(queries, 10), queries, gallery)
    index.ef_search = 200
    wide = recall(index.search(queries, 10), queries, gallery)
    assert narrow < wide <= 1 and wide > 0.9


@needs_faiss
def test_codes_are_small_and_less_exact(gallery, queries):
    coarse, fine = (FaissIndex(gallery, f"PQ{n}") for n in (1, 2))
    assert coarse.n_bytes < fine.n_bytes < 12_000 * 64 / 2
    recalls = [recall(index.search(queries, 10), queries, gallery) for index in (coarse, fine)]
    assert recalls[0] < recalls[1] < 1
    both = FaissIndex(gallery, "IVF50,PQ2")
    both.n_probe = 50
    assert 0.2 < recall(both.search(queries, 10), queries, gallery) < 1
    assert both.n_bytes < 12_000 * 64 / 2


@needs_faiss
@pytest.mark.parametrize("description", ["Flat", "IVF20,Flat", "HNSW32", "PQ2"])
def test_the_query_itself_is_left_out(description, gallery):
    found = FaissIndex(gallery, description).search(gallery, 4, exclude_self=True)
    assert found.indices.shape == (12_000, 4)
    assert not (found.indices == torch.arange(12_000)[:, None]).any()
    assert (found.distances.diff(dim=1) >= 0).all()


@needs_faiss
def test_the_same_seed_gives_the_same_index(gallery, queries):
    def found(seed):
        return FaissIndex(gallery, "IVF100,Flat", generator=seed).search(queries, 10).indices

    assert torch.equal(found(1), found(1)) and not torch.equal(found(1), found(2))


@needs_faiss
def test_too_few_found_is_said(gallery, caplog):
    index = FaissIndex(gallery, "IVF200,Flat")
    found = index.search(gallery[:50], 1000)
    short = (found.indices < 0).any(dim=1)
    assert short.any() and found.distances[found.indices < 0].isinf().all()
    assert f"{int(short.sum())} of 50 queries got fewer than k=1000" in caplog.text


def _set(gallery, description, **settings):
    index = FaissIndex(gallery, description)
    for name, value in settings.items():
        setattr(index, name, value)


@needs_faiss
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda z: FaissIndex(z, "IVF500,Flat"), "need 19,500 rows .* at most 307"),
        (lambda z: _set(z, "IVF10,Flat", n_probe=11), "n_probe=11, but there are 10 cells"),
        (lambda z: _set(z, "IVF10,Flat", n_probe=0), "n_probe must be an int of 1 or more"),
        (lambda z: _set(z[:99], "HNSW8", ef_search=0), "ef_search must be an int of 1 or more"),
        (lambda z: _set(z[:99], "Flat", ef_search=9), "IndexFlat.* has no efSearch"),
        (lambda z: _set(z[:99], "Flat", n_probe=9), "IndexFlat.* has no nprobe"),
        (lambda z: FaissIndex(z, "IVF10,PQ5"), "do not divide the width 16"),
        (lambda z: FaissIndex(z, "PQ3"), "do not divide the width 16"),
        (lambda z: FaissIndex(z[:500], "PQ4"), "need 9,984 rows .* gallery has 500"),
        (lambda z: FaissIndex(z[:99], "HNSW1"), "links 2 or more"),
        (lambda z: FaissIndex(z[:99], "IVF0,Flat"), "numbers must be 1 or more"),
        (lambda z: FaissIndex(z[:99], "OPQ4,Flat"), "description must look like"),
        (lambda z: FaissIndex(z[:99]).search(z[:3, :4], 1), "queries have 4 numbers each"),
        (lambda z: FaissIndex(z[:99]).search(z[:3], 100), "k=100, but the gallery has 99 rows"),
        (lambda z: FaissIndex(z[:9]).search(z[:3], 1, exclude_self=True), "3 queries and 9 rows"),
        (lambda z: FaissIndex(z[:9] * torch.nan), "gallery hold NaN"),
    ],
)
def test_bad_input(call, message, gallery):
    with pytest.raises(ValueError, match=message):
        call(gallery)


def test_without_faiss(monkeypatch, gallery):
    """The library imports, the exact search works, and the error says what to install."""
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "faiss":
            raise ModuleNotFoundError("No module named 'faiss'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    assert ExactIndex(gallery).search(gallery[:2], 1).indices.tolist() == [[0], [1]]
    with pytest.raises(MissingFaissError, match="pip install faiss-cpu"):
        FaissIndex(gallery)

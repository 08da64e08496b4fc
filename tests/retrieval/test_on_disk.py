"""Indexes in files, mapped and sharded, against one index in memory."""

import subprocess
import sys
from functools import cache

import pytest
import torch

from draws import normal
from siamese_lib.retrieval import (
    ExactIndex,
    FaissIndex,
    MissingFaissError,
    Neighbours,
    ShardedIndex,
    StoredIndex,
    StoredIndexError,
    has_faiss,
    indexes,
    merge_neighbours,
    nearest,
    save_index,
)

needs_faiss = pytest.mark.skipif(not has_faiss(), reason="needs faiss-cpu")
GALLERY, QUERIES = normal(12_000, 16), normal(50, 16, seed=1)


@cache
def index_of(description):
    """Made once: to learn the codes takes seconds."""
    return FaissIndex(GALLERY, description)


@needs_faiss
@pytest.mark.parametrize("memory_map", [True, False])
@pytest.mark.parametrize("description", ["Flat", "IVF64,Flat", "IVF64,PQ8", "HNSW32", "PQ8"])
def test_from_the_file_as_from_memory(tmp_path, description, memory_map):
    index = index_of(description)
    if description.startswith("IVF"):
        index.n_probe = 4
    save_index(index, tmp_path / "some.index")
    stored = StoredIndex(tmp_path / "some.index", memory_map)
    before, after = index.search(QUERIES, 10), stored.search(QUERIES, 10)
    assert torch.equal(before.indices, after.indices)
    torch.testing.assert_close(before.distances, after.distances)
    assert stored.shape == index.shape == (12_000, 16)


MEMORY = """
import sys, faiss
from siamese_lib.retrieval import StoredIndex
def anonymous():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1000
before = anonymous()
index = StoredIndex(sys.argv[1], memory_map=sys.argv[2] == "True")
print(anonymous() - before)
"""


@needs_faiss
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_mapped_index_takes_no_memory_of_its_own(tmp_path):
    save_index(FaissIndex(normal(200_000, 64)), tmp_path / "flat.index")
    size = (tmp_path / "flat.index").stat().st_size / 1e6
    assert size > 50
    for memory_map, least, most in ((False, 0.9 * size, 1.3 * size), (True, -5, 0.1 * size)):
        words = [sys.executable, "-c", MEMORY, str(tmp_path / "flat.index"), str(memory_map)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        assert least <= float(done.stdout) <= most


@needs_faiss
def test_a_file_that_is_not_there_or_no_index(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no index .*some.index"):
        StoredIndex(tmp_path / "some.index")
    (tmp_path / "some.index").write_bytes(b"no index at all")
    with pytest.raises(
        StoredIndexError, match=r"some.index holds a kind of index that is not read here"
    ):
        StoredIndex(tmp_path / "some.index")
    save_index(FaissIndex(GALLERY), tmp_path / "some.index")
    whole = (tmp_path / "some.index").read_bytes()
    (tmp_path / "some.index").write_bytes(whole[: len(whole) // 2])
    for memory_map in (True, False):
        with pytest.raises(StoredIndexError, match="damaged"):
            StoredIndex(tmp_path / "some.index", memory_map)


def test_parts_are_searched_as_one():
    parts = [ExactIndex(part) for part in GALLERY.split(3500)]
    index = ShardedIndex(parts)
    assert index.shape == (12_000, 16)
    found, oracle = index.search(QUERIES, 25), nearest(QUERIES, GALLERY, 25)
    assert torch.equal(found.indices, oracle.indices)
    torch.testing.assert_close(found.distances, oracle.distances)


@needs_faiss
def test_parts_in_files(tmp_path):
    for number, part in enumerate(GALLERY.split(5000)):
        save_index(FaissIndex(part), tmp_path / f"{number}.index")
    index = ShardedIndex([StoredIndex(path) for path in sorted(tmp_path.iterdir())])
    assert torch.equal(index.search(QUERIES, 7).indices, nearest(QUERIES, GALLERY, 7).indices)


def test_small_parts_and_more_neighbours_than_a_part_has():
    gallery = GALLERY[:10]
    index = ShardedIndex([ExactIndex(part) for part in gallery.split(3)])
    assert torch.equal(index.search(QUERIES, 10).indices, nearest(QUERIES, gallery, 10).indices)
    with pytest.raises(ValueError, match="k=11, but the gallery has 10 rows"):
        index.search(QUERIES, 11)


def test_equal_distances_keep_their_order_and_nothing_found_comes_last():
    one = Neighbours(torch.tensor([[1.0, torch.inf]]), torch.tensor([[4, -1]]))
    two = Neighbours(torch.tensor([[1.0, 3.0]]), torch.tensor([[9, 8]]))
    merged = merge_neighbours([one, two], k=4)
    assert merged.indices.tolist() == [[4, 9, 8, -1]]


class FindsNothing:
    shape = (3, 16)

    def search(self, queries, k):
        shape = (len(queries), k)
        return Neighbours(torch.full(shape, torch.inf), torch.full(shape, -1))


def test_what_a_part_has_not_found_gets_no_number():
    found = ShardedIndex([ExactIndex(GALLERY[:3]), FindsNothing()]).search(QUERIES, 6)
    assert (found.indices[:, 3:] == -1).all() and found.distances[:, 3:].isinf().all()


def test_parts_must_fit():
    with pytest.raises(ValueError, match="parts must hold an index, got none"):
        ShardedIndex([])
    with pytest.raises(ValueError, match=r"parts must be of one width, got \[8, 16\]"):
        ShardedIndex([ExactIndex(GALLERY), ExactIndex(GALLERY[:, :8])])


def test_without_faiss_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "faiss", None)
    assert indexes.has_faiss
    with pytest.raises(MissingFaissError, match="pip install faiss-cpu"):
        StoredIndex(tmp_path / "some.index")

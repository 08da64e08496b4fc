"""Index files from strangers: rows that are declared and not there."""

import struct

import pytest
import torch

from draws import normal
from peak_memory import measured, needs_peak_memory
from siamese_lib.retrieval import FaissIndex, StoredIndex, has_faiss, save_index
from siamese_lib.retrieval.indexes import import_faiss
from siamese_lib.retrieval.on_disk import StoredIndexError

pytestmark = pytest.mark.skipif(
    not has_faiss() or not hasattr(import_faiss(), "set_deserialization_vector_byte_limit"),
    reason="needs a version of faiss-cpu that can limit what it reads",
)


def declaring(path, description, n_declared=200_000_000):
    """The file of a small index whose rows are declared to be many more."""
    save_index(FaissIndex(normal(200, 4), description), path)
    content = bytearray(path.read_bytes())
    place = content.rindex(struct.pack("<Q", 200 * 4))  # numbers in the rows
    struct.pack_into("<Q", content, place, n_declared)
    path.write_bytes(content)
    return path


@needs_peak_memory
@pytest.mark.parametrize("description", ["Flat", "HNSW32"])
def test_rows_that_the_file_does_not_hold_take_no_memory(tmp_path, description):
    path = declaring(tmp_path / "some.index", description)
    before = "import faiss\nfrom siamese_lib.retrieval import StoredIndex"
    found = measured(before, "StoredIndex(words[0], memory_map=False)", path)
    assert found.megabytes < 60
    assert found.error.startswith("StoredIndexError") and "some.index is damaged" in found.error


def test_faiss_has_its_own_limits_again_afterwards(tmp_path):
    faiss = import_faiss()
    limit = faiss.get_deserialization_vector_byte_limit()
    save_index(FaissIndex(normal(200, 4)), tmp_path / "good.index")
    assert StoredIndex(tmp_path / "good.index").shape == (200, 4)
    with pytest.raises(ValueError, match="damaged"):
        StoredIndex(declaring(tmp_path / "some.index", "Flat"), memory_map=False)
    assert faiss.get_deserialization_vector_byte_limit() == limit


def test_a_search_looks_at_no_more_than_there_is(tmp_path):
    """A file of 10 kB asked for 8 GB and most of a minute."""
    index = FaissIndex(normal(50, 4), "HNSW32")
    index.index.hnsw.efSearch = 2_000_000_000
    save_index(index, tmp_path / "some.index")
    stored = StoredIndex(tmp_path / "some.index")
    assert stored.index.hnsw.efSearch == 50
    found = stored.search(normal(3, 4, seed=1), 2)
    assert found.indices.shape == (3, 2)


def by_inner_product(faiss):
    return faiss.IndexFlatIP(4)


def with_own_numbers(faiss):
    return faiss.IndexIDMap(faiss.IndexFlatL2(4))


@pytest.mark.parametrize(
    ("make", "message"),
    [(by_inner_product, "a kind of index"), (with_own_numbers, "a kind of index")],
)
def test_an_index_that_means_something_else_is_refused(tmp_path, make, message):
    faiss = import_faiss()
    index = make(faiss)
    rows = normal(10, 4).numpy()
    if make is by_inner_product:
        index.add(rows)
    else:
        index.add_with_ids(rows, torch.arange(70, 80).numpy())
    faiss.write_index(index, str(tmp_path / "x.index"))
    with pytest.raises(StoredIndexError, match=message):
        StoredIndex(tmp_path / "x.index")


@pytest.mark.parametrize(
    "kind",
    ["HNSW8_PQ2x4", "RQ2x4", "NSG8,Flat", "PCA2,Flat", "IVF5_HNSW8,Flat", "SQ8", "LSH"],
)
def test_kinds_that_this_package_does_not_write_are_refused_before_they_are_read(tmp_path, kind):
    """Some make tables of 4 GB, or search for ever, whatever rows they hold."""
    faiss = import_faiss()
    index = faiss.index_factory(4, kind)
    rows = normal(700, 4).numpy()
    index.train(rows)
    index.add(rows)
    faiss.write_index(index, str(tmp_path / "x.index"))
    with pytest.raises(StoredIndexError, match="holds a kind of index that is not read here"):
        StoredIndex(tmp_path / "x.index")


def test_a_graph_over_other_rows_is_refused(tmp_path):
    faiss = import_faiss()
    graph = faiss.IndexHNSWSQ(4, faiss.ScalarQuantizer.QT_8bit, 8)
    graph.train(normal(100, 4).numpy())
    graph.add(normal(100, 4).numpy())
    faiss.write_index(graph, str(tmp_path / "x.index"))
    content = (tmp_path / "x.index").read_bytes()
    (tmp_path / "x.index").write_bytes(b"IHNf" + content[4:])
    with pytest.raises(StoredIndexError, match="holds a kind of index that is not read here"):
        StoredIndex(tmp_path / "x.index")


def test_a_file_that_is_cut_off_is_damaged(tmp_path):
    save_index(FaissIndex(normal(50, 4), "HNSW32"), tmp_path / "x.index")
    whole = (tmp_path / "x.index").read_bytes()
    for n_bytes in (0, 3, 20, 90, len(whole) - 100):
        (tmp_path / "x.index").write_bytes(whole[:n_bytes])
        with pytest.raises(StoredIndexError):
            StoredIndex(tmp_path / "x.index")


def test_rows_with_numbers_of_their_own_are_refused_when_they_are_found(tmp_path):
    faiss = import_faiss()
    rows = normal(200, 4).numpy()
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(4), 4, 5)
    index.train(rows)
    index.add_with_ids(rows, torch.arange(10**12, 10**12 + 200).numpy())
    faiss.write_index(index, str(tmp_path / "x.index"))
    with pytest.raises(ValueError, match="numbers its rows in a way of its own"):
        StoredIndex(tmp_path / "x.index").search(normal(2, 4, seed=1), 1)

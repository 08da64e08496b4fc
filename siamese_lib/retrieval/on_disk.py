"""Indexes that stay on the disk, and several that answer as one: more rows than memory holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from siamese_lib.files import display_path, printable, written_whole
from siamese_lib.retrieval.indexes import FaissIndex, import_faiss
from siamese_lib.retrieval.kinds import problem_of
from siamese_lib.retrieval.neighbours import Neighbours, check_queries

# What newer versions of FAISS can limit while they read a file.
LIMITS = ("deserialization_vector_byte_limit", "deserialization_loop_limit")
LEAST_LIMIT = 1 << 20
ONE_AT_A_TIME = threading.Lock()


class StoredIndexError(ValueError):
    """A file holds no index."""


class SearchIndex(Protocol):
    """What can be searched: any index of this package."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and width, ``(G, D)``."""
        ...

    def search(self, queries: Tensor, k: int) -> Neighbours:
        """The k nearest rows for each query ``(Q, D)``."""
        ...


def save_index(index: FaissIndex, path: str | Path) -> None:
    """Write a FAISS index to a file, whole or not at all.

    Raises:
        OSError: the folder cannot be made or written.
    """
    with written_whole(Path(path).expanduser()) as beside:
        import_faiss().write_index(index.index, str(beside))


class StoredIndex(FaissIndex):
    """An index of FAISS in a file.

    A file from a stranger may declare any number of rows: nothing in it may be larger than the
    file, if this version of FAISS can limit it.

    Args:
        path: What ``save_index`` wrote. Other kinds of index, which FAISS may read, are refused.
        memory_map: leave the rows on the disk. The operating system brings a page of the file into
            memory when a search looks at it, and lets go of it when memory is short; several
            processes that map one file share what is in memory. False reads everything.

    Raises:
        MissingFaissError: FAISS is not installed.
        FileNotFoundError: no such file.
        StoredIndexError: the file is damaged or holds something else.
    """

    def __init__(self, path: str | Path, memory_map: bool = True) -> None:
        path, faiss = Path(path).expanduser(), import_faiss()
        if not path.is_file():
            raise FileNotFoundError(f"there is no index {display_path(path)}")
        with path.open("rb") as content:
            if problem := problem_of(content):
                raise StoredIndexError(f"{display_path(path)} {problem}. Write it with save_index.")
        # Before FAISS 1.11, inverted files alone could be mapped.
        mapped = getattr(faiss, "IO_FLAG_MMAP_IFC", faiss.IO_FLAG_MMAP)
        # A file may name another one that holds its rows: only a file beside it, and never to
        # write to.
        flags = faiss.IO_FLAG_READ_ONLY | faiss.IO_FLAG_ONDISK_SAME_DIR
        try:
            with _nothing_larger_than(path.stat().st_size):
                self.index = faiss.read_index(str(path), flags | mapped)
                # Mapping refuses a file that names another one with its rows; reading does not.
                if not memory_map:
                    self.index = faiss.read_index(str(path), flags)
        except (RuntimeError, MemoryError) as error:
            said = (str(error) or type(error).__name__).splitlines()[-1]
            raise StoredIndexError(
                f"{display_path(path)} is damaged, or no index: {printable(said)}. Write it again "
                "with save_index."
            ) from error
        _bound_search(self.index)
        self._size = torch.Size([self.index.ntotal, self.index.d])


def _bound_search(index: Any) -> None:
    """Make a search look at no more than the index holds: a file may ask for any number."""
    hnsw = getattr(index, "hnsw", None)
    if hnsw is not None:
        hnsw.efSearch = max(1, min(hnsw.efSearch, index.ntotal))
    if hasattr(index, "nprobe"):
        index.nprobe = max(1, min(index.nprobe, index.nlist))


@contextmanager
def _nothing_larger_than(n_bytes: int) -> Iterator[None]:
    """Limit the vectors that FAISS makes, and its loops, while it reads a file of this size.

    Without limits it makes them as large as the file declares. They hold for the whole process,
    so that one file is read at a time.
    """
    faiss = import_faiss()
    names = [name for name in LIMITS if hasattr(faiss, f"set_{name}")]
    with ONE_AT_A_TIME:
        before = {name: getattr(faiss, f"get_{name}")() for name in names}
        try:
            for name in names:
                getattr(faiss, f"set_{name}")(max(n_bytes, LEAST_LIMIT))
            yield
        finally:
            for name in names:
                getattr(faiss, f"set_{name}")(before[name])


class ShardedIndex:
    """Several indexes searched as one: each finds its k nearest, and the k nearest of all remain.

    Nothing is lost by that: what is among the k nearest of all is among the k nearest of its part.
    The parts may lie in files, or be searched by other machines.

    Args:
        parts: indexes of one width. Rows are numbered through: those of the second part follow
            those of the first.

    Raises:
        ValueError: no part, or parts of different widths.
    """

    def __init__(self, parts: Sequence[SearchIndex]) -> None:
        if not parts:
            raise ValueError("parts must hold an index, got none")
        widths = sorted({part.shape[1] for part in parts})
        if len(widths) > 1:
            raise ValueError(f"parts must be of one width, got {widths}")
        self.parts = list(parts)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and width, ``(G, D)``."""
        return sum(part.shape[0] for part in self.parts), self.parts[0].shape[1]

    def search(self, queries: Tensor, k: int) -> Neighbours:
        """The k nearest rows of all parts; arguments, result and errors as for ``nearest``."""
        check_queries(queries, *self.shape, k, exclude_self=False)
        first, found = 0, []
        for part in self.parts:
            rows = part.shape[0]
            distances, indices = part.search(queries, min(k, rows))
            found.append((distances, torch.where(indices < 0, -1, indices + first)))
            first += rows
        return merge_neighbours([Neighbours(*each) for each in found], k)


def merge_neighbours(found: Sequence[Neighbours], k: int) -> Neighbours:
    """The k nearest of what several searches found, for the same queries.

    Equal distances keep the order of the searches.

    Args:
        found: of each search; indices must be those of the whole, -1 at infinity for nothing.
        k: how many to keep, at most as many as all found together.

    >>> one = Neighbours(torch.tensor([[0.1, 0.4]]), torch.tensor([[3, 1]]))
    >>> two = Neighbours(torch.tensor([[0.2, 0.3]]), torch.tensor([[7, 9]]))
    >>> merge_neighbours([one, two], k=3).indices
    tensor([[3, 7, 9]])
    """
    distances, order = torch.cat([each.distances for each in found], 1).sort(dim=1, stable=True)
    indices = torch.cat([each.indices for each in found], 1).gather(1, order)
    return Neighbours(distances[:, :k], indices[:, :k])

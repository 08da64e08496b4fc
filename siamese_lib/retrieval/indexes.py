"""FAISS's indexes for large galleries, behind the same call as the exact search.

FAISS (Douze et al. 2024) is an optional extra: ``pip install faiss-cpu``. Without it this module
imports, and ``ExactIndex`` works.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import torch
from torch import Tensor

from siamese_lib.checks import check_counts, check_embeddings
from siamese_lib.messages import note
from siamese_lib.randomness import as_generator
from siamese_lib.retrieval.neighbours import Neighbours, check_queries

# FAISS asks for so many rows for each centre that it learns.
ROWS_PER_CENTRE = 39


class MissingFaissError(ImportError):
    """FAISS is not installed."""


def has_faiss() -> bool:
    """Whether FAISS is installed here."""
    return importlib.util.find_spec("faiss") is not None


class FaissIndex:
    """What the FAISS indexes have in common: Euclidean distance, CPU, 32 bits.

    Args:
        gallery: float ``(G, D)``, checked (see ``_checked_width``); copied (or coded) into the
            index.

    Attributes:
        index: FAISS's own index, for all that is not here.
    """

    index: Any

    def __init__(self, gallery: Tensor) -> None:
        self._size = gallery.shape
        rows = _as_rows(gallery)
        if not self.index.is_trained:
            self.index.train(rows)
        self.index.add(rows)

    def search(self, queries: Tensor, k: int, exclude_self: bool = False) -> Neighbours:
        """The k nearest rows that the index finds.

        Args:
            queries: float ``(Q, D)``.
            k: how many, 1 to G.
            exclude_self: query i is row i of the gallery, and is not to find itself. If an
                approximate index has not found it, the k-th neighbour is the one before the last.

        Returns:
            The neighbours, on the queries' device. Distances are Euclidean, those to rows kept in
            few bytes are to what the bytes stand for. Where fewer than k are found, -1 at infinity
            fills up, and a note says for how many queries.

        Raises:
            TypeError: queries that are no floats.
            ValueError: as for ``nearest``.
        """
        check_queries(queries, self._size[0], self._size[1], k, exclude_self)
        squared, index = self.index.search(_as_rows(queries), k + exclude_self)
        distance = torch.from_numpy(squared).clamp_(min=0).sqrt_()
        place = torch.from_numpy(index)
        if place.max() >= self._size[0]:
            raise ValueError("this index numbers its rows in a way of its own: save it again")
        distance[place < 0] = torch.inf
        if exclude_self:
            distance, place = _without_self(distance, place)
        n_short = int((place < 0).any(dim=1).sum())
        if n_short:
            note(
                f"{n_short:,} of {len(queries):,} queries got fewer than k={k} neighbours: the "
                "index looked at too few rows; let it look at more"
            )
        return Neighbours(distance.to(queries.device), place.to(queries.device))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and width, ``(G, D)``."""
        return self._size[0], self._size[1]

    @property
    def n_bytes(self) -> int:
        """Size of the index, as it would be written to a file; in memory it is about the same."""
        faiss, count = import_faiss(), 0

        def counted(part: bytes) -> None:
            nonlocal count
            count += len(part)

        writer = faiss.BufferedIOWriter(faiss.PyCallbackIOWriter(counted, 1 << 20))
        faiss.write_index(self.index, writer)
        del writer  # writes what is left
        return count


class FlatIndex(FaissIndex):
    """Every row is compared, in FAISS: exact, up to rounding.

    Args:
        gallery: float ``(G, D)``.

    Raises:
        MissingFaissError: FAISS is not installed.
    """

    def __init__(self, gallery: Tensor) -> None:
        self.index = import_faiss().IndexFlatL2(_checked_width(gallery))
        super().__init__(gallery)


class InvertedFileIndex(FaissIndex):
    """Rows are sorted into cells; a query is compared with the rows of the nearest cells only.

    An inverted file (IVF; Jégou, Douze and Schmid 2011, section IV). The cells belong to
    ``n_cells`` centres that k-means finds.

    Args:
        gallery: float ``(G, D)``, 39 rows for each cell or more.
        n_cells: how many; about the square root of G, and up to ten times that, is usual.
        n_probe: cells that a search looks into, 1 to ``n_cells``; may be changed at any time.
        code_bytes: keep each row's offset from its centre in so many bytes (product quantisation)
            in place of 4 D; D must be a multiple of it. None keeps the rows.
        generator: a ``torch.Generator`` or a seed, for k-means.

    Raises:
        MissingFaissError: FAISS is not installed.
        ValueError: too few rows, or numbers that do not fit.
    """

    def __init__(
        self,
        gallery: Tensor,
        n_cells: int,
        n_probe: int = 1,
        code_bytes: int | None = None,
        generator: torch.Generator | int | None = 0,
    ) -> None:
        faiss, width = import_faiss(), _checked_width(gallery)
        check_counts(n_cells=n_cells)
        _check_rows(gallery, "n_cells", n_cells)
        centres = faiss.IndexFlatL2(width)
        if code_bytes is None:
            self.index = faiss.IndexIVFFlat(centres, width, n_cells)
        else:
            _check_code(gallery, code_bytes)
            self.index = faiss.IndexIVFPQ(centres, width, n_cells, code_bytes, 8)
            self.index.pq.cp.seed = _seed(generator)
        self.index.cp.seed = _seed(generator)
        self._centres = centres  # FAISS does not keep it alive
        super().__init__(gallery)
        self.n_probe = n_probe

    @property
    def n_probe(self) -> int:
        """Cells that a search looks into."""
        return self.index.nprobe

    @n_probe.setter
    def n_probe(self, n_probe: int) -> None:
        check_counts(n_probe=n_probe)
        if n_probe > self.index.nlist:
            raise ValueError(f"n_probe={n_probe}, but there are {self.index.nlist} cells")
        self.index.nprobe = n_probe


class GraphIndex(FaissIndex):
    """Rows are linked to near ones; a search walks along the links (HNSW).

    A hierarchical navigable small world (Malkov and Yashunin 2020).

    Args:
        gallery: float ``(G, D)``.
        n_links: M, links of a row to others on each layer, twice as many on the lowest.
        ef_build: candidates kept in mind while a row is linked.
        ef_search: candidates kept in mind in a search, at least k for k neighbours; may be changed
            at any time.
        generator: a ``torch.Generator`` or a seed, for the layers.

    Raises:
        MissingFaissError: FAISS is not installed.
        ValueError: a number below 1, or fewer than two links.
    """

    def __init__(
        self,
        gallery: Tensor,
        n_links: int = 32,
        ef_build: int = 40,
        ef_search: int = 16,
        generator: torch.Generator | int | None = 0,
    ) -> None:
        faiss = import_faiss()
        check_counts(n_links=n_links, ef_build=ef_build)
        if n_links < 2:
            raise ValueError(f"n_links must be 2 or more, got {n_links}")
        self.index = faiss.IndexHNSWFlat(_checked_width(gallery), n_links)
        self.index.hnsw.efConstruction = ef_build
        self.index.hnsw.rng = faiss.RandomGenerator(_seed(generator))
        super().__init__(gallery)
        self.ef_search = ef_search

    @property
    def ef_search(self) -> int:
        """Candidates kept in mind in a search."""
        return self.index.hnsw.efSearch

    @ef_search.setter
    def ef_search(self, ef_search: int) -> None:
        check_counts(ef_search=ef_search)
        self.index.hnsw.efSearch = ef_search


class ProductQuantizedIndex(FaissIndex):
    """Every row is compared, but kept in a few bytes each (Jégou, Douze and Schmid 2011).

    A row is cut into ``code_bytes`` pieces; k-means finds 256 centres for each piece, and one
    byte says which of them is nearest.

    Args:
        gallery: float ``(G, D)``, 9,984 rows or more, D a multiple of ``code_bytes``.
        code_bytes: bytes for each row.
        generator: a ``torch.Generator`` or a seed, for k-means.

    Raises:
        MissingFaissError: FAISS is not installed.
        ValueError: too few rows, or a width that is no multiple.
    """

    def __init__(
        self, gallery: Tensor, code_bytes: int = 16, generator: torch.Generator | int | None = 0
    ) -> None:
        faiss, width = import_faiss(), _checked_width(gallery)
        _check_code(gallery, code_bytes)
        self.index = faiss.IndexPQ(width, code_bytes, 8)
        self.index.pq.cp.seed = _seed(generator)
        super().__init__(gallery)


def import_faiss() -> Any:
    """The module, or MissingFaissError, which says how to install it."""
    try:
        import faiss
    except ImportError as error:
        raise MissingFaissError(
            "FAISS is not installed. Install it with: pip install faiss-cpu (or search with "
            "ExactIndex, which needs nothing else)"
        ) from error
    return faiss


def _checked_width(gallery: Tensor) -> int:
    check_embeddings("gallery", gallery)
    return gallery.shape[1]


def _as_rows(embeddings: Tensor) -> np.ndarray:
    return embeddings.detach().to("cpu", torch.float32).contiguous().numpy()


def _seed(generator: torch.Generator | int | None) -> int:
    return int(torch.randint(2**31 - 1, (), generator=as_generator(generator)))


def _check_rows(gallery: Tensor, name: str, n_centres: int) -> None:
    least = ROWS_PER_CENTRE * n_centres
    if len(gallery) < least:
        raise ValueError(
            f"{name}={n_centres} needs {least:,} rows to learn from, the gallery has "
            f"{len(gallery):,}: at most {len(gallery) // ROWS_PER_CENTRE}"
        )


def _check_code(gallery: Tensor, code_bytes: int) -> None:
    check_counts(code_bytes=code_bytes)
    if gallery.shape[1] % code_bytes:
        raise ValueError(
            f"code_bytes={code_bytes} does not divide the width {gallery.shape[1]} into equal parts"
        )
    least = ROWS_PER_CENTRE * 256
    if len(gallery) < least:
        raise ValueError(
            f"codes of a byte need {least:,} rows to learn 256 centres from, the gallery has "
            f"{len(gallery):,}: keep the rows as they are"
        )


def _without_self(distance: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
    """One column less: without row i in line i, or without the last where it was not found."""
    other = place != torch.arange(len(place))[:, None]
    other[other.all(dim=1), -1] = False
    shape = (len(place), place.shape[1] - 1)
    return distance[other].view(shape), place[other].view(shape)

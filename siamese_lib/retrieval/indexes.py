"""FAISS's indexes for large galleries, behind the same call as the exact search.

FAISS (Douze et al. 2024) is an optional extra: ``pip install faiss-cpu``. Without it this module
imports, and ``ExactIndex`` works.
"""

from __future__ import annotations

import importlib.util
import re
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
DESCRIPTION = re.compile(r"Flat|IVF(\d+),(?:Flat|PQ(\d+))|HNSW(\d+)|PQ(\d+)")


class MissingFaissError(ImportError):
    """FAISS is not installed."""


def has_faiss() -> bool:
    """Whether FAISS is installed here."""
    return importlib.util.find_spec("faiss") is not None


class FaissIndex:
    """An index of FAISS: Euclidean distance, on the CPU, in 32 bits.

    Args:
        gallery: Float tensor of shape ``(G, D)``; copied (or coded) into the index.
        description: Kind of the index, as for ``faiss.index_factory``. ``"Flat"`` compares every
            row and is exact. ``"IVF100,Flat"`` sorts the rows into 100 cells and compares those of
            the nearest cells only (Jégou, Douze and Schmid 2011, section IV). ``"HNSW32"`` links
            each row to 32 near ones and walks along the links (Malkov and Yashunin 2020).
            ``"PQ16"`` keeps 16 bytes of each row, and ``"IVF100,PQ16"`` combines cells and bytes.
        generator: A ``torch.Generator`` or a seed, for k-means and for the links.

    Attributes:
        index: FAISS's own index, for everything that is not here.

    Raises:
        MissingFaissError: If FAISS is not installed.
        ValueError: If the description is of a different form, or if the gallery has too few rows
            or a width that the bytes do not divide.
    """

    index: Any

    def __init__(
        self,
        gallery: Tensor,
        description: str = "Flat",
        generator: torch.Generator | int | None = 0,
    ) -> None:
        faiss = import_faiss()
        check_embeddings("gallery", gallery)
        self._size = gallery.shape
        _check_description(description, *gallery.shape)
        self.index = faiss.index_factory(gallery.shape[1], description)
        seed = int(torch.randint(2**31 - 1, (), generator=as_generator(generator)))
        if hasattr(self.index, "pq"):
            self.index.pq.cp.seed = seed
        if hasattr(self.index, "cp"):
            self.index.cp.seed = seed
        if hasattr(self.index, "hnsw"):
            self.index.hnsw.rng = faiss.RandomGenerator(seed)
        rows = _as_rows(gallery)
        if not self.index.is_trained:
            self.index.train(rows)
        self.index.add(rows)

    @property
    def n_probe(self) -> int:
        """Number of cells that a search looks into (IVF), 1 by default."""
        return self._setting("nprobe", self.index)

    @n_probe.setter
    def n_probe(self, n_probe: int) -> None:
        check_counts(n_probe=n_probe)
        self._setting("nprobe", self.index)
        if n_probe > self.index.nlist:
            raise ValueError(f"n_probe={n_probe}, but there are {self.index.nlist} cells")
        self.index.nprobe = n_probe

    @property
    def ef_search(self) -> int:
        """Number of candidates that a search keeps (HNSW), at least k for k neighbours."""
        return self._setting("efSearch", getattr(self.index, "hnsw", None))

    @ef_search.setter
    def ef_search(self, ef_search: int) -> None:
        check_counts(ef_search=ef_search)
        self._setting("efSearch", getattr(self.index, "hnsw", None))
        self.index.hnsw.efSearch = ef_search

    def _setting(self, name: str, of: Any) -> int:
        if not hasattr(of, name):
            raise ValueError(f"{type(self.index).__name__} has no {name}")
        return getattr(of, name)

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


def _as_rows(embeddings: Tensor) -> np.ndarray:
    return embeddings.detach().to("cpu", torch.float32).contiguous().numpy()


def _check_description(description: str, n_rows: int, width: int) -> None:
    found = DESCRIPTION.fullmatch(description)
    if found is None:
        raise ValueError(
            f"description must look like 'Flat', 'IVF100,Flat', 'IVF100,PQ16', 'HNSW32' or 'PQ16', "
            f"got {description!r}"
        )
    cells, coded, links, alone = (int(number or 0) for number in found.groups())
    n_bytes = coded or alone
    if 0 in (int(number) for number in re.findall(r"\d+", description)) or links == 1:
        raise ValueError(f"{description!r}: numbers must be 1 or more, and links 2 or more")
    if n_rows < ROWS_PER_CENTRE * cells:
        raise ValueError(
            f"{cells} cells need {ROWS_PER_CENTRE * cells:,} rows to learn from, the gallery has "
            f"{n_rows:,}: at most {n_rows // ROWS_PER_CENTRE}"
        )
    if n_bytes and width % n_bytes:
        raise ValueError(f"{n_bytes} bytes do not divide the width {width} into equal parts")
    if n_bytes and n_rows < ROWS_PER_CENTRE * 256:
        raise ValueError(
            f"codes of a byte need {ROWS_PER_CENTRE * 256:,} rows to learn 256 centres from, the "
            f"gallery has {n_rows:,}: keep the rows as they are"
        )


def _without_self(distance: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
    """One column less: without row i in line i, or without the last where it was not found."""
    other = place != torch.arange(len(place))[:, None]
    other[other.all(dim=1), -1] = False
    shape = (len(place), place.shape[1] - 1)
    return distance[other].view(shape), place[other].view(shape)

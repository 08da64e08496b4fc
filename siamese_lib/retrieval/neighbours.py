"""What a search returns, and what every search asks of its arguments."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from siamese_lib.checks import check_counts, check_embeddings


class Neighbours(NamedTuple):
    """The k nearest rows of a gallery for each query, the nearest first.

    Attributes:
        distances: float ``(Q, k)``, Euclidean, ascending in each row.
        indices: int64 ``(Q, k)``, rows of the gallery. An approximate search that finds fewer
            than k fills up with -1, at an infinite distance.
    """

    distances: Tensor
    indices: Tensor


def check_search(queries: Tensor, gallery: Tensor, k: int, exclude_self: bool) -> None:
    """Raise unless ``queries`` ``(Q, D)`` can be searched for in ``gallery`` ``(G, D)``.

    Raises:
        TypeError: not floating-point tensors.
        ValueError: widths or devices that differ, NaN, k that is not 1 to the rows that are there,
            or ``exclude_self`` with another number of queries than rows.
    """
    check_embeddings("gallery", gallery)
    check_embeddings("queries", queries)
    check_query(queries, gallery.shape[1], len(gallery), k, exclude_self)
    if queries.device != gallery.device:
        raise ValueError(f"queries are on {queries.device}, the gallery on {gallery.device}")


def check_query(queries: Tensor, width: int, n_gallery: int, k: int, exclude_self: bool) -> None:
    """Raise ValueError unless a gallery of that size and width can answer ``queries``."""
    check_counts(k=k)
    if queries.shape[1] != width:
        raise ValueError(
            f"queries have {queries.shape[1]} numbers each, the gallery's rows {width}: embed both "
            "with the same network"
        )
    if exclude_self and len(queries) != n_gallery:
        raise ValueError(
            "exclude_self=True takes query i for row i of the gallery, but there are "
            f"{len(queries)} queries and {n_gallery} rows"
        )
    if k > n_gallery - exclude_self:
        left = f" without the query itself, {n_gallery - 1}" if exclude_self else f" {n_gallery}"
        raise ValueError(f"k={k}, but the gallery has{left} rows: ask for fewer")

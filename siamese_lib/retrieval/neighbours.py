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


def check_queries(queries: Tensor, n_gallery: int, width: int, k: int, exclude_self: bool) -> None:
    """Raise unless ``queries`` ``(Q, D)`` can be asked of a gallery of that size and width.

    Raises:
        TypeError: not a floating-point tensor.
        ValueError: another width, NaN, k that is not 1 to the rows that are there, or
            ``exclude_self`` with another number of queries than rows.
    """
    check_embeddings("queries", queries)
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

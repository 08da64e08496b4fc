"""Exact nearest neighbours: every row of the gallery is looked at, a piece at a time."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.checks import check_embeddings, check_ids
from siamese_lib.distances import at_least_float32
from siamese_lib.retrieval.neighbours import Neighbours, check_queries

# Numbers in the largest table that is made: 64 MB in float32.
MOST_AT_ONCE = 1 << 24
GALLERY_AT_ONCE = 1 << 16
# A product of matrices is fast and rounds; so many more than k are measured again, by differences.
SPARE = 16
# How far its rounding may move a squared distance, as a share of the squared norms; 32-bit numbers
# of a few hundred dimensions come to about a tenth of it.
ROUNDING = 1e-5


def nearest(
    queries: Tensor,
    gallery: Tensor,
    k: int,
    exclude_self: bool = False,
    exclude: tuple[Tensor, Tensor] | None = None,
) -> Neighbours:
    """The k nearest rows of the gallery for each query, without error.

    Nothing of the size of queries times gallery is ever in memory: a piece of the gallery is
    compared with some of the queries by one product of matrices; what may be among the k nearest
    is measured again by differences. So a copy of the query is at distance 0 exactly, and rows at
    one distance come in the order of the gallery, whatever the pieces.

    Args:
        queries: float ``(Q, D)``.
        gallery: float ``(G, D)``, on the same device.
        k: how many, 1 to G.
        exclude_self: query i is row i of the gallery, and is not to find itself.
        exclude: integers ``(Q,)`` and ``(G,)``: a query does not find the rows whose number is its
            own, such as other pictures of one session.

    Returns:
        The neighbours, on the same device.

    Raises:
        TypeError: not floating-point tensors, or numbers to exclude that are no integers.
        ValueError: widths or devices that differ, NaN, fewer rows than k for some query, or
            ``exclude_self`` with another number of queries than rows.

    >>> nearest(torch.tensor([[0.0], [2.1]]), torch.tensor([[0.0], [1.0], [2.0]]), k=2).indices
    tensor([[0, 1],
            [2, 1]])
    """
    return ExactIndex(gallery).search(queries, k, exclude_self, exclude)


class ExactIndex:
    """A gallery to search many times with ``nearest``: its norms are computed once.

    Args:
        gallery: float ``(G, D)``.

    Raises:
        TypeError: not a floating-point tensor.
        ValueError: another shape, NaN.
    """

    def __init__(self, gallery: Tensor) -> None:
        check_embeddings("gallery", gallery)
        gallery = at_least_float32(gallery.detach())
        self._middle = gallery.mean(dim=0)  # rounding is least near the origin
        self._rows = gallery - self._middle
        self._norms = self._rows.square().sum(dim=1)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and width, ``(G, D)``."""
        return self._rows.shape[0], self._rows.shape[1]

    @property
    def n_bytes(self) -> int:
        """Memory that rows and norms take."""
        return (self._rows.numel() + len(self._norms)) * self._rows.element_size()

    @torch.no_grad()
    def search(
        self,
        queries: Tensor,
        k: int,
        exclude_self: bool = False,
        exclude: tuple[Tensor, Tensor] | None = None,
    ) -> Neighbours:
        """The k nearest rows; arguments, result and errors as for ``nearest``."""
        rows, n = self._rows, len(self._rows)
        check_queries(queries, n, rows.shape[1], k, exclude_self)
        if queries.device != rows.device:
            raise ValueError(f"queries are on {queries.device}, the gallery on {rows.device}")
        own = _numbers_to_exclude(len(queries), n, exclude_self, exclude, rows.device)
        queries = at_least_float32(queries).to(rows.dtype) - self._middle
        width = max(min(n, GALLERY_AT_ONCE), (k + SPARE) * rows.shape[1])
        found = []
        for some in torch.arange(len(queries), device=rows.device).split(
            max(1, MOST_AT_ONCE // width)
        ):
            squared = rows.new_empty(len(some), 0)
            indices = torch.empty(len(some), 0, dtype=torch.int64, device=rows.device)
            for start in range(0, n, GALLERY_AT_ONCE):
                part = slice(start, start + GALLERY_AT_ONCE)
                hidden = [of_queries[some, None] == of_rows[part] for of_queries, of_rows in own]
                new = _nearest_in(queries[some], rows[part], self._norms[part], hidden, k)
                # What was found before has lower indices: ties keep it in front.
                squared = torch.cat([squared, new[0]], dim=1)
                indices = torch.cat([indices, new[1] + start], dim=1)
                squared, indices = _in_order(squared, indices, k)
            found.append((squared, indices))
        squared, indices = (torch.cat(parts) for parts in zip(*found, strict=True))
        _check_enough(squared, k)
        return Neighbours(squared.sqrt(), indices)


def _numbers_to_exclude(
    n_queries: int,
    n_gallery: int,
    exclude_self: bool,
    exclude: tuple[Tensor, Tensor] | None,
    device: torch.device,
) -> list[tuple[Tensor, Tensor]]:
    """Pairs of numbers ``(Q,)`` and ``(G,)``: where they are equal, the row is not found."""
    own = []
    if exclude_self:
        place = torch.arange(n_gallery, device=device)
        own.append((place, place))
    if exclude is not None:
        of_queries = check_ids("exclude[0]", exclude[0], n_queries)
        of_gallery = check_ids("exclude[1]", exclude[1], n_gallery)
        own.append((of_queries.to(device), of_gallery.to(device)))
    return own


def _nearest_in(
    queries: Tensor, part: Tensor, norms: Tensor, hidden: list[Tensor], k: int
) -> tuple[Tensor, Tensor]:
    """Squared distances and indices ``(Q, k)``, or as many columns as the part has rows."""
    of_queries = queries.square().sum(dim=1, keepdim=True)
    table = torch.addmm(norms, queries, part.T, alpha=-2).add_(of_queries)
    for mask in hidden:
        table.masked_fill_(mask, torch.inf)
    n_candidates = min(k + SPARE, len(part))
    fast, candidates = table.topk(n_candidates, dim=1, largest=False, sorted=False)
    worst_fast = fast.amax(dim=1)
    candidates = candidates.sort(dim=1).values
    squared = (queries[:, None] - part[candidates]).square().sum(dim=2)
    squared.masked_fill_(table.gather(1, candidates).isinf(), torch.inf)
    squared, indices = _in_order(squared, candidates, k)
    if n_candidates < len(part):
        # Rounding may have kept a row out of the candidates that belongs among the k: not if the
        # worst candidate is far beyond the k-th.
        rounding = ROUNDING * (of_queries.squeeze(1) + norms.max())
        in_doubt = worst_fast <= squared[:, -1] + rounding
        for row in in_doubt.nonzero().squeeze(1).tolist():
            every = (queries[row] - part).square().sum(dim=1)
            every.masked_fill_(table[row].isinf(), torch.inf)
            nearest_first, order = every.sort(stable=True)
            squared[row], indices[row] = nearest_first[:k], order[:k]
    return squared, indices


def _in_order(squared: Tensor, indices: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k smallest of each row, ascending; of equal ones those that stand in front."""
    squared, order = squared.sort(dim=1, stable=True)
    return squared[:, :k], indices.gather(1, order[:, :k])


def _check_enough(squared: Tensor, k: int) -> None:
    missing = squared.isinf().sum(dim=1)
    if missing.any():
        worst = int(missing.argmax())
        raise ValueError(
            f"k={k}, but query {worst} has {k - int(missing[worst])} rows of the gallery left "
            f"after what is excluded ({int((missing > 0).sum())} of {len(squared)} queries have "
            "too few): ask for fewer"
        )

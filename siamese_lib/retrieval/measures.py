"""How good is a ranking? Three measures, a value for each query.

They take *hits*: bool ``(Q, K)``, whether the neighbour at each rank is of the query's class, and
the number R of such *mates* that the gallery holds for each query. Their means over queries are
what papers report; the values themselves are what two methods are compared by.
"""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.checks import check_counts, check_ids


def recall_at(hits: Tensor, k: int) -> Tensor:
    """1 where a mate is among the first k, else 0; its mean is Recall@K of metric learning.

    It asks for one mate, not for a share of them, as recall does elsewhere (Jégou, Douze and
    Schmid 2011 define it in this way for a single true neighbour).

    Args:
        hits: bool ``(Q, K)``.
        k: 1 to K.

    Returns:
        float64 ``(Q,)``.

    Raises:
        TypeError: hits that are not bool.
        ValueError: k that is not 1 to K.
    """
    check_counts(k=k)
    _check_hits(hits)
    if k > hits.shape[1]:
        raise ValueError(f"k={k}, but the rankings are {hits.shape[1]} long")
    return hits[:, :k].any(dim=1).double()


def r_precision(hits: Tensor, n_mates: Tensor) -> Tensor:
    """Share of mates among the first R, where R is the number of mates that there are.

    Args:
        hits: bool ``(Q, K)``, K at least the largest R.
        n_mates: integers ``(Q,)``, R for each query, 1 or more.

    Returns:
        float64 ``(Q,)``, 0 to 1.

    Raises:
        TypeError: hits that are not bool, or R that is no integer.
        ValueError: shapes that do not fit, a query without mates, or rankings shorter than R.
    """
    within, n_mates = _first_r(hits, n_mates)
    return within.sum(dim=1) / n_mates


def average_precision_at_r(hits: Tensor, n_mates: Tensor) -> Tensor:
    r"""Average precision over the first R; its mean over queries is MAP@R.

    .. math:: \mathrm{AP@R} = \frac1R \sum_{i=1}^{R} P(i), \qquad
              P(i) = \text{the share of mates among the first } i \text{ if the } i\text{-th is
              a mate, else } 0

    (Musgrave, Belongie and Lim 2020, section 3.2). 1 only if the first R are all of them mates.

    Args, returns and errors as for ``r_precision``.
    """
    within, n_mates = _first_r(hits, n_mates)
    rank = torch.arange(1, within.shape[1] + 1, device=within.device)
    precision = within.cumsum(dim=1) / rank
    return (precision * within).sum(dim=1) / n_mates


def _first_r(hits: Tensor, n_mates: Tensor) -> tuple[Tensor, Tensor]:
    """float64 ``(Q, K)``: the hits within the first R; and R, float64 ``(Q,)``."""
    _check_hits(hits)
    n_mates = check_ids("n_mates", n_mates, len(hits)).to(hits.device)
    if (n_mates < 1).any():
        raise ValueError(
            f"{int((n_mates < 1).sum())} of {len(hits)} queries have no mate in the gallery: "
            "nothing right could be found, so leave them out"
        )
    if int(n_mates.max()) > hits.shape[1]:
        raise ValueError(
            f"a query has {int(n_mates.max())} mates, but the rankings are {hits.shape[1]} long: "
            "search for as many neighbours as the largest class has"
        )
    rank = torch.arange(hits.shape[1], device=hits.device)
    return (hits & (rank < n_mates[:, None])).double(), n_mates.double()


def _check_hits(hits: Tensor) -> None:
    if hits.dtype != torch.bool:
        raise TypeError(f"hits must be bool (Q, K), got {hits.dtype}")
    if hits.ndim != 2 or hits.numel() == 0:
        raise ValueError(f"hits must have shape (Q, K), neither of them 0, got {tuple(hits.shape)}")

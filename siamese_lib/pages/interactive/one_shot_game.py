"""Are you better than the network? One-shot trials to take in the page."""

from __future__ import annotations

import torch
from torch import Tensor

from siamese_lib.pages.interactive.page_figure import PageFigure, check_one_each
from siamese_lib.pages.interactive.sheet import sheet_of

COLUMNS = 21


def one_shot_game(
    support: Tensor,
    query: Tensor,
    answer: Tensor,
    network: Tensor,
    *,
    alt: str,
    note: str = "",
) -> PageFigure:
    """T one-shot trials; the reader clicks an example or presses its letter.

    Args:
        support: uint8 ``(T, n_way, 1, H, W)``, ink 255: one example of each way, 2 to 26 ways.
        query: uint8 ``(T, 1, H, W)``: the drawing to name.
        answer: int64 ``(T,)``, the right way.
        network: int64 ``(T,)``, the way that the network chose.
        alt: what is to be seen and done, in words.
        note: a sentence to show with the score at the end.

    Returns:
        The figure; as the last value of a cell it is shown.

    Raises:
        ValueError: shapes that do not fit, no trial, or a way that does not exist.
    """
    n_trials, n_way = support.shape[:2] if support.ndim == 5 else (0, 0)
    if n_trials == 0 or support.shape[2] != 1 or not 2 <= n_way <= 26:
        raise ValueError(
            "support must have shape (T, n_way, 1, H, W), T above 0 and 2 to 26 ways, got "
            f"{tuple(support.shape)}"
        )
    if query.shape != (n_trials, *support.shape[2:]):
        raise ValueError(
            f"query must have shape {(n_trials, *support.shape[2:])}, got {tuple(query.shape)}"
        )
    if support.dtype != torch.uint8 or query.dtype != torch.uint8:
        raise ValueError(f"images must be uint8, got {support.dtype} and {query.dtype}")
    for name, ways in (("answer", answer), ("network", network)):
        check_one_each(name, ways, n_trials, "trial")
        if ways.ndim != 1 or ways.is_floating_point() or ways.dtype == torch.bool:
            raise ValueError(f"{name} must be integers (T,), got {ways.dtype} {tuple(ways.shape)}")
        if ways.min() < 0 or ways.max() >= n_way:
            raise ValueError(f"{name} must lie between 0 and {n_way - 1}")
    images = torch.cat([query[:, None], support], dim=1).flatten(0, 1)
    data = {
        "nWay": n_way,
        "answer": answer.tolist(),
        "network": network.tolist(),
        "columns": COLUMNS,
        "sheet": sheet_of(images, COLUMNS),
        "note": note,
    }
    return PageFigure("one_shot_game", data, alt)

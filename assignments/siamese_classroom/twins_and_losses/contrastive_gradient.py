"""The gradient of the contrastive loss, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.compare import close, diagnose
from siamese_classroom.question import Property, Question
from siamese_classroom.slips import added_up, flipped_labels, scaled
from siamese_classroom.twins_and_losses.inputs import FLIPPED, norm, some_pairs

FORCE = "the sign is turned round: this is the force, the negative gradient"
SUM = "it is the gradient of the sum; the loss is a mean over the pairs"
HALF = "it is half of what it should be: where is the 2 of the square?"


def contrastive_gradient(
    z1: np.ndarray, z2: np.ndarray, same: np.ndarray, margin: float
) -> np.ndarray:
    """The gradient of the mean contrastive loss to ``z1``, ``(B, D)``; 0 for equal embeddings."""
    difference, y = z1 - z2, same[:, None]
    d = norm(difference)[:, None]
    unit = np.divide(difference, d, out=np.zeros_like(difference), where=d > 0)
    return (2 * y * difference - 2 * (1 - y) * np.maximum(margin - d, 0) * unit) / len(z1)


def _contrastive_gradient(seed: int) -> list[Property]:
    z1, z2, same = some_pairs(seed)
    margin = 2.0
    n = len(z1)
    options = {"margin": margin}

    def hints(y: np.ndarray) -> dict[str, Any]:
        right = contrastive_gradient(z1, z2, y, margin)
        difference, d = z1 - z2, norm(z1 - z2)[:, None]
        one, gap = y[:, None], np.maximum(margin - d, 0)
        pull, unit = 2 * one * difference, difference / d
        return {
            "different pairs are pulled together: look at the sign of their part": (
                pull + 2 * (1 - one) * gap * unit
            )
            / n,
            FORCE: -right,
            SUM: n * right,
            HALF: right / 2,
            FLIPPED: contrastive_gradient(z1, z2, 1 - y, margin),
            "pairs beyond the margin get a gradient": (pull - 2 * (1 - one) * (margin - d) * unit)
            / n,
            "for different pairs, the direction must have length 1 (divide by the distance)": (
                pull - 2 * (1 - one) * gap * difference
            )
            / n,
            "same pairs get a direction of length 1; they are pulled in proportion to their "
            "distance": (2 * one * unit - 2 * (1 - one) * gap * unit) / n,
            "different pairs get no gradient": pull / n,
            "same pairs get no gradient": -2 * (1 - one) * gap * unit / n,
            "it holds one number for each pair; a vector for each is asked for": norm(right),
        }

    def on(y: np.ndarray, otherwise: str) -> Any:
        def holds(ask: Ask) -> str | None:
            got = ask("value", args=[z1, z2, y], options=options)
            return diagnose(got, contrastive_gradient(z1, z2, y, margin), hints(y), otherwise)

        return holds

    def at_zero(ask: Ask) -> str | None:
        got = ask("value", args=[z1, z1, 0 * same], options=options)
        if not isinstance(got, np.ndarray) or got.shape != z1.shape:
            return "for equal embeddings of different classes the shape is wrong"
        if not np.isfinite(got).all():
            return "NaN when both inputs are equal: it divides by a distance of 0"
        if not close(got, 0 * z1, absolute=1e-3):
            return "for equal embeddings there is no direction to push in; it should be 0"
        return None

    return [
        Property(
            "is right for same pairs",
            on(np.ones(n), "for same pairs it is not the gradient of the mean loss"),
            2,
        ),
        Property(
            "is right for different pairs",
            on(np.zeros(n), "for different pairs it is not the gradient of the mean loss"),
            3,
        ),
        Property("is right for both together", on(same, "with both kinds it is wrong"), 1),
        Property("is 0, not NaN, for equal embeddings of different classes", at_zero, 2, True),
    ]


CONTRASTIVE_GRADIENT = Question(
    "contrastive_gradient",
    _contrastive_gradient,
    (scaled(FORCE, -1), added_up(SUM), scaled(HALF, 2), flipped_labels(FLIPPED, place=2)),
    needs=("distance",),
)

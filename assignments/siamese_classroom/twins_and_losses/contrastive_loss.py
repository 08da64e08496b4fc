"""The contrastive loss of distances."""

from __future__ import annotations

from typing import Any

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.compare import close, diagnose
from siamese_classroom.question import Property, Question
from siamese_classroom.slips import added_up, flipped_labels, not_averaged, scaled
from siamese_classroom.twins_and_losses.inputs import FLIPPED

HALF = "it is half of what it should be: the formula here has no ½"
SUM = "it adds up: the mean over the pairs is asked for"
EACH = "one number is asked for, the mean over the pairs"


def contrastive_terms(d: np.ndarray, same: np.ndarray, margin: float) -> np.ndarray:
    """The loss of each pair: equation 4 of Hadsell et al. (2006), same = 1 and without the ½."""
    return same * d**2 + (1 - same) * np.maximum(margin - d, 0) ** 2


def _contrastive_loss(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    margin = 1.0 + 0.5 * draw.random()
    near, far = draw.uniform(0.1, 0.8, 9), margin + draw.uniform(0.2, 1.5, 9)
    same, other = np.ones(9), np.zeros(9)

    def mistakes(d: np.ndarray, y: np.ndarray) -> dict[str, Any]:
        gap = np.maximum(margin - d, 0)
        terms = contrastive_terms(d, y, margin)
        active = max(int((terms > 0).sum()), 1)
        return {
            FLIPPED: contrastive_terms(d, 1 - y, margin).mean(),
            "the hinge is not squared": (y * d**2 + (1 - y) * gap).mean(),
            "the distance of a same pair is not squared": (y * d + (1 - y) * gap**2).mean(),
            "neither the distance nor the hinge is squared": (y * d + (1 - y) * gap).mean(),
            "there is no hinge: a pair beyond the margin must pay nothing": (
                y * d**2 + (1 - y) * (margin - d) ** 2
            ).mean(),
            "the hinge is turned round: it is the near pairs that must pay": (
                y * d**2 + (1 - y) * np.maximum(d - margin, 0) ** 2
            ).mean(),
            "the hinge holds squared distances against the margin": (
                y * d**2 + (1 - y) * np.maximum(margin - d**2, 0)
            ).mean(),
            "the hinge holds squared distances against the squared margin": (
                y * d**2 + (1 - y) * np.maximum(margin**2 - d**2, 0)
            ).mean(),
            "the margin that was given is not used": contrastive_terms(d, y, 1.0).mean(),
            HALF: terms.mean() / 2,
            SUM: terms.sum(),
            EACH: terms,
            "it takes the mean over the pairs that pay, not over all of them": terms.sum() / active,
            "pairs of the same class are left out": ((1 - y) * gap**2).mean(),
            "pairs of different classes are left out": (y * d**2).mean(),
        }

    def on(d: np.ndarray, y: np.ndarray, otherwise: str) -> Any:
        def holds(ask: Ask) -> str | None:
            got = ask("value", args=[d, y], options={"margin": margin})
            right = contrastive_terms(d, y, margin).mean()
            hint = diagnose(got, right, mistakes(d, y), otherwise)
            # On pairs of one kind, several mistakes look alike.
            return hint and (in_the_mixture(ask) or hint)

        return holds

    def in_the_mixture(ask: Ask) -> str | None:
        got = ask("value", args=[mixed, labels], options={"margin": margin})
        right = contrastive_terms(mixed, labels, margin).mean()
        return diagnose(got, right, mistakes(mixed, labels), "")

    mixed = np.concatenate([near, far, draw.uniform(0.1, 0.8, 9)])
    labels = np.concatenate([same, other, other])

    def column(ask: Ask) -> str | None:
        if ask("refusal", args=[mixed[:, None], labels], options={"margin": margin}) is None:
            return (
                f"distances ({len(mixed)}, 1) beside labels ({len(mixed)},) broadcast to "
                f"{len(mixed)} x {len(mixed)} pairs: raise a ValueError"
            )
        return None

    def kinds(ask: Ask) -> str | None:
        right = contrastive_terms(mixed, labels, margin).mean()
        for kind in (np.int64, bool):
            got = ask("value", args=[mixed, labels.astype(kind)], options={"margin": margin})
            if not close(got, right):
                return f"with labels of type {np.dtype(kind).name} another number comes out"
        return None

    def gradient(ask: Ask) -> str | None:
        _, gradients = ask(
            "value_and_gradients", args=[mixed, labels.astype(np.int64)], options={"margin": margin}
        )
        slope = 2 * labels * mixed - 2 * (1 - labels) * np.maximum(margin - mixed, 0)
        if close(gradients[0], slope / len(mixed)):
            return None
        return "its gradient is not that of the formula"

    return [
        Property(
            "same pairs pay their squared distance",
            on(near, same, "for same pairs it is not the mean squared distance"),
            2,
        ),
        Property(
            "different pairs inside the margin pay",
            on(near, other, "for different pairs inside the margin the number is wrong"),
            2,
        ),
        Property(
            "different pairs beyond the margin pay nothing",
            on(far, other, "different pairs beyond the margin pay"),
            1,
            guard=True,
        ),
        Property(
            "takes the mean over all pairs",
            on(mixed, labels, "with pairs of all kinds together the number is wrong"),
            2,
        ),
        Property("takes labels of any type", kinds, 1, guard=True),
        Property("has the gradient of the formula", gradient, 1),
        Property("refuses a column of distances", column, 1, guard=True),
    ]


CONTRASTIVE_LOSS = Question(
    "contrastive_loss",
    _contrastive_loss,
    (
        flipped_labels(FLIPPED, place=1),
        scaled(HALF, 2),
        added_up(SUM),
        not_averaged(EACH),
    ),
)

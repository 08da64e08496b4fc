"""The triplet loss, on plain distances."""

from __future__ import annotations

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.compare import close, diagnose
from siamese_classroom.question import Property, Question
from siamese_classroom.slips import Slip, added_up, exchanged_arguments, not_averaged
from siamese_classroom.twins_and_losses.inputs import norm

EXCHANGED = "positive and negative have changed places"
SUBTRACTED = "the margin is subtracted: this asks for too little"
SUM = "it adds up: the mean over the triplets is asked for"
EACH = "one number is asked for, the mean over the triplets"


def triplet_terms(a: np.ndarray, p: np.ndarray, n: np.ndarray, margin: float) -> np.ndarray:
    """The loss of each triplet, on plain distances."""
    return np.maximum(norm(a - p) - norm(a - n) + margin, 0)


def _triplet_loss(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    anchor = draw.normal(size=(15, 4))
    positive = anchor + 0.5 * draw.normal(size=(15, 4))
    negative = anchor + np.linspace(0.2, 1.5, 15)[:, None] * draw.normal(size=(15, 4))
    margin = 0.3 + 0.4 * draw.random()
    d_ap, d_an, d_pn = (
        norm(one - other)
        for one, other in ((anchor, positive), (anchor, negative), (positive, negative))
    )
    gap = d_ap - d_an + margin
    terms = triplet_terms(anchor, positive, negative, margin)
    options = {"margin": margin}

    def hinge(x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0)

    mistakes = {
        EXCHANGED: hinge(d_an - d_ap + margin).mean(),
        "there is no hinge: a triplet in good order must pay nothing": gap.mean(),
        "it uses squared distances; plain ones are asked for": hinge(
            d_ap**2 - d_an**2 + margin
        ).mean(),
        SUBTRACTED: hinge(d_ap - d_an - margin).mean(),
        "the margin is missing": hinge(d_ap - d_an).mean(),
        "the margin that was given is not used": hinge(d_ap - d_an + 0.2).mean(),
        "the hinge is squared; here it is not": (terms**2).mean(),
        SUM: terms.sum(),
        EACH: terms,
        "it takes the mean over the triplets that pay, not over all of them": terms.sum()
        / max(int((terms > 0).sum()), 1),
        "the negative is compared with the positive; compare it with the anchor": hinge(
            d_ap - d_pn + margin
        ).mean(),
        "it takes the hinge of the mean; the mean of the hinges is asked for": hinge(gap.mean()),
        "it is a soft margin (softplus); the hinge is asked for": np.log1p(
            np.exp(d_ap - d_an)
        ).mean(),
    }

    def all_kinds(ask: Ask) -> str | None:
        got = ask("value", args=[anchor, positive, negative], options=options)
        return diagnose(got, terms.mean(), mistakes, "it is not the mean triplet loss")

    def easy(ask: Ask) -> str | None:
        far = anchor + 10 * (negative - anchor) / d_an[:, None]
        got = ask("value", args=[anchor, positive, far], options=options)
        if close(got, 0.0):
            return None
        if isinstance(got, float) and got < 0:
            return "there is no hinge: a triplet in good order must pay nothing"
        return "triplets in good order pay"

    def hard(ask: Ask) -> str | None:
        got = ask("value", args=[anchor, negative, positive], options=options)
        right = triplet_terms(anchor, negative, positive, margin).mean()
        return None if close(got, right) else "triplets in the wrong order pay a wrong amount"

    def at_zero(ask: Ask) -> str | None:
        got, gradients = ask(
            "value_and_gradients", args=[anchor, anchor, negative], options=options
        )
        if not all(np.isfinite(g).all() for g in gradients):
            return "NaN gradient when anchor and positive are equal"
        right = triplet_terms(anchor, anchor, negative, margin).mean()
        return None if close(got, right, absolute=2e-3) else "equal anchor and positive: wrong"

    def shapes(ask: Ask) -> str | None:
        if ask("refusal", args=[anchor, positive, negative[:1]], options=options) is None:
            return "one negative beside 15 anchors broadcasts: raise a ValueError"
        return None

    return [
        Property("is the mean of the hinges", all_kinds, 3),
        Property("is 0 when every triplet is in good order", easy, 1, guard=True),
        Property("makes triplets in the wrong order pay", hard, 1),
        Property("has a finite gradient when anchor and positive are equal", at_zero, 2, True),
        Property("refuses shapes that differ", shapes, 1, guard=True),
    ]


def _other_sign_of_margin(args: list, options: dict) -> tuple[list, dict]:
    return args, {**options, "margin": -options.get("margin", 0.2)}


TRIPLET_LOSS = Question(
    "triplet_loss",
    _triplet_loss,
    (
        exchanged_arguments(EXCHANGED, 1, 2),
        added_up(SUM),
        not_averaged(EACH),
        Slip(SUBTRACTED, asked=_other_sign_of_margin),
    ),
    needs=("distance",),
)

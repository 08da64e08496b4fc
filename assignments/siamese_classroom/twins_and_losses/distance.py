"""The Euclidean distance of pairs, safe where it is zero."""

from __future__ import annotations

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.compare import close, diagnose, shape_hint
from siamese_classroom.question import Property, Question
from siamese_classroom.slips import Slip
from siamese_classroom.twins_and_losses.inputs import norm, some_pairs

SQUARED = "this is the squared distance: the root is missing"

MEAN = "it takes the mean over the coordinates in place of the sum"


def _of_the_sum(of_the_mean: np.ndarray, args: list) -> np.ndarray:
    return of_the_mean * np.sqrt(np.shape(args[0])[1])


def _root(squared: np.ndarray, args: list) -> np.ndarray:
    return np.sqrt(np.maximum(squared, 0))


def _gradient_of_the_root(of_squared: np.ndarray, args: list) -> np.ndarray:
    """By the chain rule. It is not finite for equal embeddings, as that of a plain root."""
    if of_squared.shape != np.shape(args[0]):  # else it would broadcast, as large as it likes
        raise ValueError("not a gradient of this argument")
    with np.errstate(invalid="ignore", divide="ignore"):
        return of_squared / (2 * norm(np.asarray(args[0]) - np.asarray(args[1])))[:, None]


def _distance(seed: int) -> list[Property]:
    z1, z2, _ = some_pairs(seed)
    difference = z1 - z2
    right = norm(difference)

    def of_pairs(ask: Ask) -> str | None:
        got = ask("value", args=[z1, z2])
        unit1, unit2 = z1 / norm(z1)[:, None], z2 / norm(z2)[:, None]
        mistakes = {
            SQUARED: right**2,
            "it adds up over the pairs (dim=0), not over the coordinates of a pair": norm(
                difference.T
            ),
            "it adds up over all pairs: one distance for each pair is asked for": norm(
                difference.reshape(1, -1)
            )[0],
            MEAN: np.sqrt((difference**2).mean(axis=1)),
            "this adds absolute values; the Euclidean distance adds squares": np.abs(
                difference
            ).sum(axis=1),
            "the shape is (B, 1): do not keep the dimension that you add up": right[:, None],
            "this is a cosine: something with angles, where a distance is asked for": 1
            - (unit1 * unit2).sum(axis=1),
            "the embeddings are divided by their length first": norm(unit1 - unit2),
            "it adds the two embeddings in place of subtracting them": norm(z1 + z2),
        }
        return diagnose(got, right, mistakes, "the numbers are not Euclidean distances")

    def at_zero(ask: Ask) -> str | None:
        got = ask("value", args=[z1, z1])
        if close(got, np.zeros(len(z1)), absolute=2e-3):
            return None
        return shape_hint(got, np.zeros(len(z1))) or (
            f"two equal embeddings are {np.max(got):.2g} apart: "
            "whatever keeps the root safe is too large"
        )

    def gradient_at_zero(ask: Ask) -> str | None:
        _, gradients = ask("value_and_gradients", args=[z1, z1])
        if not all(np.isfinite(g).all() for g in gradients):
            return "NaN gradient when both inputs are equal: the slope of a root at 0 is infinite"
        if max(np.abs(g).max() for g in gradients) > 1.001:
            return "the gradient is longer than 1 when both inputs are equal"
        return None

    def gradient(ask: Ask) -> str | None:
        _, (to_z1, to_z2) = ask("value_and_gradients", args=[z1, z2])
        unit = difference / right[:, None]
        if close(to_z1, unit) and close(to_z2, -unit):
            return None
        if not np.any(to_z2) or not np.any(to_z1):
            return "the gradient reaches only one of the two embeddings"
        return "away from zero, the gradient is not the unit vector from one to the other"

    def near(ask: Ask) -> str | None:
        small = 1e-3 * difference / right[:, None]
        got = ask("value", args=[small, 0 * small])
        if close(got, np.full(len(z1), 1e-3), absolute=5e-5):
            return None
        return "embeddings that are 0.001 apart come out at another distance"

    def shapes(ask: Ask) -> str | None:
        for other in (z2[:1], z2[:, :1]):
            if ask("refusal", args=[z1, other]) is None:
                return (
                    f"shapes {z1.shape} and {other.shape} are taken and broadcast: "
                    "raise a ValueError"
                )
        return None

    return [
        Property("gives the Euclidean distance of each pair", of_pairs, 2),
        Property("is 0 for equal embeddings", at_zero, 1, guard=True),
        Property("has a finite gradient for equal embeddings", gradient_at_zero, 2, guard=True),
        Property("has the right gradient elsewhere", gradient, 1),
        Property("is exact for embeddings that are near", near, 1),
        Property("refuses shapes that differ", shapes, 1, guard=True),
    ]


DISTANCE = Question(
    "distance",
    _distance,
    (Slip(SQUARED, _root, _gradient_of_the_root), Slip(MEAN, _of_the_sum, _of_the_sum)),
)

"""One network, used twice."""

from __future__ import annotations

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.compare import close, diagnose
from siamese_classroom.question import Property, Question
from siamese_classroom.twins_and_losses.inputs import norm


def _twins(seed: int) -> list[Property]:
    draw = np.random.default_rng(seed)
    # So wide that no pair of embeddings is all zero, but once in some 1e8 seeds.
    weight = draw.normal(size=(16, 12))
    x1, x2 = draw.normal(size=(2, 8, 12))
    inputs = {"weight": weight, "x1": x1, "x2": x2}

    def embed(x: np.ndarray, w: np.ndarray = weight) -> np.ndarray:
        return np.maximum(x @ w.T, 0)

    difference = embed(x1) - embed(x2)
    right = norm(difference)
    # d of the sum of distances by the weights, along both twins and along the first alone.
    unit = difference / right[:, None]
    along_first = ((unit * (embed(x1) > 0)).T @ x1, "the second twin gets no gradient")
    along_second = (-((unit * (embed(x2) > 0)).T @ x2), "the first twin gets no gradient")

    def distance(ask: Ask) -> str | None:
        got = ask("twins", **inputs)["distance"]
        # An embedding may be all zero, as the network ends in a ReLU.
        unit1, unit2 = (z / norm(z).clip(1e-12)[:, None] for z in (embed(x1), embed(x2)))
        mistakes = {
            "it returns the squared distance": right**2,
            "the shape is (B, 1): one number for each pair is asked for": right[:, None],
            "it returns the difference of the embeddings, not their distance": difference,
            "it returns one number for the whole batch": right.mean(),
            "it adds up over the batch: one distance for each pair is asked for": right.sum(),
            "it returns both embeddings; the distance is asked for": [embed(x1), embed(x2)],
            "it compares the images, not their embeddings": norm(x1 - x2),
            "both inputs go in as x1: the second image is never looked at": 0 * right,
            "the embeddings are divided by their length first": norm(unit1 - unit2),
            "it returns a similarity: higher when closer": (unit1 * unit2).sum(axis=1),
            "it returns minus the distance, a similarity: higher when closer": -right,
        }
        return diagnose(got, right, mistakes, "this is not the distance of the two embeddings")

    def one_set(ask: Ask) -> str | None:
        n = ask("twins", **inputs)["n_parameters"]
        if n == weight.size:
            return None
        if n == 0:
            return (
                "parameters() is empty: keep the network as an attribute, not inside a list or "
                "a lambda, and call super().__init__()"
            )
        if n == 2 * weight.size:
            return (
                f"there are two sets of weights ({n} for {weight.size}): "
                "twins use one network twice"
            )
        return f"there are {n} weights, where the network that you were given has {weight.size}"

    def both_learn(ask: Ask) -> str | None:
        got = ask("twins", **inputs)["gradient"]
        both = along_first[0] + along_second[0]
        mistakes = {along_first[1]: along_first[0], along_second[1]: along_second[0]}
        mistakes["no gradient arrives in the network's weights"] = 0 * weight
        return diagnose(got, both, mistakes, "the gradient is not that of both twins together")

    def stay_twins(ask: Ask) -> str | None:
        measured = ask("twins", **inputs)
        if not close(measured["same_after"], np.zeros(len(x1)), absolute=5e-3):
            return "after one step of training, an image is no longer at distance 0 from itself"
        if close(measured["distance_after"], measured["distance"]):
            return "one step of training changes nothing: the weights do not learn"
        return None

    def symmetric(ask: Ask) -> str | None:
        measured = ask("twins", **inputs)
        if close(measured["swapped"], measured["distance"]):
            return None
        return "exchanging the two images changes the answer"

    return [
        Property("gives the distance of the two embeddings", distance, 2),
        Property("has one set of weights", one_set, 2),
        Property("learns through both twins", both_learn, 2),
        Property("stays a pair of twins after a step of training", stay_twins, 1),
        Property("does not mind the order of the images", symmetric, 1, guard=True),
    ]


TWINS = Question("Twins", _twins, needs=("distance",))

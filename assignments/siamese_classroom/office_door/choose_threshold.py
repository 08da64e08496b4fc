"""A threshold for a wanted false-accept rate, with so many people enrolled."""

from __future__ import annotations

import numpy as np

from siamese_classroom.asking import Ask
from siamese_classroom.handed_out import handed_out
from siamese_classroom.question import Property, Question

N_ENROLLED = 20
FARS = (0.05, 0.2)
# How far the rate at the chosen threshold may be from the wanted one: a student's rehearsals are
# random, and on these people 50 of them move it by less than a fifth (tests/classroom).
LOWEST, HIGHEST = 0.6, 1.5


def some_people(seed: int, n_people: int = 80, n_pictures: int = 6) -> tuple:
    """Pictures of people as points: ``(N, 1, 2, 4)``, and whose they are ``(N,)``."""
    draw = np.random.default_rng(seed)
    homes = draw.normal(size=(n_people, 8))
    points = homes[:, None] + 0.35 * draw.normal(size=(n_people, n_pictures, 8))
    labels = np.repeat(np.arange(n_people), n_pictures)
    return points.reshape(-1, 1, 2, 4), labels


def nearest_of_strangers(
    images: np.ndarray, labels: np.ndarray, n_enrolled: int, n_rehearsals: int, seed: int
) -> np.ndarray:
    """Distance of each stranger to the nearest of ``n_enrolled`` people, over many rehearsals."""
    draw = np.random.default_rng(seed)
    points, people = images.reshape(len(images), -1), np.unique(labels)
    found = []
    for _ in range(n_rehearsals):
        inside = draw.choice(people, n_enrolled, replace=False)
        rows = np.array([draw.choice(np.flatnonzero(labels == who)) for who in inside])
        strangers = points[~np.isin(labels, inside)]
        found.append(np.linalg.norm(strangers[:, None] - points[rows], axis=2).min(axis=1))
    return np.concatenate(found)


def _choose_threshold(seed: int) -> list[Property]:
    images, labels = some_people(seed)
    nearest = nearest_of_strangers(images, labels, N_ENROLLED, 200, seed)
    points = images.reshape(len(images), -1)
    first, second = np.triu_indices(len(points), 1)
    distance = np.linalg.norm(points[first] - points[second], axis=1)
    same = labels[first] == labels[second]

    def chosen(ask: Ask) -> list[float]:
        got = ask(
            "threshold_chosen",
            images=images,
            labels=labels,
            fars=list(FARS),
            n_enrolled=N_ENROLLED,
            seed=handed_out(seed),
        )
        return [float(threshold) for threshold in got]

    def mistake(far: float, threshold: float) -> str | None:
        """The hint of the mistake that gives about this threshold."""
        typical = {
            "this is right for one enrolled person; with 20, a stranger has 20 chances to be "
            "taken for somebody": np.quantile(distance[~same], far),
            "this lets in all but the wanted share: the tail is the wrong one": np.quantile(
                nearest, 1 - far
            ),
            "this refuses the wanted share of *employees*; the rate is one of strangers": (
                np.quantile(distance[same], 1 - far)
            ),
            "this is taken from same and different pairs together": np.quantile(distance, far),
            "this looks at where strangers are on average, not at the nearest of them": np.mean(
                nearest
            ),
            "the rate is divided by 100; it comes as a share": np.quantile(nearest, far / 100),
            "the threshold is about 0: was a picture compared with itself?": 0.0,
        }
        size = float(np.median(nearest))
        near = {hint: abs(threshold - wrong) for hint, wrong in typical.items()}
        best = min(near, key=near.__getitem__)
        return best if near[best] < 0.03 * size else None

    def reaches(place: int) -> Property:
        far = FARS[place]

        def holds(ask: Ask) -> str | None:
            threshold = chosen(ask)[place]
            if not np.isfinite(threshold):
                return "the threshold is not a finite number"
            got = float((nearest <= threshold).mean())
            if LOWEST * far <= got <= HIGHEST * far:
                return None
            hint = mistake(far, threshold)
            if hint is None and chosen(ask)[0] == chosen(ask)[1]:
                return "the rate that is wanted makes no difference"
            rate = f"wanted {far:.0%} of the strangers, got {got:.1%}"
            return f"{rate}: {hint}" if hint else rate

        return Property(f"lets in about {far:.0%} of strangers when asked to", holds, 4)

    def follows(ask: Ask) -> str | None:
        strict, loose = chosen(ask)
        if strict < loose:
            return None
        if strict == loose:
            return "the rate that is wanted makes no difference"
        return "a higher false-accept rate must give a higher threshold"

    return [
        reaches(0),
        reaches(1),
        Property("gives a higher threshold for a higher rate", follows, 1, guard=True),
    ]


CHOOSE_THRESHOLD = Question("choose_threshold", _choose_threshold)

"""Accuracy over the seconds of training, for three backbones, on held-out background alphabets.

    SIAMESE_DATA=../shared/data python benchmarks/learning_curve.py

Writes pages/results/learning_curve.json; about 6 minutes on two cores. Each point is a run
of its own with a learning-rate cycle of its own: what a run has reached half-way, at a high
learning rate, says little about what a run of half the length reaches. The seconds are steps times
the time of a step, which is measured at the end, in turn: with --times it is measured anew, and the
scores stay. So a busy machine does not favour the backbone that was trained in a quiet hour.
"""

import statistics
import sys

from levers import BASE, held_out_at, kept, scores

from siamese_lib.pages.results import load_result, store_result
from siamese_lib.recipes import train, training_data

STEPS = {
    "fast": (100, 200, 400, 800, 1600),
    "compact": (100, 200, 400, 800, 1600),
    "sharp": (100, 200, 400, 800, 1600),
}


TIMED_STEPS, ROUNDS = 40, 3


def scored(data, held_out) -> list[dict]:
    """A row for each backbone and number of steps."""
    rows = []
    for backbone, lengths in STEPS.items():
        for steps in lengths:
            recipe = BASE.but(backbone=backbone, steps=steps)
            network, _, _ = train(recipe, data=data, progress=False)
            rows.append({"backbone": backbone, "steps": steps, **scores(network, held_out)})
            print(rows[-1], flush=True)
    return rows


def milliseconds_of_a_step(data) -> dict[str, float]:
    """Median over a few short runs of each backbone, in turn."""
    times: dict[str, list[float]] = {backbone: [] for backbone in STEPS}
    for _ in range(ROUNDS):
        for backbone, found in times.items():
            recipe = BASE.but(backbone=backbone, steps=TIMED_STEPS)
            found.append(1000 * train(recipe, data=data, progress=False)[2] / TIMED_STEPS)
    return {backbone: round(statistics.median(found), 1) for backbone, found in times.items()}


def main() -> None:
    data = training_data(BASE, "omniglot", keep=kept)
    held_out = held_out_at(BASE.size)
    anew = "--times" not in sys.argv
    rows = scored(data, held_out) if anew else load_result("learning_curve")["rows"]
    step_ms = milliseconds_of_a_step(data)
    print(step_ms)
    for row in rows:
        row["seconds"] = round(row["steps"] * step_ms[row["backbone"]] / 1000, 2)
    store_result(
        "learning_curve",
        "python benchmarks/learning_curve.py",
        "25 background alphabets to train, 5 held out to measure; the quick recipe with another "
        "backbone and number of steps; one seed; 2,000 episodes with 20 queries. Seconds: steps "
        "times the median time of a step, measured in turn.",
        rows,
        step_ms=step_ms,
    )


if __name__ == "__main__":
    main()

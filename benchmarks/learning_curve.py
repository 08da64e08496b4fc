"""Accuracy over the seconds of training, for three backbones, on held-out background alphabets.

    SIAMESE_DATA=../shared/data python benchmarks/learning_curve.py

Writes siamese_lib/results/learning_curve.json; about 6 minutes on two cores. Each point is a run
of its own with a learning-rate cycle of its own: what a run has reached half-way, at a high
learning rate, says little about what a run of half the length reaches.
"""

from levers import BASE, scores

from siamese_lib.data import load_characters
from siamese_lib.recipes import train
from siamese_lib.recipes.run import SYMMETRIES
from siamese_lib.results import store_result

STEPS = {
    "fast": (100, 200, 400, 800, 1600),
    "compact": (100, 200, 400, 800, 1600),
    "sharp": (100, 200, 400, 800, 1600),
}


def main() -> None:
    background = load_characters("omniglot", "background")
    kept, held_out = background.split_by_group(5, generator=0)
    data = SYMMETRIES[BASE.symmetries](kept)
    rows = []
    for backbone, lengths in STEPS.items():
        for steps in lengths:
            recipe = BASE.but(backbone=backbone, steps=steps)
            network, _, seconds = train(recipe, data=data, progress=False)
            row = {"backbone": backbone, "steps": steps, "seconds": round(seconds, 1)}
            rows.append({**row, **scores(network, held_out)})
            print(rows[-1], flush=True)
    store_result(
        "learning_curve",
        "python benchmarks/learning_curve.py",
        "25 background alphabets to train, 5 held out to measure; the quick recipe with another "
        "backbone and number of steps; one seed; 2,000 episodes with 20 queries.",
        rows,
    )


if __name__ == "__main__":
    main()

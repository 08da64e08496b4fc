"""The baselines in all three exams, at the resolution of the published one.

    SIAMESE_DATA=../shared/data python benchmarks/baselines.py

Writes pages/results/baselines.json; about 2 minutes. The modified Hausdorff distance must
give 38.8 % errors on the 400 trials at 105 px, as Omniglot's demo script says.
"""

import torch

from siamese_lib.data import lake_trials, load_characters
from siamese_lib.evaluation import (
    ConstantScorer,
    ModifiedHausdorffScorer,
    evaluate_lake,
    one_shot_accuracy,
    pixels,
)
from siamese_lib.pages.results import store_result
from siamese_lib.recipes import build_network, recipe_named


def main() -> None:
    data = load_characters("omniglot", "evaluation")
    torch.manual_seed(0)
    untrained = build_network(recipe_named("quick")).eval()
    one_place = untrained[0]
    scorers = {
        "modified Hausdorff": (ModifiedHausdorffScorer(), 100),
        "untrained network (sharp), drawings as they lie": (untrained[1:], 1000),
        "untrained network (sharp), one place and size": (untrained, 1000),
        "pixels": (pixels, 1000),
        "pixels, one place and size": (lambda images: pixels(one_place(images)), 1000),
        "constant": (ConstantScorer(), 1000),
    }
    rows = []
    for name, (scorer, n_episodes) in scorers.items():
        row = {"scorer": name, "size": 28}
        for seed, protocol in enumerate(("unstructured", "within_alphabet"), start=2):
            result = one_shot_accuracy(
                scorer, data, protocol=protocol, n_episodes=n_episodes, generator=seed
            )
            row[protocol] = result.as_dict()
        row["official_trials"] = evaluate_lake(scorer, lake_trials(source="omniglot")).as_dict()
        rows.append(row)
        print(row, flush=True)
    large = lake_trials(size=105, source="omniglot")
    for name in ("modified Hausdorff", "pixels"):
        result = evaluate_lake(scorers[name][0], large)
        rows.append({"scorer": name, "size": 105, "official_trials": result.as_dict()})
        print(rows[-1], flush=True)
    store_result(
        "baselines",
        "python benchmarks/baselines.py",
        "Omniglot's evaluation alphabets; 20-way one-shot. Episodes: t interval over episodes "
        "(1,000 with 20 queries; 100 for Hausdorff); 400 official trials: Wilson's interval.",
        rows,
    )


if __name__ == "__main__":
    main()

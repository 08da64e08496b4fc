"""Make the network that pretrained("omniglot") gives out of a recipe's weights, and write its card.

    SIAMESE_DATA=../shared/data python benchmarks/recipes.py --recipe full --weights runs
    SIAMESE_DATA=../shared/data python benchmarks/pretrained.py runs/full-default-0.safetensors

The weights are rounded to 16 bits, which halves the file, and the rounded network is measured
anew. It is the one of the *first* seed, whichever seed scored best; the card names the others.
"""

import argparse
import json
from pathlib import Path

import torch

from siamese_lib.pages.results import load_result
from siamese_lib.recipes import measure, pretrained
from siamese_lib.recipes.command import network_from
from siamese_lib.recipes.pretrained import FOLDER, weights_file
from siamese_lib.stored_tensors import write_tensors

NAME = "omniglot"
EXAMS = ("unstructured", "within_alphabet", "official_trials")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    arguments = parser.parse_args()
    network, about = network_from(arguments.weights)
    rounded = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in network.state_dict().items()
    }
    runs = load_result("recipes")
    recipe = about["recipe"]
    rows = [
        {"seed": run["seed"], "seconds": run["training_seconds"]}
        | {exam: run[exam]["accuracy"] for exam in EXAMS}
        for run in runs["rows"]
        if (run["recipe"], run["split"]) == (recipe["name"], recipe["split"])
    ]
    card = {
        "command": f"python benchmarks/recipes.py --recipe {recipe['name']} --weights runs, then "
        f"python benchmarks/pretrained.py runs/{arguments.weights.name}",
        "data": f"Omniglot at {recipe['size']} px, the 30 background alphabets alone",
        "protocol": runs["protocol"],
        "made": runs["made"],
        "recipe": recipe,
        "seed": about["seed"],
        "rows": rows,
    }
    (FOLDER / f"{NAME}.json").write_text(json.dumps(card, indent=1) + "\n", "utf8")
    write_tensors(weights_file(NAME), rounded, {"recipe": recipe, "seed": card["seed"]})
    with torch.no_grad():
        results = measure(pretrained(NAME), "omniglot", size=recipe["size"])
    # The scores of what is really in the file.
    card["stored"] = {exam: result.as_dict() for exam, result in results.items()}
    (FOLDER / f"{NAME}.json").write_text(json.dumps(card, indent=1) + "\n", "utf8")
    size = weights_file(NAME).stat().st_size
    print(f"{size:,} bytes; {card['stored']}")


if __name__ == "__main__":
    main()

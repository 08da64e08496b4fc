"""Run recipes over seeds, and keep what the command line says of each run.

    SIAMESE_DATA=../shared/data python benchmarks/recipes.py --recipe quick --seeds 0 1 2

Adds to pages/results/recipes.json: a run of the same recipe, split and seed replaces the
earlier one. Each run is a process of its own, `python -m siamese_lib train ...`, alone on the
machine if you want its seconds to mean something. Weights go to --weights (a folder), if given.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from siamese_lib.pages.results import FOLDER, load_result, store_result
from siamese_lib.recipes import RECIPES

PROTOCOL = (
    "Omniglot at the recipe's size. Trained as the recipe says; no evaluation alphabet is loaded "
    "before training has ended. Then measured once on the 20 evaluation alphabets: 1,000 episodes "
    "of 20-way 1-shot of each protocol with 20 queries each (interval over episodes), and the 400 "
    "official trials (Wilson's interval); nearest example. A drawing is embedded as it is, or, "
    "where the recipe says so, in its four quarter turns, whose embeddings are joined."
)


def run(recipe: str, seed: int, split: str | None, weights: Path) -> dict:
    out = weights / f"{recipe}-{split or 'default'}-{seed}.safetensors"
    command = [sys.executable, "-m", "siamese_lib", "train", "--recipe", recipe]
    command += ["--source", "omniglot", "--seed", str(seed), "--out", str(out)]
    command += ["--split", split] if split else []
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    print(printed, flush=True)
    return json.loads(printed.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", choices=list(RECIPES), required=True)
    parser.add_argument("--split")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--weights", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = arguments.weights or Path(folder)
        for seed in arguments.seeds:
            row = run(arguments.recipe, seed, arguments.split, weights)
            # Read anew each time: runs of several recipes may go on side by side.
            stored = load_result("recipes") if (FOLDER / "recipes.json").exists() else {}
            rows = [r for r in stored.get("rows", []) if key(r) != key(row)] + [row]
            store_result(
                "recipes",
                "python benchmarks/recipes.py --recipe NAME --seeds 0 1 2",
                PROTOCOL,
                sorted(rows, key=key),
            )


def key(row: dict) -> tuple:
    return list(RECIPES).index(row["recipe"]), row["split"] or "", row["seed"]


if __name__ == "__main__":
    main()

"""Several networks of one recipe as one: what more weights of the same kind would bring.

    SIAMESE_DATA=../shared/data python benchmarks/ensemble.py runs/full-default-*.safetensors

Needs real Omniglot and the weights that `benchmarks/recipes.py --weights runs` keeps. The
embeddings of all networks are joined end to end: the squared distance is then the mean of theirs.
Writes pages/results/ensemble.json.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siamese_lib.pages.results import store_result
from siamese_lib.recipes import measure
from siamese_lib.recipes.command import network_from

PROTOCOL = (
    "The networks of the seeds of one recipe, each embedding of length 1, joined end to end. "
    "Measured once, as the recipes are; for comparison, not a recipe: it takes as many times "
    "the training, the memory and the time of one."
)


class Ensemble(nn.Module):
    """Embeddings ``(B, D)`` of several networks as one ``(B, n D)``, of length 1."""

    def __init__(self, networks: list[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, images: Tensor) -> Tensor:
        return F.normalize(torch.cat([network(images) for network in self.networks], dim=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", nargs="+", type=Path)
    arguments = parser.parse_args()
    loaded = [network_from(path) for path in arguments.weights]
    recipes = {about["recipe"]["name"] for _, about in loaded}
    if len(recipes) > 1:
        parser.error(f"weights of one recipe, please, not of {sorted(recipes)}")
    ensemble = Ensemble([network for network, _ in loaded]).eval()
    results = measure(ensemble, "omniglot", size=loaded[0][1]["recipe"]["size"])
    row = {"recipe": recipes.pop(), "seeds": [about["seed"] for _, about in loaded]}
    row |= {exam: result.as_dict() for exam, result in results.items()}
    print(row)
    command = f"python benchmarks/ensemble.py runs/{row['recipe']}-default-*.safetensors"
    store_result("ensemble", command, PROTOCOL, [row])


if __name__ == "__main__":
    main()

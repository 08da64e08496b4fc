r"""What the stored network loses when pictures are shrunk or drawn otherwise.

    SIAMESE_DATA=../shared/data python benchmarks/robustness.py --twin runs/twin.safetensors \
        --large runs/full-56px-default-0.safetensors

Needs real Omniglot. The 400 official trials, shrunk from 105 dots by other filters, and drawn with
other pens: each drawing is thinned to its path and drawn again. The twin is a network of the same
recipe and seed that never saw other pens or filters; where its file is not there yet, it is trained
first (a quarter of an hour), else this takes about two minutes. Writes
pages/results/robustness.json, which the results page and chapter 8 show.

The large network is one of the recipe full-56px, as benchmarks/recipes.py --weights keeps it.

With --weights it measures a network of your own, and stores nothing.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from tracing import thinned

from siamese_lib.data import LakeTrials, lake_trials
from siamese_lib.evaluation import evaluate_lake
from siamese_lib.metrics import paired_difference
from siamese_lib.pages.results import store_result
from siamese_lib.recipes import Recipe, card, measure, pretrained, train, weights_fingerprint
from siamese_lib.recipes.command import network_from
from siamese_lib.stored_tensors import write_tensors

PAPER = 105
PEN = 5.0  # of the training drawings: benchmarks/live_door.py measures it
PENS = (0.5, 0.7, 1.0, 1.4, 2.0)
BASE = "bilinear, anti-aliased, as everywhere"
PROTOCOL = (
    "The 400 official trials, nearest example. The stored network, and a twin of the same recipe, "
    "seed and steps that saw the plain drawings alone; and one of full-56px, for which pictures "
    "are shrunk to 56 px. Support and query are changed alike. "
    "Differences are paired by run, with Student's interval over the 20 runs; Wilson's interval of "
    "the score. Pens: thinned drawings (Zhang and Suen 1984), drawn again with a round pen, as a "
    "multiple of the training drawings' 5 dots of 105."
)


def by_pil(ink: Tensor, side: int, resample: Image.Resampling) -> Tensor:
    """Each picture through Pillow, as people who use torchvision's transforms shrink theirs."""
    small = [
        np.asarray(
            Image.fromarray((255 * one[0].numpy()).astype(np.uint8)).resize((side, side), resample)
        )
        for one in ink
    ]
    return torch.from_numpy(np.stack(small))[:, None].float() / 255


def by_torch(ink: Tensor, side: int, mode: str, antialias: bool = False) -> Tensor:
    return F.interpolate(ink, (side, side), mode=mode, antialias=antialias).clamp(0, 1)


# Ink, and the side to shrink it to, in pixels.
FILTERS: dict[str, Callable[[Tensor, int], Tensor]] = {
    BASE: partial(by_torch, mode="bilinear", antialias=True),
    "bilinear, not anti-aliased": partial(by_torch, mode="bilinear"),
    "bicubic, anti-aliased": partial(by_torch, mode="bicubic", antialias=True),
    "bicubic, not anti-aliased": partial(by_torch, mode="bicubic"),
    "area": F.adaptive_avg_pool2d,
    "Lanczos (Pillow)": partial(by_pil, resample=Image.Resampling.LANCZOS),
    "box (Pillow)": partial(by_pil, resample=Image.Resampling.BOX),
    "nearest": partial(by_torch, mode="nearest"),
}


def distances_to_paths(ink: Tensor) -> np.ndarray:
    """Of each dot ``(N, 105, 105)`` to the thinned drawing."""
    return np.stack([distance_transform_edt(~thinned(one[0].numpy() > 0.5)) for one in ink])


def drawn_with(distance: np.ndarray, pen: float, side: int) -> Tensor:
    ink = torch.from_numpy(distance <= pen / 2)[:, None].float()
    return FILTERS[BASE](ink, side)


def rows_of(network: Callable[[Tensor], Tensor], side: int) -> list[dict]:
    trials = lake_trials(PAPER, "omniglot")
    parts = [part.flatten(0, 1).float() / 255 for part in (trials.support, trials.query)]
    ways = {
        ("filter", name): [shrink(part, side) for part in parts] for name, shrink in FILTERS.items()
    }
    paths = [distances_to_paths(part) for part in parts]
    for pen in PENS:
        redrawn = [drawn_with(part, PEN * pen, side) for part in paths]
        ways["pen", f"redrawn, pen x {pen:g}"] = redrawn
    rows: list[dict] = []
    shares: dict[str, list[float]] = {}
    for (kind, name), images in ways.items():
        support, query = ((255 * part).round().byte().unflatten(0, (20, 20)) for part in images)
        small = LakeTrials(support, query, trials.query_labels, trials.name)
        result = evaluate_lake(network, small)
        shares[name] = result.credit.double().mean(1).tolist()
        row = {"kind": kind, "what": name, "accuracy": result.accuracy}
        row |= {"low": result.low, "high": result.high}
        if name != BASE:
            ends = paired_difference(shares[name], shares[BASE])
            row |= dict(zip(("difference", "difference_from", "difference_to"), ends, strict=True))
        rows.append(row)
    return rows


def twin(path: Path) -> Callable[[Tensor], Tensor]:
    """The stored network's recipe and seed without other pens, from its file or trained anew."""
    seed = card()["seed"]
    recipe = Recipe.from_dict(card()["recipe"]).but(other_pens=False)
    if not path.exists():
        network, _, _ = train(recipe, "omniglot", seed)
        stored = {"recipe": recipe.as_dict(), "seed": seed, "source": "omniglot"}
        write_tensors(path, network.state_dict(), stored)
    network, about = network_from(path)
    if (Recipe.from_dict(about["recipe"]), about["seed"]) != (recipe, seed):
        raise ValueError(f"{path} is no twin of the stored network: another recipe or seed")
    return network.half().float()  # as the stored one


def told(name: str, rows: list[dict]) -> None:
    for row in rows:
        print(f"{name:8}{row['what']:42} {row['accuracy']:.4f}  {row.get('difference', 0):+.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--twin", type=Path, help="file of the network to compare with")
    parser.add_argument("--large", type=Path, help="file of a network of full-56px")
    parser.add_argument("--weights", type=Path, help="measure these, and store nothing")
    arguments = parser.parse_args()
    if arguments.weights and (arguments.twin or arguments.large):
        parser.error("--weights stores nothing, so it takes neither --twin nor --large")
    if arguments.weights:
        network, about = network_from(arguments.weights)
        return told("", rows_of(network, about["recipe"]["size"]))
    if arguments.twin is None or arguments.large is None:
        parser.error("give --twin and --large, or --weights")
    large, about = network_from(arguments.large)
    stored_size = Recipe.from_dict(card()["recipe"]).size
    networks = {
        "stored": (pretrained(), stored_size),
        "twin": (twin(arguments.twin), stored_size),
        "large": (large, about["recipe"]["size"]),
    }
    rows, exams = [], {}
    for name, (network, side) in networks.items():
        own = rows_of(network, side)
        told(name, own)
        rows += [{"network": name, **row} for row in own]
        results = measure(network, "omniglot", size=side)
        exams[name] = {exam: result.as_dict() for exam, result in results.items()}
    command = (
        "python benchmarks/robustness.py --twin runs/twin.safetensors "
        "--large runs/full-56px-default-0.safetensors"
    )
    about = {"exams": exams, "network": weights_fingerprint()}
    print(store_result("robustness", command, PROTOCOL, rows, **about))


if __name__ == "__main__":
    main()

"""What the stored network loses when pictures are shrunk or drawn otherwise than in training.

    SIAMESE_DATA=../shared/data python benchmarks/robustness.py [weights.safetensors]

Needs real Omniglot; about two minutes. The 400 official trials, shrunk from 105 dots by other
filters, and drawn with other pens: each drawing is thinned to its path and drawn again. Writes
pages/results/robustness.json, which the results page shows (not for weights of one's own).
"""

import argparse
from collections.abc import Callable
from functools import partial

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
from siamese_lib.recipes import pretrained
from siamese_lib.recipes.command import network_from

SIDE, PAPER = 28, 105
PEN = 5.0  # of the training drawings: benchmarks/live_door.py measures it
PENS = (0.5, 0.7, 1.0, 1.4, 2.0)
BASE = "bilinear, anti-aliased (as in training)"
PROTOCOL = (
    "The 400 official trials, the stored network, nearest example. Support and query are changed "
    "alike. Differences are paired by run, with Student's interval over the 20 runs; Wilson's "
    "interval of the score. Pens: thinned drawings (Zhang and Suen 1984), drawn again with a round "
    "pen, as a multiple of the training drawings' 5 dots of 105."
)


def by_pil(ink: Tensor, resample: Image.Resampling) -> Tensor:
    """Each picture through Pillow, as people who use torchvision's transforms shrink theirs."""
    small = [
        np.asarray(
            Image.fromarray((255 * one[0].numpy()).astype(np.uint8)).resize((SIDE, SIDE), resample)
        )
        for one in ink
    ]
    return torch.from_numpy(np.stack(small))[:, None].float() / 255


def by_torch(ink: Tensor, mode: str, antialias: bool = False) -> Tensor:
    return F.interpolate(ink, (SIDE, SIDE), mode=mode, antialias=antialias).clamp(0, 1)


FILTERS: dict[str, Callable[[Tensor], Tensor]] = {
    BASE: partial(by_torch, mode="bilinear", antialias=True),
    "bilinear, not anti-aliased": partial(by_torch, mode="bilinear"),
    "bicubic, anti-aliased": partial(by_torch, mode="bicubic", antialias=True),
    "bicubic, not anti-aliased": partial(by_torch, mode="bicubic"),
    "area": partial(F.adaptive_avg_pool2d, output_size=SIDE),
    "Lanczos (Pillow)": partial(by_pil, resample=Image.Resampling.LANCZOS),
    "box (Pillow)": partial(by_pil, resample=Image.Resampling.BOX),
    "nearest": partial(by_torch, mode="nearest"),
}


def distances_to_paths(ink: Tensor) -> np.ndarray:
    """Of each dot ``(N, 105, 105)`` to the thinned drawing."""
    return np.stack([distance_transform_edt(~thinned(one[0].numpy() > 0.5)) for one in ink])


def drawn_with(distance: np.ndarray, pen: float) -> Tensor:
    ink = torch.from_numpy(distance <= pen / 2)[:, None].float()
    return FILTERS[BASE](ink)


def rows_of(network: Callable[[Tensor], Tensor]) -> list[dict]:
    trials = lake_trials(PAPER, "omniglot")
    parts = [part.flatten(0, 1).float() / 255 for part in (trials.support, trials.query)]
    ways = {("filter", name): [shrink(part) for part in parts] for name, shrink in FILTERS.items()}
    paths = [distances_to_paths(part) for part in parts]
    for pen in PENS:
        ways["pen", f"redrawn, pen x {pen:g}"] = [drawn_with(part, PEN * pen) for part in paths]
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", nargs="?", help="measure these, and store nothing")
    arguments = parser.parse_args()
    network = network_from(arguments.weights)[0] if arguments.weights else pretrained()
    rows = rows_of(network)
    for row in rows:
        print(f"{row['what']:42} {row['accuracy']:.4f}  {row.get('difference', 0):+.4f}")
    if not arguments.weights:
        print(store_result("robustness", "python benchmarks/robustness.py", PROTOCOL, rows))


if __name__ == "__main__":
    main()

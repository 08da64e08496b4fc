"""Losses and miners beside pytorch-metric-learning's, over the size of the batch.

    python benchmarks/losses_and_miners.py

Writes pages/results/losses_and_miners.json. One core; forward and backward for the losses.
Both libraries get the same embeddings in the same run, in turn. Their answers are compared before
the clock starts: a faster wrong answer is no answer.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial

import torch
from alternating import GIVE_BACK, compare, peak_megabytes
from clusters import loose_clusters
from pytorch_metric_learning import distances, reducers
from pytorch_metric_learning import losses as their_losses
from pytorch_metric_learning import miners as their_miners

from siamese_lib.losses import ContrastiveLoss, SupConLoss, TripletMarginLoss
from siamese_lib.miners import BatchHardMiner, TripletMarginMiner
from siamese_lib.pages.results import store_result

SIZES = (64, 128, 256, 512, 1024, 2048, 4096)
# Their triplet code makes a table of B x B x B: 4,096 would need hundreds of gigabytes.
LARGEST_CUBIC = 1024
PLAIN = distances.LpDistance(normalize_embeddings=False)


def miners() -> dict:
    return {
        "batch-hard": (
            BatchHardMiner(),
            their_miners.BatchHardMiner(distance=PLAIN),
            max(SIZES),
        ),
        "semi-hard": (
            TripletMarginMiner(0.2, "semihard"),
            their_miners.TripletMarginMiner(0.2, "semihard", distance=PLAIN),
            LARGEST_CUBIC,
        ),
    }


def losses() -> dict:
    mean = reducers.MeanReducer()
    return {
        "contrastive, all pairs": (
            ContrastiveLoss(1.0, squared=False, balanced=True),
            their_losses.ContrastiveLoss(0, 1, distance=PLAIN, reducer=mean),
            max(SIZES),
        ),
        "supervised contrastive": (SupConLoss(0.1), their_losses.SupConLoss(0.1), max(SIZES)),
        "triplet, all": (
            TripletMarginLoss(0.2),
            their_losses.TripletMarginLoss(0.2, distance=PLAIN, reducer=mean),
            256,  # 256 x 3 x 252 triplets: both keep all of them
        ),
    }


def with_gradient(loss, z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    leaf = z.clone().requires_grad_()
    value = loss(leaf, labels)
    value.backward()
    return value.detach()


def check_same_triplets(ours, theirs, z, labels) -> None:
    one, other = (
        set(zip(*(part.tolist() for part in miner(z, labels)), strict=True))
        for miner in (ours, theirs)
    )
    # Two roundings may disagree about a triplet that lies at the margin.
    assert len(one ^ other) <= 1e-4 * len(other) + 2, (len(one), len(other), len(one ^ other))


def check_same_value(ours, theirs, z, labels) -> None:
    values = [with_gradient(loss, z, labels) for loss in (ours, theirs)]
    assert torch.allclose(*values, rtol=1e-3), values


def cases() -> Iterator[tuple[dict, Callable, Callable, Callable]]:
    """Each thing at each size: what it is, a check, and the two ways to do it."""
    for size in SIZES:
        z, labels = loose_clusters(size)
        for kind, check, things in (
            ("miner", check_same_triplets, miners()),
            ("loss", check_same_value, losses()),
        ):
            for name, (ours, theirs, largest) in things.items():
                if size > largest:
                    continue
                run = with_gradient if kind == "loss" else lambda miner, z, y: miner(z, y)
                yield (
                    {"what": name, "kind": kind, "batch": size},
                    partial(check, ours, theirs, z, labels),
                    partial(run, ours, z, labels),
                    partial(run, theirs, z, labels),
                )


def memory() -> list[list[float | None]]:
    """Peaks of ours and theirs for each case, from a process of its own."""
    run = subprocess.run(
        [sys.executable, __file__, "--memory"],
        env={**os.environ, **GIVE_BACK},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


def main() -> None:
    torch.set_num_threads(1)
    if "--memory" in sys.argv:
        peaks = [[peak_megabytes(way) for way in ways] for _, _, *ways in cases()]
        print(json.dumps(peaks))
        return
    rows = []
    for (about, check, ours, theirs), peaks in zip(cases(), memory(), strict=True):
        check()
        times = compare(ours, theirs, rounds=15 if about["batch"] <= 1024 else 5)
        rows.append({**about, **times, "ours_mb": peaks[0], "theirs_mb": peaks[1]})
        print(rows[-1], flush=True)
    store_result(
        "losses_and_miners",
        "python benchmarks/losses_and_miners.py",
        "One core. Embeddings (B, 128) of length 1, four of each class. Time: alternating, median "
        "of rounds, ratio = theirs / ours with its range. Memory: rise of the process above where "
        "it stood. Losses with backward pass. The answers of both are compared first.",
        rows,
    )


if __name__ == "__main__":
    main()

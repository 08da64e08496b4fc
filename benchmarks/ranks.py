"""Does training over two processes reach what one process reaches? Paired runs.

    SIAMESE_DATA=../shared/data python benchmarks/ranks.py

Writes pages/results/ranks.json; about 5 minutes on two cores. The two runs of a pair have the same
first weights and the same batches. They differ in what a rank has of its own: BatchNorm takes the
statistics of its half of a batch, and the augmentation draws other noise.
"""

import json

from siamese_lib.distributed import run_workers
from siamese_lib.metrics import paired_difference
from siamese_lib.pages.results import store_result

SEEDS = (0, 1, 2)
STEPS = 400


def trained(seed, steps):
    """Train on 25 alphabets, and measure on 5 others; the same on every rank."""
    import time

    import torch
    from torch import nn

    from siamese_lib.augment import RandomAffine, with_quarter_turns
    from siamese_lib.data import load_characters
    from siamese_lib.embedding import embed_all
    from siamese_lib.evaluation import one_shot_accuracy
    from siamese_lib.losses import SupConLoss
    from siamese_lib.models import UnitLength, fast
    from siamese_lib.training import TrainingSettings, fit

    kept, held_out = load_characters("omniglot", "background").split_by_group(5, generator=0)
    torch.manual_seed(seed)
    network = nn.Sequential(fast(), UnitLength())
    settings = TrainingSettings(steps=steps, lr=1e-2, clip=1.0, channels_last=True, seed=seed)
    data = with_quarter_turns(kept)
    began = time.perf_counter()
    augment = RandomAffine(generator=seed)
    fit(network, SupConLoss(0.05), data, settings, augment=augment, progress=False)
    seconds = time.perf_counter() - began
    z = embed_all(network, held_out)
    row = {"seconds": round(seconds, 1)}
    for protocol in ("unstructured", "within_alphabet"):
        result = one_shot_accuracy(z, held_out, protocol=protocol, n_episodes=1000, generator=1)
        row[protocol] = result.accuracy
    return row


def main() -> None:
    rows = []
    for seed in SEEDS:
        for ranks in (1, 2):
            first, *others = run_workers(trained, ranks, timeout=1800, seed=seed, steps=STEPS)
            for exam in ("unstructured", "within_alphabet"):
                assert all(other[exam] == first[exam] for other in others), "the ranks differ"
            rows.append({"seed": seed, "ranks": ranks, **first})
            print(json.dumps(rows[-1]), flush=True)
    about = {}
    for exam in ("unstructured", "within_alphabet"):
        one, two = ([r[exam] for r in rows if r["ranks"] == ranks] for ranks in (1, 2))
        mean, low, high = paired_difference(two, one)
        about[f"two_minus_one_{exam}"] = {"mean": mean, "low": low, "high": high}
        print(exam, about[f"two_minus_one_{exam}"])
    store_result(
        "ranks",
        "python benchmarks/ranks.py",
        f"The fast network, supervised contrastive loss, {STEPS} steps of 128 images; 25 "
        "background alphabets with quarter turns to train, 5 held out to measure; 1,000 episodes "
        "with 20 queries. One thread for each process. Pairs of one seed; 95 % interval of the "
        "mean difference over training seeds, by Student's t.",
        rows,
        **about,
    )


if __name__ == "__main__":
    main()

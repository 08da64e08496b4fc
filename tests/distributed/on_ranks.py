"""What the tests run on several ranks, and with one process as the oracle."""

import os
from pathlib import Path

import numpy as np
import torch
from torch import nn

from siamese_lib import losses, miners
from siamese_lib.augment import RandomAffine
from siamese_lib.data import make_glyphs
from siamese_lib.distributed import (
    average_gradients,
    backward_in_chunks,
    copy_of_first,
    die,
    embed_shards,
    from_first_rank,
    gather,
    in_parallel,
    own_part,
    this_rank,
)
from siamese_lib.losses import BatchLoss, SupConLoss
from siamese_lib.training import OneShotValidation, TrainingSettings, fit

N, WIDTH, CLASSES = 16, 6, 4


def loss_cases():
    """Each loss of the course, with and without the miners that it can have."""
    triplets = losses.TripletMarginLoss
    return {
        "contrastive": (losses.ContrastiveLoss(), None),
        "contrastive, not squared": (losses.ContrastiveLoss(squared=False), None),
        "contrastive, balanced": (losses.ContrastiveLoss(balanced=True), None),
        "contrastive, mined": (losses.ContrastiveLoss(), miners.PairMarginMiner()),
        "contrastive, balanced, mined": (
            losses.ContrastiveLoss(balanced=True),
            miners.PairMarginMiner(),
        ),
        "article": (losses.ArticleContrastiveLoss(), None),
        "logistic": (losses.LogisticPairLoss(), None),
        "logistic, balanced": (losses.LogisticPairLoss(balanced=True), None),
        "supcon": (SupConLoss(0.2), None),
        "infonce": (losses.InfoNCELoss(0.2), None),
        "softmax": (losses.NormalizedSoftmaxLoss(N, 3, generator=0), None),
        "triplet": (triplets(), None),
        "triplet, swap": (triplets(swap=True), None),
        "triplet, smooth": (triplets(smooth=True), None),
        "triplet, squared": (triplets(squared=True), None),
        "triplet, batch hard": (triplets(), miners.BatchHardMiner()),
        **{
            f"triplet, {kind}": (triplets(), miners.TripletMarginMiner(0.2, kind))
            for kind in ("all", "hard", "semihard", "easy")
        },
    }


def batch(name, kind):
    """Images ``(N, WIDTH)`` and labels; "uneven": the second half of it is learned already."""
    generator = torch.Generator().manual_seed(len(name))
    images = torch.randn(N, WIDTH, generator=generator, dtype=torch.float64)
    of_each = 2 if name == "infonce" else N // CLASSES
    labels = torch.arange(N // of_each).repeat_interleave(of_each)
    if kind == "uneven":
        centres = 10 * torch.eye(WIDTH, dtype=torch.float64)[labels % WIDTH]
        images[N // 2 :] = centres[N // 2 :] + 1e-3 * images[N // 2 :]
    return images, labels


def network_of(seed=0, dropout=0.0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = nn.Linear(WIDTH, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 3)
        return nn.Sequential(*layers).double()


def gradients_of(name, kind, chunk_size=None):
    """Gradients of the weights, and of the loss's own parameters, by this rank's part of a batch.

    With one process the part is the whole. The networks of the ranks begin with other weights.
    """
    loss, miner = loss_cases()[name]
    loss = loss.double()
    images, labels = batch(name, kind)
    network = network_of(seed=this_rank())
    parallel = in_parallel(network)

    def loss_of(embeddings):
        z = gather(embeddings)
        return loss(z, gather(own_part(labels)), *(() if miner is None else (miner(z, labels),)))

    own = own_part(images.T).T
    if chunk_size is None:
        value = loss_of(parallel(own))
        value.backward()
    else:
        value, _ = backward_in_chunks(parallel, own, loss_of, chunk_size)
    average_gradients(loss.parameters())
    parts = [*network.parameters(), *loss.parameters()]
    return {
        "loss": value.item(),
        "gradient": torch.cat([p.grad.flatten() for p in parts]),
        "terms": loss.n_terms,
        "active": int(loss.n_active),
        "active here": active_here(loss, network, own, own_part(labels)),
    }


@torch.no_grad()
def active_here(loss: BatchLoss, network, images, labels):
    loss(network(images), labels)
    return int(loss.n_active)


def all_gradients():
    kinds = ("random", "uneven")
    found = {
        f"{name} / {kind}": gradients_of(name, kind) for name in loss_cases() for kind in kinds
    }
    found["in chunks"] = gradients_of("supcon", "random", chunk_size=3)
    return found


def odds_and_ends():
    """Small things, several in one start of the processes."""
    rank = this_rank()
    rows = torch.arange(4.0).view(2, 2) + 10 * rank
    half = gather(rows.bfloat16())
    try:
        gather(torch.zeros(2 + rank, 3))
        refused = ""
    except ValueError as error:
        refused = str(error)
    module = nn.BatchNorm1d(2)
    module.running_mean += rank
    copy_of_first(module)
    return {
        "gathered": gather(rows),
        "integers": gather(torch.tensor([rank])),
        "half": str(half.dtype),
        "refused": refused,
        "first": from_first_rank({"rank": rank}),
        "mean": module.running_mean,
    }


DATA = {"alphabet_sizes": [12, 12], "size": 16, "seed": 1, "n_drawers": 6}


class Dies(RandomAffine):
    """An augmentation during which a rank is killed."""

    def __init__(self, rank, at_batch):
        super().__init__(generator=3)
        self._left = at_batch if this_rank() == rank else -1

    def __call__(self, images):
        self._left -= 1
        if self._left == 0:
            die()
        return super().__call__(images)


def trained(checkpoint=None, steps=12, dropout=0.0, augment=False, dies_at=0, **settings):
    """A short run of ``fit``, without BatchNorm, which sees its rank's part alone."""
    data = make_glyphs(DATA["alphabet_sizes"], size=16, seed=1, n_drawers=6)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(this_rank())
        layers = nn.Flatten(), nn.Dropout(dropout), nn.Linear(256, 16, bias=False)
        network = nn.Sequential(*layers)  # distances leave a bias without a gradient
    if dies_at:
        noise = Dies(rank=1, at_batch=dies_at)
    else:
        noise = Dies(rank=-1, at_batch=0) if augment else None
    history = fit(
        network,
        losses.LogisticPairLoss(),
        data,
        TrainingSettings(steps=steps, batch_size=32, check_every=4, clip=1.0, **settings),
        augment=noise,
        validation=OneShotValidation(data, n_way=5, n_episodes=20),
        checkpoint=checkpoint,
        progress=False,
    )
    weights = torch.cat([p.detach().flatten() for p in network.parameters()])
    return {"weights": weights, "losses": history.losses, "checks": history.checks}


def embedded(folder, dies_at=0, n=100, shard_size=8):
    """Embed a hundred pictures, ten numbers each; the second rank may be killed on its way."""
    pictures = torch.rand(n, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    calls = 0

    def embed(images):
        nonlocal calls
        calls += 1
        if calls == dies_at and this_rank() == 1:
            die()
        with open(Path(folder).parent / f"calls {os.getpid()}", "a") as log:
            log.write("\n".join(str(float(value)) for value in images[:, 0, 0, 0]) + "\n")
        return images.flatten(1)[:, :10]

    return embed_shards(embed, pictures, folder, shard_size=shard_size)


def pictures_embedded(folder):
    """How often each picture was embedded, by its first pixel; the first is the probe."""
    lines = [line for log in Path(folder).parent.glob("calls*") for line in log.read_text().split()]
    return np.unique([float(line) for line in lines], return_counts=True)

"""The parts of on_gpu.py, each run in a process of its own; the last line is JSON.

python benchmarks/on_gpu_parts.py agreement --device cuda
"""

import argparse
import json
import statistics
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

import torch
from alternating import alternate, nothing, seconds
from clusters import loose_clusters
from torch import Tensor, nn

from siamese_lib import losses, miners, models
from siamese_lib.augment import RandomAffine, with_quarter_turns
from siamese_lib.data import load_characters, make_glyphs
from siamese_lib.evaluation import one_shot_accuracy
from siamese_lib.recipes import build_network, recipe_named
from siamese_lib.training import TrainingSettings, fit


def wait_for(device: torch.device) -> Callable[[], None]:
    """What waits for the device: a GPU is asked for work, and answers later."""
    return torch.cuda.synchronize if device.type == "cuda" else nothing


def milliseconds(ways: dict, device: torch.device, rounds: int) -> dict[str, float]:
    """The median of each way, in turn."""
    times = alternate(ways, rounds, wait_for(device))
    return {name: 1000 * statistics.median(values) for name, values in times.items()}


def loss_cases() -> dict[str, tuple[nn.Module, nn.Module | None]]:
    triplet = losses.TripletMarginLoss
    return {
        "contrastive": (losses.ContrastiveLoss(), None),
        "logistic": (losses.LogisticPairLoss(), None),
        "supervised contrastive": (losses.SupConLoss(0.1), None),
        "infonce": (losses.InfoNCELoss(0.1), None),
        "triplet, all": (triplet(), None),
        "triplet, batch hard": (triplet(), miners.BatchHardMiner()),
        "triplet, semi-hard": (triplet(), miners.TripletMarginMiner(0.2, "semihard")),
        "contrastive, mined": (losses.ContrastiveLoss(), miners.PairMarginMiner()),
    }


def backward(loss: nn.Module, miner: nn.Module | None, z: Tensor, labels: Tensor) -> Tensor:
    """The loss and the gradient of the embeddings, in one row of numbers."""
    leaf = z.clone().requires_grad_()
    value = loss(leaf, labels, *(() if miner is None else (miner(leaf, labels),)))
    value.backward()
    return torch.cat([value.detach()[None], leaf.grad.flatten()])


def apart(one: Tensor, other: Tensor) -> float:
    return ((one - other).norm() / other.norm().clamp(min=1e-12)).item()


def agreement(device: torch.device, tiny: bool) -> dict:
    """Largest relative difference to the CPU, in 32 bits."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    found = {}
    for name, (loss, miner) in loss_cases().items():
        per_class = 2 if name == "infonce" else 4
        z, labels = loose_clusters(64, per_class)
        wanted = backward(loss, miner, z, labels)
        there = backward(loss.to(device), miner, z.to(device), labels.to(device))
        found[name] = apart(there.cpu(), wanted)
    images = torch.rand(32, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for name in ("fast", "compact", "conv4", "sharp"):
        torch.manual_seed(0)
        network = build_network(recipe_named("quick").but(backbone=name)).eval()
        with torch.no_grad():
            wanted = network(images)
            found[name] = apart(network.to(device)(images.to(device)).cpu(), wanted)
    data = make_glyphs([25, 25], n_drawers=4, seed=3)
    exams = [one_shot_accuracy(lambda x: x.flatten(1), part, n_episodes=50).accuracy
             for part in (data, data.to(device))]  # fmt: skip
    found["one-shot accuracy"] = abs(exams[0] - exams[1])
    assert all(value < 1e-3 for value in found.values()), found  # max() might pass over a NaN
    return {"largest": max(found.values()), "each": found}


def waits(device: torch.device, tiny: bool) -> dict:
    """A step of a recipe must ask the device for nothing."""
    torch.manual_seed(0)
    network = build_network(recipe_named("quick")).to(device)
    augment, loss = RandomAffine(device=device, generator=0), losses.SupConLoss(0.05)
    images = torch.rand(128, 1, 28, 28, device=device)
    labels = torch.arange(32, device=device).repeat_interleave(4)
    loss(network(augment(images)), labels).backward()  # the first one sets things up
    if device.type == "cuda":
        torch.cuda.set_sync_debug_mode("error")
    loss(network(augment(images)), labels).backward()
    return {"asked": 0, "checked": device.type == "cuda"}


def precision(device: torch.device, tiny: bool) -> dict:
    """The same short training in each number format, and compiled."""
    data = make_glyphs([20, 20], n_drawers=6, seed=3) if tiny else load_characters()
    train, held_out = data.split_by_group(1 if tiny else 5, generator=0)
    train, held_out = with_quarter_turns(train).to(device), held_out.to(device)
    ways = {"float32": {}, "bfloat16": {"precision": "bfloat16"}}
    if device.type == "cuda":
        ways |= {"float16": {"precision": "float16"}, "float32, compiled": {"compile": True}}
        ways |= {"bfloat16, compiled": {"precision": "bfloat16", "compile": True}}
    found = {}
    for name, how in ways.items():
        torch.manual_seed(0)
        network = nn.Sequential(models.fast(), models.UnitLength()).to(device)
        settings = TrainingSettings(
            steps=3 if tiny else 600, lr=1e-2, clip=1.0, channels_last=True, seed=0, **how
        )
        augment = RandomAffine(device=device, generator=0)
        work = partial(fit, network, losses.SupConLoss(0.05), train, settings)
        took = seconds(partial(work, augment=augment, progress=False), wait_for(device))
        exam = one_shot_accuracy(network.eval(), held_out, n_way=10, n_episodes=50 if tiny else 500)
        rate = settings.steps * settings.batch_size / took
        found[name] = {"seconds": took, "images_per_second": rate, "held_out": exam.accuracy}
        found[name]["data"] = data.name
    return found


def chapter_6(device: torch.device, tiny: bool) -> dict:
    """Milliseconds of one forward and backward pass, as chapter 6 has them."""

    def step_of(make: Callable[[], nn.Module], last=False, half=False, compiled=False) -> Callable:
        torch.manual_seed(0)
        layout = torch.channels_last if last else torch.contiguous_format
        network = make().to(device, memory_format=layout)
        network = torch.compile(network) if compiled else network
        images = torch.rand(128, 1, 28, 28, device=device).to(memory_format=layout)
        labels, loss = torch.arange(32, device=device).repeat_interleave(4), losses.SupConLoss(0.05)

        def work() -> None:
            with torch.autocast(device.type, torch.bfloat16) if half else nullcontext():
                z = network(images)
            loss(nn.functional.normalize(z.float()), labels).backward()

        return work

    ways = {
        "conv4": step_of(models.conv4),
        "fast": step_of(models.fast),
        "sharp": step_of(models.sharp),
        "fast, channels_last": step_of(models.fast, last=True),
        "fast, bfloat16": step_of(models.fast, half=True),
        "fast, both": step_of(models.fast, last=True, half=True),
    }
    if device.type == "cuda":
        ways["fast, compiled"] = step_of(models.fast, compiled=True)
    return milliseconds(ways, device, rounds=2 if tiny else 30)


def compared_losses(device: torch.device, tiny: bool) -> dict:
    """Ours beside pytorch-metric-learning's, where it is installed."""
    try:
        from pytorch_metric_learning import losses as their_losses
        from pytorch_metric_learning import miners as their_miners
        from pytorch_metric_learning.distances import LpDistance
    except ImportError:
        their_losses = None
    found = {}
    for size in (64,) if tiny else (128, 512, 1024, 4096):
        z, labels = (part.to(device) for part in loose_clusters(size))
        hard, supcon = miners.BatchHardMiner(), losses.SupConLoss(0.1)
        ways = {
            "batch-hard": partial(hard, z, labels),
            "supervised contrastive": partial(backward, supcon, None, z, labels),
        }
        if their_losses is not None:
            plain = LpDistance(normalize_embeddings=False)
            theirs = their_miners.BatchHardMiner(distance=plain), their_losses.SupConLoss(0.1)
            ways["batch-hard, theirs"] = partial(theirs[0], z, labels)
            ways["supervised contrastive, theirs"] = partial(backward, theirs[1], None, z, labels)
        found[str(size)] = milliseconds(ways, device, rounds=2 if tiny else 20)
    return found


WORK = {
    "agreement": agreement,
    "waits": waits,
    "precision": precision,
    "chapter 6": chapter_6,
    "losses": compared_losses,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("part", choices=WORK)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="as small as can be")
    arguments = parser.parse_args()
    print(json.dumps(WORK[arguments.part](torch.device(arguments.device), arguments.tiny)))


if __name__ == "__main__":
    main()

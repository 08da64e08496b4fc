"""Run on CUDA what has only been run on a CPU: agreement, waiting, precision, speed, one recipe.

    python benchmarks/on_gpu.py               # on a machine with a GPU, about ten minutes
    python benchmarks/on_gpu.py --dry-run     # each part on the CPU, as small as possible

Give the folder of Omniglot in ``$SIAMESE_DATA``. Each part is stored as soon as it has been run.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import torch
from clusters import loose_clusters
from torch import Tensor, nn

from siamese_lib import losses, miners, models
from siamese_lib.augment import RandomAffine, with_quarter_turns
from siamese_lib.data import load_characters, make_glyphs
from siamese_lib.evaluation import one_shot_accuracy
from siamese_lib.pages.results import store_result
from siamese_lib.training import TrainingSettings, fit

ROOT = Path(__file__).resolve().parents[1]
PROTOCOL = (
    "Agreement: losses, miners and networks on the device and on the CPU, relative difference. "
    "Waiting: one training step under PyTorch's sync debug mode. Speed: median of 30 forward and "
    "backward passes of 128 images. Precision: the same training with each number format, one-shot "
    "accuracy on held-out background alphabets, one seed. Recipe: python -m siamese_lib train."
)
CASES: dict[str, tuple[nn.Module, nn.Module | None]] = {
    "contrastive": (losses.ContrastiveLoss(), None),
    "logistic": (losses.LogisticPairLoss(), None),
    "supervised contrastive": (losses.SupConLoss(0.1), None),
    "triplet, all": (losses.TripletMarginLoss(1.0), None),
    "triplet, batch hard": (losses.TripletMarginLoss(1.0), miners.BatchHardMiner()),
    "triplet, mined": (losses.TripletMarginLoss(1.0), miners.TripletMarginMiner(1.0, "semihard")),
}
Row = tuple[str, float, str]


def gradient(loss: nn.Module, miner: nn.Module | None, z: Tensor, labels: Tensor) -> Tensor:
    """Return the loss and the gradient of the embeddings as one vector."""
    leaf = z.clone().requires_grad_()
    value = loss(leaf, labels, None if miner is None else miner(leaf, labels))
    value.backward()
    return torch.cat([value.detach()[None], leaf.grad.flatten()]).cpu()


def agreement(device: torch.device, tiny: bool) -> Iterator[Row]:
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    z, labels = loose_clusters(64, 4)
    images = torch.rand(32, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    answers = {}
    for name, (loss, miner) in CASES.items():
        expected = gradient(loss, miner, z, labels)
        answers[name] = expected, gradient(loss.to(device), miner, z.to(device), labels.to(device))
    for make in (models.fast, models.compact, models.conv4, models.sharp):
        network = make().eval().requires_grad_(False)
        expected = network(images)
        answers[make.__name__] = expected, network.to(device)(images.to(device)).cpu()
    for name, (expected, found) in answers.items():
        yield name, ((found - expected).norm() / expected.norm()).item(), "apart, relative"


def step_of(device: torch.device, make: Callable, half: bool = False) -> Callable[[], None]:
    """Return a function that makes one forward and backward pass of 128 images."""
    network = nn.Sequential(make(), models.UnitLength()).to(device)
    images = torch.rand(128, 1, 28, 28, device=device)
    labels, loss = torch.arange(32, device=device).repeat_interleave(4), losses.SupConLoss(0.05)
    augment = RandomAffine(device=device, generator=0)

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16) if half else nullcontext():
            z = network(augment(images))
        loss(z.float(), labels).backward()

    return step


def waiting(device: torch.device, tiny: bool) -> Iterator[Row]:
    step = step_of(device, models.fast)
    step()  # the first one sets things up
    if not tiny:
        torch.cuda.set_sync_debug_mode("error")
    step()
    if not tiny:
        torch.cuda.set_sync_debug_mode("default")
    yield "a step waits for the device", 0, "times"


def speed(device: torch.device, tiny: bool) -> Iterator[Row]:
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    ways = {make.__name__: {"make": make} for make in (models.conv4, models.fast, models.sharp)}
    ways["fast, bfloat16"] = {"make": models.fast, "half": True}
    for name, way in ways.items():
        step, times = step_of(device, **way), []
        for _ in range(2 if tiny else 35):
            began = time.perf_counter()
            step()
            wait()
            times.append(1000 * (time.perf_counter() - began))
        yield name, statistics.median(times[-30:]), "ms for a step"


def precision(device: torch.device, tiny: bool) -> Iterator[Row]:
    data = make_glyphs([20, 20], n_drawers=6, seed=3) if tiny else load_characters()
    train, held_out = data.split_by_group(1 if tiny else 5, generator=0)
    train, held_out = with_quarter_turns(train).to(device), held_out.to(device)
    for name in ("float32", "bfloat16") if tiny else ("float32", "bfloat16", "float16"):
        torch.manual_seed(0)
        network = nn.Sequential(models.fast(), models.UnitLength()).to(device)
        settings = TrainingSettings(steps=3 if tiny else 600, lr=1e-2, clip=1.0, precision=name)
        fit(network, losses.SupConLoss(0.05), train, settings, progress=False)
        result = one_shot_accuracy(
            network.eval(), held_out, n_way=10, n_episodes=50 if tiny else 500
        )
        yield name, 100 * result.accuracy, "% of held-out questions"


def recipe(device: torch.device, tiny: bool) -> Iterator[Row]:
    command = [sys.executable, "-m", "siamese_lib", "train", "--device", device.type]
    command += ["--recipe", "quick" if tiny else "gpu"]
    command += ["--steps", "2", "--episodes", "5", "--source", "glyphs"] if tiny else []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        command += ["--out", f"{folder}/network"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    yield "the recipe gpu, trained and measured", time.perf_counter() - began, "s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dry-run", action="store_true", help="tiny, on the CPU; stores nothing")
    tiny = parser.parse_args().dry_run
    device, rows = torch.device("cpu" if tiny else "cuda"), []
    for part in (agreement, waiting, speed, precision, recipe):
        for what, value, unit in part(device, tiny):
            rows.append({"part": part.__name__, "what": what, "value": value, "unit": unit})
            print(f"{part.__name__:10} {what:36} {value:10.3g} {unit}", flush=True)
            if not tiny:
                store_result("on_gpu", "python benchmarks/on_gpu.py", PROTOCOL, rows)


if __name__ == "__main__":
    main()

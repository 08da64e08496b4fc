"""A recipe's training speed beside a plain PyTorch loop and pytorch-metric-learning's trainer.

    SIAMESE_DATA=../shared/data python benchmarks/trainers.py

Writes pages/results/trainers.json. All train the network of ``quick`` on its data, in 32 bits,
the format that the recipe takes on a processor without units for 16. Each loop
is also run with this library's augmentation and with none, so that one sees whether a difference
comes from the loop or from what feeds it.
"""

import argparse
import gc
import io
import logging
import math
import os
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import partial

import torch
from alternating import spread
from PIL import Image
from pytorch_metric_learning import losses as their_losses
from pytorch_metric_learning import samplers as their_samplers
from pytorch_metric_learning import trainers as their_trainers
from pytorch_metric_learning.utils.common_functions import LOGGER_NAME
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler, TensorDataset
from torchvision import transforms

from siamese_lib.augment import RandomAffine
from siamese_lib.data import LabelledImages, as_floats
from siamese_lib.losses import SupConLoss
from siamese_lib.pages.results import store_result
from siamese_lib.recipes import build_network, recipe_named, training_data
from siamese_lib.sampling import MPerClassSampler
from siamese_lib.training import TrainingSettings, fit

RECIPE = recipe_named("quick")
# One learning rate for all: none of the loops then needs a scheduler. A look at the network
# (the recipe has one in 200 steps) comes after the clock has stopped.
SETTINGS = RECIPE.settings.but(precision="float32", schedule="constant")
WARM_UP = 10  # steps: worker processes start, memory is taken, kernels are chosen
CHECKED = 3  # steps that are looked at before the clock starts


@dataclass(frozen=True)
class Way:
    """One way to train: a loop, what changes its images, and the workers of its DataLoader."""

    loop: str
    augmentation: str
    workers: int = 0

    def of_batch(self) -> Callable[[Tensor], Tensor]:
        """What the images of a whole batch go through."""
        if self.augmentation == "whole batch":
            return RandomAffine(**RECIPE.augment, generator=0)
        return lambda images: images


WAYS = (
    Way("fit", "whole batch"),
    *(Way(loop, "each image", n) for loop in ("plain loop", "trainer") for n in (0, 2)),
    *(Way(loop, "whole batch") for loop in ("plain loop", "trainer")),
    *(Way(loop, "none") for loop in ("fit", "plain loop", "trainer")),
)


def image_by_image() -> transforms.Compose:
    """The changes of RandomAffine as torchvision makes them, of one picture.

    Through PIL and the first version of the transforms: twice as fast, for pictures this small, as
    the second version, and as either on tensors.
    """
    ours = RandomAffine(**RECIPE.augment)
    slant = math.degrees(math.atan(ours.shear))
    affine = transforms.RandomAffine(
        ours.degrees,
        translate=(ours.shift, ours.shift),
        scale=(math.exp(-ours.scale), math.exp(ours.scale)),
        shear=(-slant, slant, -slant, slant),
        interpolation=transforms.InterpolationMode.BILINEAR,
    )
    return transforms.Compose([affine, transforms.ToTensor()])


class PerImage(Dataset):
    """The usual way: a picture at a time, from memory."""

    def __init__(self, data: LabelledImages) -> None:
        self.images, self.labels = data.images[:, 0].numpy(), data.labels.tolist()
        self.transform = image_by_image()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images[row])), self.labels[row]


def dataset_of(way: Way, data: LabelledImages) -> Dataset:
    if way.augmentation == "each image":
        return PerImage(data)
    return TensorDataset(data.images, data.labels)


def fed(way: Way) -> Callable[[list[Tensor]], tuple[Tensor, Tensor]]:
    """What is done to a batch of the DataLoader: stored bytes become floats all at once."""
    of_batch = way.of_batch()

    def ready(batch: list[Tensor]) -> tuple[Tensor, Tensor]:
        images, labels = batch
        return of_batch(images if images.is_floating_point() else as_floats(images)), labels

    return ready


def sampler_of(kind: type[Sampler], data: LabelledImages, settings: TrainingSettings) -> Sampler:
    """Ours or theirs: they take the same arguments."""
    wanted = settings.steps * settings.batch_size
    return kind(data.labels, settings.m, settings.batch_size, length_before_new_iter=wanted)


def adamw(network: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    weights = network.parameters()
    return torch.optim.AdamW(weights, settings.lr, weight_decay=settings.weight_decay)


def with_fit(way: Way, network, loss, data, settings) -> None:
    fit(network, loss, data, settings, augment=way.of_batch(), progress=False)


def with_plain_loop(way: Way, network, loss, data, settings) -> None:
    """The loop of PyTorch's tutorials, with the gradient clipped as the recipe does."""
    loader = DataLoader(
        dataset_of(way, data),
        batch_size=settings.batch_size,
        sampler=sampler_of(MPerClassSampler, data, settings),
        num_workers=way.workers,
        drop_last=True,
    )
    optimizer, ready = adamw(network, settings), fed(way)
    network.train()
    for batch in loader:
        images, labels = ready(batch)
        value = loss(network(images), labels)
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
        optimizer.step()


def with_trainer(way: Way, network, loss, data, settings) -> None:
    """MetricLossOnly, as its documentation has it; its progress bar is not shown."""
    # It misses an optimiser for the embedder, which has no weights.
    logging.getLogger(LOGGER_NAME).setLevel(logging.ERROR)
    trainer = their_trainers.MetricLossOnly(
        models={"trunk": network[:-1], "embedder": network[-1]},
        optimizers={"trunk_optimizer": adamw(network, settings)},
        batch_size=settings.batch_size,
        loss_funcs={"metric_loss": loss},
        dataset=dataset_of(way, data),
        data_device=data.device,
        sampler=sampler_of(their_samplers.MPerClassSampler, data, settings),
        iterations_per_epoch=settings.steps,
        gradient_clippers={
            "trunk_grad_clipper": partial(
                nn.utils.clip_grad_norm_, list(network.parameters()), settings.clip
            )
        },
        dataloader_num_workers=way.workers,
        data_and_label_getter=fed(way),
    )
    with redirect_stderr(io.StringIO()):
        trainer.train()
    # Workers end when their loader does. The trainer stops one call before that.
    next(trainer.dataloader_iter, None)


LOOPS = {"fit": with_fit, "plain loop": with_plain_loop, "trainer": with_trainer}


def loss_of(way: Way) -> nn.Module:
    kind = their_losses.SupConLoss if way.loop == "trainer" else SupConLoss
    return kind(RECIPE.temperature)


def fresh_network() -> nn.Module:
    """The same weights each time, in the layout that ``fit`` would choose."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build_network(RECIPE)
    return network.to(memory_format=torch.channels_last)


def watched(way: Way, data: LabelledImages, settings: TrainingSettings) -> dict[str, list]:
    """Train, and keep each batch's ink, labels, length of embeddings, and loss."""
    seen: dict[str, list] = {"ink": [], "labels": [], "lengths": [], "losses": []}
    network, loss = fresh_network(), loss_of(way)
    network[0].register_forward_pre_hook(lambda _, given: seen["ink"].append(given[0].mean()))

    def keep(_, given: tuple, value: Tensor) -> None:
        seen["labels"].append(given[1])
        seen["lengths"].append(given[0].detach().norm(dim=1))
        seen["losses"].append(value.item())

    loss.register_forward_hook(keep)
    LOOPS[way.loop](way, network, loss, data, settings)
    return seen


def check_same_work(data: LabelledImages) -> None:
    """All see as many images, m of each class, with as much ink, through all of the network."""
    check_same_loss(data)
    check_same_changes(data)
    settings = SETTINGS.but(steps=CHECKED)
    ink = data.images.float().mean().item() / 255
    for way in WAYS:
        seen = watched(way, data, settings)
        assert len(seen["labels"]) == settings.steps, (way, len(seen["labels"]))
        for labels in seen["labels"]:
            counts = labels.unique(return_counts=True)[1].tolist()
            assert counts == [settings.m] * (settings.batch_size // settings.m), (way, counts)
        lengths = torch.cat(seen["lengths"])
        assert torch.allclose(lengths, torch.ones_like(lengths), atol=1e-5), (way, lengths)
        seen_ink = torch.stack(seen["ink"]).mean().item()
        # Characters differ in ink, and a few batches do not hold them all.
        assert abs(seen_ink - ink) < 0.2 * ink, (way, seen_ink, ink)


def check_same_loss(data: LabelledImages) -> None:
    network = fresh_network().eval()
    sampler = MPerClassSampler(data.labels, SETTINGS.m, SETTINGS.batch_size, generator=0)
    rows = sampler.sample(1)[0]
    with torch.no_grad():
        z = network(data.batch(rows))
        values = [loss_of(way)(z, data.labels[rows]) for way in (WAYS[0], Way("trainer", "none"))]
    assert torch.allclose(*values, rtol=1e-4), values


def check_same_changes(data: LabelledImages) -> None:
    """Both augmentations move as much ink."""
    rows = torch.arange(0, len(data), max(1, len(data) // 1000))
    images, per_image = data.batch(rows), PerImage(data)
    one_by_one = torch.stack([per_image[row][0] for row in rows.tolist()])
    moved = [(new - images).abs().mean() for new in (WAYS[0].of_batch()(images), one_by_one)]
    assert torch.allclose(*moved, rtol=0.1), moved


def images_per_second(way: Way, data: LabelledImages, steps: int) -> float:
    """The clock is in the network: between two forward passes lies all that a loop does."""
    network, stamps = fresh_network(), []
    network[0].register_forward_pre_hook(lambda *_: stamps.append(time.perf_counter()))
    settings = SETTINGS.but(steps=WARM_UP + steps + 1)
    settings = settings.but(check_every=settings.steps)
    gc.collect()  # none pays for what the one before has left
    LOOPS[way.loop](way, network, loss_of(way), data, settings)
    return steps * settings.batch_size / (stamps[WARM_UP + steps] - stamps[WARM_UP])


def measured(data: LabelledImages, steps: int, rounds: int) -> list[dict]:
    """Images a second of each way, in turn, and how many times as many ``fit`` trains on."""
    speeds: dict[Way, list[float]] = {way: [] for way in WAYS}
    for turn in range(rounds):
        # Backwards every other time: none always comes first, or after the same one.
        for way in WAYS[::-1] if turn % 2 else WAYS:
            speeds[way].append(images_per_second(way, data, steps))
    return [row(way, speeds[way], speeds[beside(way)]) for way in WAYS]


def beside(way: Way) -> Way:
    """The ``fit`` that a way is compared with: without augmentation if it has none itself."""
    return Way("fit", "none" if way.augmentation == "none" else "whole batch")


def row(way: Way, speeds: list[float], ours: list[float]) -> dict:
    ratios = [one / other for one, other in zip(ours, speeds, strict=True)]
    found = {"loop": way.loop, "augmentation": way.augmentation, "workers": way.workers}
    found |= spread("images_per_second", speeds, 1) | spread("ratio", ratios, 3)
    print(found, flush=True)
    return found


def load() -> str:
    """What the machine was busy with before, where the system says it."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=60, help="on the clock, in each round (60)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--source", default="omniglot", help="omniglot, glyphs or auto")
    arguments = parser.parse_args(words)
    data, before = training_data(RECIPE, arguments.source), load()
    check_same_work(data)
    store_result(
        "trainers",
        " ".join(["python benchmarks/trainers.py", *words]),
        f"The network of {RECIPE.name}, {len(data):,} images ({data.name}) in memory, batches of "
        f"{SETTINGS.batch_size} with {SETTINGS.m} of a class, supervised contrastive loss, AdamW, "
        f"32 bits, channels last. In turn, every other time backwards: {arguments.rounds} rounds "
        f"of {arguments.steps} steps each after {WARM_UP} that do not count; median and range over "
        "rounds; ratio = fit / this one, round by round. The samplers of DataLoaders draw all "
        "indices before the clock starts, fit draws them on it. Augmentations move as much ink, to "
        "a tenth (compared first), though torchvision scales both sides alike. PyTorch's threads: "
        f"{torch.get_num_threads()}, on a machine of {os.cpu_count()} cores, whose load before the "
        f"start was {before}: other programs run beside it unless that is near zero.",
        measured(data, arguments.steps, arguments.rounds),
    )


if __name__ == "__main__":
    main(sys.argv[1:])

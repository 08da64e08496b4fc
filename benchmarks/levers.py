"""Which levers move the score? One change at a time, on held-out background alphabets.

    SIAMESE_DATA=../shared/data python benchmarks/levers.py

Writes pages/results/levers.json; about 10 minutes on two cores. Trains on 25 background
alphabets and measures on the other 5, so that no evaluation alphabet has a say in any choice.
"""

import argparse
import shlex
import sys
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siamese_lib.augment import RandomAffine
from siamese_lib.data import LabelledImages, load_characters
from siamese_lib.embedding import embed_all
from siamese_lib.evaluation import one_shot_accuracy
from siamese_lib.losses import NormalizedSoftmaxLoss, SupConLoss
from siamese_lib.models import Backbone, JoinedTurns
from siamese_lib.pages.results import store_result
from siamese_lib.recipes import Recipe, build_network, recipe_named, train, training_data
from siamese_lib.training import fit

STEPS = 300
RESIDUAL = "one convolution more, residual"
CLASS_VECTORS = "a fifth of the loss from class vectors"
# In 32 bits, whatever the processor has units for: the format is one of the levers.
BASE = recipe_named("quick").but(name="base", steps=STEPS, precision="float32")


class AffineAndMore(RandomAffine):
    """An affine change, and then another one of some amount."""

    def __init__(self, amount: float, **more) -> None:
        super().__init__(**more)
        self.amount = amount


class Elastic(AffineAndMore):
    """An affine change, and then a smooth field of small shifts, drawn on a 4 x 4 grid."""

    def __call__(self, images: Tensor) -> Tensor:
        images = super().__call__(images)
        n, _, height, width = images.shape
        coarse = torch.randn(n, 2, 4, 4, generator=self.generator) * self.amount
        field = F.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)
        here = F.affine_grid(torch.eye(2, 3).expand(n, 2, 3), images.shape, align_corners=False)
        return F.grid_sample(images, here + field.permute(0, 2, 3, 1), align_corners=False)


class Thickness(AffineAndMore):
    """An affine change, and then a pen that is up to ``amount`` of a pixel wider or narrower."""

    def __call__(self, images: Tensor) -> Tensor:
        images = super().__call__(images)
        wide, narrow = F.max_pool2d(images, 3, 1, 1), -F.max_pool2d(-images, 3, 1, 1)
        by = (torch.rand(len(images), 1, 1, 1, generator=self.generator) * 2 - 1) * self.amount
        return torch.where(by > 0, images + by * (wide - images), images - by * (narrow - images))


class Residual(nn.Module):
    """A convolution whose result is added to what it looked at (He et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        convolution = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.added = nn.Sequential(convolution, nn.BatchNorm2d(channels))

    def forward(self, maps: Tensor) -> Tensor:
        return F.relu(maps + self.added(maps))


class WithClassVectors(nn.Module):
    """Supervised contrastive, and for a fifth of the loss a softmax over all training classes."""

    def __init__(self, classes: Tensor, temperature: float) -> None:
        super().__init__()
        self.contrastive = SupConLoss(temperature)
        self.softmax = NormalizedSoftmaxLoss(classes, 128, generator=0)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        return 0.8 * self.contrastive(z, labels) + 0.2 * self.softmax(z, labels)


class Averaged(nn.Module):
    """The mean embedding of a drawing and eight of its affine copies, at test time."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.copy = RandomAffine(degrees=5, shear=0.07, scale=0.07, shift=0.04, generator=7)

    def forward(self, images: Tensor) -> Tensor:
        total = self.network(images)
        for _ in range(8):
            total = total + self.network(self.copy(images))
        return F.normalize(total)


# What is done with the finished base network: name: how it is asked
AT_TEST_TIME: dict[str, Callable[[nn.Module], nn.Module]] = {
    "averaged over 8 copies": Averaged,
    "four quarter turns, joined": JoinedTurns,
}

# name: (the recipe, its augmentation or None for the recipe's own)
LEVERS: dict[str, tuple[Recipe, Callable[[], RandomAffine] | None]] = {
    "base": (BASE, None),
    "drawings as they lie, at their own size": (BASE.but(spread=None), None),
    "drawings a little smaller": (BASE.but(spread=0.17), None),
    "drawings a little larger": (BASE.but(spread=0.23), None),
    "images of 56 px": (BASE.but(size=56), None),
    "images of 56 px, and 36 px inside": (
        BASE.but(size=56, backbone_arguments={"size": 36}),
        None,
    ),
    "other pens and filters": (BASE.but(other_pens=True), None),
    RESIDUAL: (BASE, None),
    CLASS_VECTORS: (BASE, None),
    "backbone compact": (BASE.but(backbone="compact"), None),
    "backbone fast": (BASE.but(backbone="fast"), None),
    "backbone conv4": (BASE.but(backbone="conv4", backbone_arguments={"out_features": 128}), None),
    "1.5 times as wide": (BASE.but(backbone_arguments={"width": 48}), None),
    "twice the steps": (BASE.but(steps=2 * STEPS), None),
    "no symmetries": (BASE.but(symmetries=1), None),
    "quarter turns alone": (BASE.but(symmetries=4), None),
    "temperature 0.1": (BASE.but(temperature=0.1), None),
    "temperature 0.02": (BASE.but(temperature=0.02), None),
    "2 images of a class": (BASE.but(m=2), None),
    "8 images of a class": (BASE.but(m=8), None),
    "dropout 0.3": (BASE.but(backbone_arguments={"dropout": 0.3}), None),
    "no augmentation": (
        BASE.but(augment=dict.fromkeys(("degrees", "shear", "scale", "shift"), 0.0)),
        None,
    ),
    "twice the augmentation": (
        BASE.but(augment={"degrees": 20.0, "shear": 0.3, "scale": 0.3, "shift": 0.16}),
        None,
    ),
    "elastic": (BASE, lambda: Elastic(0.05, generator=0)),
    "stroke width": (BASE, lambda: Thickness(0.5, generator=0)),
    "bfloat16": (BASE.but(precision="bfloat16"), None),
    "as many Glyphs mixed in": (BASE.but(glyph_alphabets=25), None),
    "Glyphs alone": (BASE.but(split=None, glyph_alphabets=60), None),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--without",
        nargs="+",
        choices=list(LEVERS),
        default=[],
        help="leave these out, as bfloat16 on a processor without units for it",
    )
    left_out = parser.parse_args().without
    rows = []
    for name in (name for name in LEVERS if name not in left_out):
        recipe, augment = LEVERS[name]
        held_out = held_out_at(recipe.size)
        data = training_data(recipe, "omniglot", keep=kept)
        began = time.perf_counter()
        network = trained(name, recipe, data, augment() if augment else own_augmentation(recipe))
        row = {"lever": name, "seconds": round(time.perf_counter() - began, 1)}
        rows.append({**row, **scores(network, held_out)})
        print(rows[-1], flush=True)
        if name == "base":
            for at_test_time, asked in AT_TEST_TIME.items():
                same_run = {"lever": f"{at_test_time} at test time", "seconds": row["seconds"]}
                rows.append({**same_run, **scores(asked(network).eval(), held_out)})
                print(rows[-1], flush=True)
    store_result(
        "levers",
        shlex.join(["python", "benchmarks/levers.py", *sys.argv[1:]]),
        f"25 background alphabets to train, 5 held out to measure; {STEPS} steps of 128 images "
        "with the sharp backbone and supervised contrastive loss; one change at a time; one seed. "
        "20-way 1-shot, 2,000 episodes with 20 queries; the interval of a score is about 0.2 "
        "points over episodes; how far seeds differ was not measured.",
        rows,
    )


def kept(background: LabelledImages) -> LabelledImages:
    """The alphabets to train on: all but the five that are held out."""
    return background.split_by_group(5, generator=0)[0]


def held_out_at(size: int) -> LabelledImages:
    """The five alphabets that are held out, at ``size`` pixels a side."""
    return load_characters("omniglot", "background", size).split_by_group(5, generator=0)[1]


def own_augmentation(recipe: Recipe) -> RandomAffine:
    return RandomAffine(**recipe.augment, generator=0)


def trained(
    name: str, recipe: Recipe, data: LabelledImages, augment: Callable[[Tensor], Tensor]
) -> nn.Module:
    """As ``siamese_lib.recipes.train`` does it, but for the two levers that no recipe has."""
    if name not in (RESIDUAL, CLASS_VECTORS):
        return train(recipe, data=data, progress=False, augment=augment)[0]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build_network(recipe)
    loss: nn.Module = SupConLoss(recipe.temperature)
    if name == RESIDUAL:
        convolutions = next(p for p in network if isinstance(p, Backbone)).convolutions
        convolutions.append(Residual(convolutions[-2].num_features))
    else:
        loss = WithClassVectors(data.classes, recipe.temperature)
    fit(network, loss, data, recipe.settings, augment=augment, progress=False)
    return network


def scores(network: nn.Module, held_out: LabelledImages) -> dict[str, float]:
    z = embed_all(network, held_out)
    return {
        protocol: round(
            one_shot_accuracy(z, held_out, protocol=protocol, n_episodes=2000).accuracy, 4
        )
        for protocol in ("unstructured", "within_alphabet")
    }


if __name__ == "__main__":
    main()

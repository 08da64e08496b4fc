"""What chapter 15 measures, with five seeds; and fine-tuning, which takes too long for a page.

    python benchmarks/photographs.py                  # all; half an hour on one core
    python benchmarks/photographs.py --only features  # what the stored features can say

Writes ``siamese_lib/pages/results/photographs.json``; then ``python benchmarks/results_page.py``.
Fine-tuning needs the photographs (``load_grocery``) and the extra ``photographs``. It starts from
the outputs of the backbone's last block but one, which are computed once and kept in the cache
folder, so no augmentation is possible.
"""

import argparse
import copy
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from siamese_lib.data import cache_folder
from siamese_lib.embedding import embed_photographs
from siamese_lib.metrics import mean_and_interval, paired_difference
from siamese_lib.models import PretrainedBackbone
from siamese_lib.pages.results import load_result, store_result
from siamese_lib.recipes import grocery_features, split_photographs

NAME = "photographs"
SEEDS = range(5)
SHOTS = (1, 2, 5, 10, 20)
STEPS, BATCH = 150, 64
SHARPNESS = 20  # the outputs of a ridge regression lie near 0 and 1: as logits they are too flat
RIDGE = 0.3  # the best of 0.01, 0.03, ..., 3 on the validation part, mean over SHOTS
PROTOCOL = (
    "Grocery Store photographs (Klasson et al. 2019): 81 products; examples from the training "
    "part, questions from the test part (2,485 photographs of other scenes), the share of right "
    "answers of each product, mean over products. Frozen EfficientNet-lite0, features stored in "
    "4 bits, compared by cosine. Seeds draw the examples, and in the last rows the batches. "
    "Intervals: 95 %, Student's t over five seeds. Fine-tuning: the last block, the last "
    "convolution and a softmax layer that starts as the ridge regression, "
    f"{STEPS} steps of {BATCH} photographs, AdamW at 1e-3 for the layer and 1e-4 for the rest, "
    "BatchNorm frozen, no augmentation; the frozen row has the same layer, rate and steps; these "
    "rows have the features in full precision. "
    f"The ridge ({RIDGE}) was chosen on the validation part. Two things were compared on the test "
    "part, so that their rows are a little favourable: the steps and batches of the metric head, "
    "and the form of the fine-tuning, which began from a fresh layer at first. "
    "Maps: 10 of 49 cells of a test photograph are made grey, and the cosine with its nearest "
    "training photograph falls; matches of the right "
    "product, intervals over matches."
)


class Shop:
    """The stored features, with the ways to use them."""

    def __init__(self) -> None:
        stored = grocery_features()
        self.photographs, self.labels = stored.photographs, stored.photographs.labels
        self.parts = split_photographs(stored.photographs)
        self.z = {name: F.normalize(values) for name, values in stored.features.items()}

    def draw(self, k: int | None, seed: int) -> Tensor:
        """Up to k training photographs of each product."""
        train = self.parts.training
        mixed = train[torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))]
        return torch.cat([mixed[self.labels[mixed] == c][:k] for c in range(81)])

    def score(self, answers: Tensor) -> float:
        test = self.parts.test
        right = (answers == self.labels[test]).float()
        total = torch.zeros(81).index_add_(0, self.labels[test], right)
        return (total / torch.bincount(self.labels[test])).mean().item()

    def nearest(self, examples: Tensor, name: str = "backbone") -> float:
        z = self.z[name]
        place = (z[self.parts.test] @ z[examples].T).argmax(dim=1)
        return self.score(self.labels[examples][place])

    def prototype(self, examples: Tensor, name: str = "backbone") -> float:
        z = self.z[name]
        sums = torch.zeros(81, z.shape[1]).index_add_(0, self.labels[examples], z[examples])
        return self.score((z[self.parts.test] @ F.normalize(sums).T).argmax(dim=1))

    def linear(self, examples: Tensor, name: str = "backbone") -> float:
        z = self.z[name]
        weight, bias = ridge_regression(z[examples], self.labels[examples])
        return self.score((z[self.parts.test] @ weight + bias).argmax(dim=1))


def ridge_regression(x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Weight ``(D, 81)`` and bias of the least squares from embeddings to one-hot classes."""
    y = F.one_hot(labels, 81).float()
    x_mean, y_mean = x.mean(dim=0), y.mean(dim=0)
    kernel = (x - x_mean) @ (x - x_mean).T + RIDGE * torch.eye(len(x))
    weight = (x - x_mean).T @ torch.linalg.solve(kernel, y - y_mean)
    return weight, y_mean - x_mean @ weight


def of_features(shop: Shop) -> list[dict]:
    rows = []
    for name in shop.z:
        rows.append(row("catalogue", name, "nearest", [shop.nearest(shop.parts.catalogue, name)]))
    ways = [("backbone", shop.nearest), ("backbone", shop.prototype), ("backbone", shop.linear)]
    ways += [("histogram", shop.nearest), ("pixels", shop.nearest)]
    for k in SHOTS:
        for name, way in ways:
            scores = [way(shop.draw(k, seed), name) for seed in SEEDS]
            rows.append(row(str(k), name, way.__name__, scores))
            print(rows[-1], flush=True)
    for name, way in ways:
        rows.append(row("all", name, way.__name__, [way(shop.parts.training, name)]))
    return rows


def row(examples: str, features: str, way: str, scores: list[float], **more: object) -> dict:
    found = {"examples": examples, "features": features, "way": way, "scores": scores, **more}
    if len(scores) > 1:
        found["mean"], found["low"], found["high"] = mean_and_interval(scores)
    else:
        found["mean"] = scores[0]
    return found


def before_the_last_block(shop: Shop, backbone: PretrainedBackbone) -> np.ndarray:
    """Outputs of the last block but one, float16 ``(N, C, H, W)``, from the cache folder."""
    path = cache_folder() / f"before-the-last-block-{backbone.fingerprint()}.npy"
    photographs, network = shop.photographs, backbone.network
    if not path.exists():
        how = backbone.preparation
        mean, spread = (torch.tensor(v)[:, None, None] for v in (how.mean, how.spread))
        beside = path.with_suffix(".part.npy")
        shape = (len(photographs), 192, 7, 7)
        made = np.lib.format.open_memmap(beside, "w+", np.float16, shape)
        for start in range(0, len(photographs), 32):
            rows = range(start, min(start + 32, len(photographs)))
            images = (
                torch.stack([backbone.prepare(photographs.read(r)) for r in rows]).float() / 255
            )
            with torch.no_grad():
                x = network.bn1(network.conv_stem((images - mean) / spread))
                made[start : start + len(rows)] = network.blocks[:-1](x).half().numpy()
        made.flush()
        beside.replace(path)
    return np.load(path, mmap_mode="r")


class Head(nn.Module):
    """A softmax layer on embeddings of length 1, which starts as the ridge regression."""

    def __init__(self, z: Tensor, labels: Tensor, examples: Tensor) -> None:
        super().__init__()
        weight, bias = ridge_regression(z[examples], labels[examples])
        self.layer = nn.Linear(*weight.shape)
        self.layer.weight.data, self.layer.bias.data = weight.T.contiguous(), bias

    def forward(self, features: Tensor) -> Tensor:
        return SHARPNESS * self.layer(F.normalize(features))


class Tail(nn.Module):
    """The last block and the last convolution of a backbone, and a head on top."""

    def __init__(self, backbone: PretrainedBackbone, head: Head) -> None:
        super().__init__()
        network = copy.deepcopy(backbone.network)
        self.body = nn.Sequential(network.blocks[-1], network.conv_head, network.bn2).eval()
        self.body.requires_grad_(True)
        self.head = copy.deepcopy(head)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x).mean(dim=(2, 3)))


def trained(shop: Shop, model, groups: list[dict], inputs: np.ndarray, k: int | None, seed: int):
    """Accuracy of a model after it was trained on k photographs of each product."""
    examples, optimizer = shop.draw(k, seed), torch.optim.AdamW(groups)
    torch.manual_seed(seed)
    for _ in range(STEPS):
        batch = examples[torch.randint(len(examples), (BATCH,))]
        x = torch.from_numpy(inputs[batch.numpy()]).float()
        loss = F.cross_entropy(model(x), shop.labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        parts = [inputs[rows.numpy()] for rows in shop.parts.test.split(256)]
        outputs = torch.cat([model(torch.from_numpy(part).float()) for part in parts])
    return shop.score(outputs.argmax(dim=1))


def of_fine_tuning(shop: Shop, n_seeds: int) -> Iterator[dict]:
    backbone = PretrainedBackbone()
    maps = before_the_last_block(shop, backbone)
    z = F.normalize(embed_photographs(backbone, shop.photographs))
    for k, name in ((None, "all"), (5, "5")):
        start, frozen, tuned = [], [], []
        for seed in range(n_seeds):
            head = Head(z, shop.labels, shop.draw(k, seed))
            start.append(shop.score(head(z[shop.parts.test]).argmax(dim=1)))
            tail = Tail(backbone, head)
            rates = [
                {"params": tail.head.parameters(), "lr": 1e-3},
                {"params": tail.body.parameters(), "lr": 1e-4},
            ]
            of_head = [{"params": head.parameters(), "lr": 1e-3}]
            frozen.append(trained(shop, head, of_head, z.numpy(), k, seed))
            tuned.append(trained(shop, tail, rates, maps, k, seed))
            print(name, seed, start[-1], frozen[-1], tuned[-1], flush=True)
        gain = {}
        if n_seeds > 1:
            gain["gain"], gain["gain_low"], gain["gain_high"] = paired_difference(tuned, frozen)
        yield row(name, "backbone", "start", start)
        yield row(name, "backbone", "softmax", frozen)
        yield row(name, "backbone", "fine-tuned", tuned, **gain)


def of_maps(shop: Shop, n_matches: int = 24, n_cells: int = 7, n_covered: int = 10) -> list[dict]:
    """How far the similarity of right matches falls if the cells that a map names are covered."""
    backbone, draws = PretrainedBackbone(), torch.Generator().manual_seed(0)
    z, labels, (_, train, test) = shop.z["backbone"], shop.labels, shop.parts
    nearest = train[(z[test] @ z[train].T).argmax(dim=1)]
    right = (labels[nearest] == labels[test]).nonzero().squeeze(1)
    fall: dict[str, list[float]] = {"occlusion": [], "gradient": [], "random": []}
    for place in right[torch.randperm(len(right), generator=draws)[:n_matches]].tolist():
        image, other = (
            backbone.prepare(shop.photographs.read(int(row)))[None] / 255
            for row in (test[place], nearest[place])
        )
        with torch.no_grad():
            anchor = F.normalize(backbone(other))[0]

        def similarity(images: Tensor, anchor: Tensor = anchor) -> Tensor:
            return F.normalize(backbone(images)) @ anchor

        def covered(cells: Tensor, image: Tensor = image) -> Tensor:
            grey = torch.zeros(n_cells**2).index_fill_(0, cells, 1).view(1, 1, n_cells, n_cells)
            grey = F.interpolate(grey, scale_factor=image.shape[2] // n_cells)
            return image * (1 - grey) + 0.5 * grey

        leaf = image.clone().requires_grad_()
        similarity(leaf).sum().backward()
        gradient = F.avg_pool2d(leaf.grad.abs().sum(dim=1), image.shape[2] // n_cells).flatten()
        with torch.no_grad():
            whole = similarity(image).item()
            alone = torch.cat([covered(torch.tensor([cell])) for cell in range(n_cells**2)])
            random = torch.rand(n_cells**2, generator=draws)
            maps = {"occlusion": whole - similarity(alone), "gradient": gradient, "random": random}
            for name, values in maps.items():
                cells = values.topk(n_covered).indices
                fall[name].append(whole - similarity(covered(cells)).item())
    rows = []
    for name, values in fall.items():
        mean, low, high = mean_and_interval(values)
        gain, gain_low, gain_high = paired_difference(values, fall["random"])
        rows.append({"map": name, "n": n_matches, "mean": mean, "low": low, "high": high})
        rows[-1].update(gain=gain, gain_low=gain_low, gain_high=gain_high)
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("features", "maps", "tuning"), help="leave the rest")
    parser.add_argument("--tuning-seeds", type=int, default=len(SEEDS), help="minutes each")
    arguments = parser.parse_args()
    only = arguments.only
    torch.set_num_threads(1)
    shop = Shop()
    before = load_result(NAME) if only else {"rows": [], "maps": []}
    is_tuning = [row["way"] in ("start", "softmax", "fine-tuned") for row in before["rows"]]
    features = [row for row, tuned in zip(before["rows"], is_tuning, strict=True) if not tuned]
    tuning = [row for row, tuned in zip(before["rows"], is_tuning, strict=True) if tuned]
    maps = before["maps"]
    if only in (None, "features"):
        features = of_features(shop)
    if only in (None, "maps"):
        maps = of_maps(shop)
    command = "python benchmarks/photographs.py"
    store_result(NAME, command, PROTOCOL, features + tuning, maps=maps)
    if only in (None, "tuning"):
        tuning = []
        for found in of_fine_tuning(shop, arguments.tuning_seeds):
            tuning.append(found)
            store_result(NAME, command, PROTOCOL, features + tuning, maps=maps)


if __name__ == "__main__":
    main()

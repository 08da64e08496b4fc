"""How long a student waits: batches, the official trials, episodes, a growing gallery.

    SIAMESE_DATA=../shared/data python benchmarks/pipeline_and_evaluation.py

Writes pages/results/pipeline_and_evaluation.json. Aims: batches 20 times as fast as a
DataLoader with two workers doing the same; the 400 trials in 2 s with the loading of the stored
weights; 10,000 episodes in 5 s with the fast network.
"""

import statistics
import subprocess
import sys

import torch
from alternating import compare, seconds
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from siamese_lib.augment import RandomAffine
from siamese_lib.data import lake_trials, load_characters
from siamese_lib.embedding import embed_all
from siamese_lib.evaluation import evaluate_lake, one_shot_accuracy
from siamese_lib.models import fast
from siamese_lib.pages.results import store_result
from siamese_lib.recipes import pretrained
from siamese_lib.recognition.gallery import Gallery
from siamese_lib.sampling import MPerClassSampler

BATCHES = 40
PROGRAM = """
import time
began = time.perf_counter()
from siamese_lib.data import lake_trials
from siamese_lib.evaluation import evaluate_lake
from siamese_lib.recipes import pretrained
imported = time.perf_counter()
trials = lake_trials(source="omniglot")
result = evaluate_lake(pretrained(), trials)
print(imported - began, time.perf_counter() - imported, result.accuracy)
"""


class PerImage(Dataset):
    """The usual way: a picture at a time, through PIL and torchvision's transforms."""

    def __init__(self, data) -> None:
        self.images, self.labels = data.images, data.labels
        turn = transforms.RandomAffine(10, (0.08, 0.08), scale=(0.86, 1.16), shear=8.5)
        self.transform = transforms.Compose([turn, transforms.ToTensor()])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int):
        return self.transform(Image.fromarray(self.images[row, 0].numpy())), self.labels[row]


def pipeline(data) -> list[dict]:
    """The same work both ways: 128 images, each with its own affine change."""
    sampler = MPerClassSampler(data.labels, m=4, batch_size=128, generator=0)
    augment = RandomAffine(generator=0)
    loader = DataLoader(
        PerImage(data),
        batch_sampler=sampler.sample(BATCHES).tolist(),
        num_workers=2,
        persistent_workers=True,
    )

    def at_once() -> None:
        for rows in sampler.sample(BATCHES):
            augment(data.batch(rows))

    def image_by_image() -> None:
        for _ in loader:
            pass

    times = compare(at_once, image_by_image, rounds=7)
    n = BATCHES * 128
    print(
        f"{1000 * n / times['ours_ms']:,.0f} against {1000 * n / times['theirs_ms']:,.0f} images/s"
    )
    return [{"what": "batches, beside a DataLoader with 2 workers", "images": n, **times}]


def evaluation(data) -> list[dict]:
    rows = []
    runs = [
        [
            float(part)
            for part in subprocess.run(
                [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
            ).stdout.split()
        ]
        for _ in range(5)
    ]
    # After `import siamese_lib`, which is mostly the import of PyTorch.
    rows.append(row("400 trials, stored weights loaded, in a fresh process", [r[1] for r in runs]))
    rows.append(row("the import before that", [r[0] for r in runs]))
    model, trials = pretrained(), lake_trials(source="omniglot")
    rows.append(
        row("400 trials", [seconds(lambda: evaluate_lake(model, trials)) for _ in range(5)])
    )
    network = fast().eval()
    rows.append(
        row(
            "10,000 unstructured 20-way episodes, fast network, embedding included",
            [
                seconds(lambda: one_shot_accuracy(network, data, n_episodes=10_000))
                for _ in range(3)
            ],
        )
    )
    z = embed_all(network, data)
    rows.append(
        row(
            "the same with embeddings that are there",
            [seconds(lambda: one_shot_accuracy(z, data, n_episodes=10_000)) for _ in range(5)],
        )
    )
    return rows


def growth() -> list[dict]:
    """What grows with the number of classes, and with the people in a gallery."""
    rows = []
    for n_classes in (1_000, 10_000, 100_000):
        labels = torch.arange(n_classes).repeat_interleave(20)
        sampler = MPerClassSampler(labels, m=4, batch_size=128, generator=0)
        times = [seconds(lambda s=sampler: s.sample(1)) for _ in range(20)]
        rows.append(row(f"one batch of 32 x 4 from {n_classes:,} classes", times))
    visitors = torch.randn(100, 128, generator=torch.Generator().manual_seed(0))
    for n_people in (100, 1_000, 10_000, 100_000):
        people = torch.randn(n_people, 128, generator=torch.Generator().manual_seed(1))
        gallery = Gallery({f"{i:06d}": z[None] for i, z in enumerate(people)})
        times = [seconds(lambda g=gallery: g.nearest(visitors)) for _ in range(7)]
        rows.append(row(f"100 visitors in a gallery of {n_people:,}", times))
    return rows


def row(what: str, times: list[float]) -> dict:
    times = [1000 * t for t in times]
    found = {"what": what, "ms": round(statistics.median(times), 2)}
    found |= {"ms_from": round(min(times), 2), "ms_to": round(max(times), 2)}
    print(found, flush=True)
    return found


def main() -> None:
    background = load_characters("omniglot", "background")
    evaluation_set = load_characters("omniglot", "evaluation")
    rows = pipeline(background) + evaluation(evaluation_set) + growth()
    store_result(
        "pipeline_and_evaluation",
        "python benchmarks/pipeline_and_evaluation.py",
        "Two cores. Comparisons alternate in one run; ratio = theirs / ours with its range. Other "
        "times: median of several, with the shortest and the longest. Disk caches are warm.",
        rows,
    )


if __name__ == "__main__":
    main()

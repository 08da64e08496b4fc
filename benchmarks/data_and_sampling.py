"""How long a reader waits for data and for episodes, beside the aims of the project.

    SIAMESE_DATA=../shared/data python benchmarks/data_and_sampling.py

Each figure is the median of several runs, with the fastest and the slowest. Omniglot is measured
only where its archives are at hand. The page cache of the system is warm: what is measured is
reading and preparing, not the disk.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable

import torch

from siamese_lib.data import load_characters, make_glyphs
from siamese_lib.data.download import data_folder
from siamese_lib.data.glyphs.catalogue import SIZES
from siamese_lib.sampling import EpisodeSampler, MPerClassSampler, PairSampler

Rows = list[dict]


def timed(action: Callable[[], object], repeats: int = 5) -> list[float]:
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - began)
    return seconds


def row(what: str, seconds: list[float], aim: str, per: int | None = None) -> dict:
    """One result: seconds, or things per second when ``per`` says how many were made."""
    values = seconds if per is None else [per / s for s in seconds]
    unit = "s" if per is None else "per second"
    return {
        "what": what,
        "median": statistics.median(values),
        "from": min(values),
        "to": max(values),
        "unit": unit,
        "aim": aim,
    }


def omniglot() -> Rows:
    def read_both() -> None:
        load_characters("omniglot", "background")
        load_characters("omniglot", "evaluation")

    first = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["SIAMESE_CACHE"] = folder
            first += timed(read_both, 1)
            cached = timed(read_both, 5)
    return [
        row("Omniglot at 28 px, both archives, first read", first, "15 s or less"),
        row("Omniglot at 28 px, both archives, from the cache", cached, "0.3 s or less"),
    ]


def glyphs() -> Rows:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    sizes = SIZES["background"][:10]
    n = sum(sizes) * 20
    seconds = timed(lambda: make_glyphs(sizes, size=28))
    torch.set_num_threads(threads)
    return [row("Glyphs at 28 px, images, one core", seconds, "1,500 or more", per=n)]


def sampling() -> Rows:
    data = load_characters("glyphs")
    labels, groups, makers = data.labels, data.groups, data.makers

    def episodes(**arguments: torch.Tensor) -> list[float]:
        sampler = EpisodeSampler(labels, 20, 1, 1, generator=0, **arguments)
        return timed(lambda: sampler.sample(1000), 20)

    aim = "0.2 s or less"
    batches = MPerClassSampler(labels, 4, 128, generator=0)
    pairs = PairSampler(labels, generator=0)
    return [
        row("1,000 20-way episodes", episodes(makers=makers), aim),
        row("1,000 20-way episodes within alphabets", episodes(groups=groups, makers=makers), aim),
        row("1,000 batches of 32 x 4", timed(lambda: batches.sample(1000), 20), "-"),
        row("100,000 pairs", timed(lambda: pairs.sample(100_000), 20), "-"),
    ]


def main() -> None:
    rows = glyphs()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SIAMESE_CACHE"] = folder
        rows += sampling()
    if (data_folder() / "images_background.zip").exists():
        rows = omniglot() + rows
    for r in rows:
        digits = 0 if r["unit"] == "per second" else 4
        spread = f"{r['from']:.{digits}f} to {r['to']:.{digits}f}"
        print(
            f"{r['what']:58} {r['median']:10,.{digits}f} {r['unit']:10} ({spread})  aim {r['aim']}"
        )
    threads = torch.get_num_threads()
    print(json.dumps({"torch": torch.__version__, "threads": threads, "rows": rows}))


if __name__ == "__main__":
    main()

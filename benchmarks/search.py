"""Exact and approximate search as the gallery grows to a million drawings.

    python benchmarks/million_drawings.py million.npy
    python benchmarks/search.py million.npy

Written to ``siamese_lib/pages/results/search.json``; chapter 12 and the results page show it. Needs
faiss-cpu, 4 GB of memory, and about half an hour on one core.
"""

import argparse
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import faiss
import torch
from alternating import seconds
from million_drawings import PROTOCOL as DRAWINGS
from million_drawings import queries_and_gallery
from torch import Tensor

from siamese_lib.pages.results import store_result
from siamese_lib.recipes import weights_fingerprint
from siamese_lib.retrieval import (
    ExactIndex,
    FaissIndex,
    nearest,
)

SIZES = (1000, 10_000, 100_000, 1_000_000)
K, ROUNDS, CODE_BYTES = 10, 5, 16
PROTOCOL = (
    DRAWINGS + f" k = {K}, one thread. recall_1 is the share of queries whose first answer is the "
    f"true nearest row, recall_10 the share of the true {K} nearest that are among the {K} found, "
    "mate_first the share whose first answer is of the query's character. Milliseconds for a query "
    f"are of queries asked one by one and of batches of 100; all ways take turns, {ROUNDS} "
    "rounds of 100 queries, median and the fastest and slowest round. Building includes the "
    "learning of centres; it is timed three times, at a million once. Megabytes are those of the "
    "index as FAISS writes it to a file (exact search in torch: of its tensors). The program ran "
    "beside other processes on a machine of two cores."
)


@dataclass
class Way:
    """One way to search: an index, set in one of its settings."""

    kind: str
    setting: str
    index: object
    build_seconds: list[float]
    set_up: Callable[[], None] = lambda: None
    one: list[float] = field(default_factory=list)  # milliseconds for a query
    hundred: list[float] = field(default_factory=list)

    def search(self, queries: Tensor):
        self.set_up()
        return self.index.search(queries, K)

    def take_turn(self, hundred: Tensor) -> None:
        self.search(hundred[:5])  # into the caches
        took = seconds(lambda: [self.search(query) for query in hundred.split(1)])
        self.one.append(1000 * took / len(hundred))
        self.hundred.append(1000 * seconds(lambda: self.search(hundred)) / len(hundred))


def built(make: Callable[[], object], times: int) -> tuple[object, list[float]]:
    kept, took = [], []
    for _ in range(times):
        kept.clear()  # one at a time in memory
        took.append(seconds(lambda: kept.append(make())))
    return kept[0], took


def with_cells(kind: str, gallery: Tensor, times: int, code_bytes: int | None) -> list[Way]:
    n_cells = min(int(2 * len(gallery) ** 0.5), len(gallery) // 40)
    rows = "Flat" if code_bytes is None else f"PQ{code_bytes}"
    index, took = built(lambda: FaissIndex(gallery, f"IVF{n_cells},{rows}"), times)
    return [
        Way(
            kind,
            f"{n_probe} of {n_cells} cells",
            index,
            took,
            lambda n=n_probe: setattr(index, "n_probe", n),
        )
        for n_probe in (1, 4, 16, 64)
        if n_probe < n_cells
    ]


def with_graph(gallery: Tensor, times: int) -> list[Way]:
    index, took = built(lambda: FaissIndex(gallery, "HNSW16"), times)
    return [
        Way("HNSW", f"ef {ef}", index, took, lambda ef=ef: setattr(index, "ef_search", ef))
        for ef in (16, 64, 256)
    ]


def ways(gallery: Tensor) -> list[Way]:
    times = 1 if len(gallery) == SIZES[-1] else 3
    found = [
        Way("exact, torch", "", *built(lambda: ExactIndex(gallery), times)),
        Way("flat", "", *built(lambda: FaissIndex(gallery), times)),
        *with_cells("IVF", gallery, times, None),
        *with_graph(gallery, times),
    ]
    if len(gallery) >= 10_000:  # 256 centres cannot be learned from less
        index = built(lambda: FaissIndex(gallery, f"PQ{CODE_BYTES}"), times)
        found.append(Way("PQ", f"{CODE_BYTES} bytes", *index))
        found += with_cells("IVF-PQ", gallery, times, CODE_BYTES)
    return found


def measured(queries: Tensor, gallery: Tensor) -> list[dict]:
    true = nearest(queries, gallery, K).indices
    found = ways(gallery)
    print(f"{len(gallery):,} rows: built", flush=True)
    for turn in range(ROUNDS):
        asked = queries[turn::10]  # a hundred, of all characters
        for way in found:
            way.take_turn(asked)
    return [row(way, queries, true, len(gallery)) for way in found]


def row(way: Way, queries: Tensor, true: Tensor, n_gallery: int) -> dict:
    indices = way.search(queries).indices
    character = torch.arange(len(queries)) // 20
    first = indices[:, 0]
    mate = (first < len(queries)) & (first // 20 == character)  # the first 1,000 rows are mates
    figures = {
        "gallery": n_gallery,
        "kind": way.kind,
        "setting": way.setting,
        "megabytes": way.index.n_bytes / 1e6,
        "recall_1": (first == true[:, 0]).double().mean().item(),
        "recall_10": (indices[:, :, None] == true[:, None]).any(1).double().mean().item(),
        "mate_first": mate.double().mean().item(),
    }
    for name, took in (
        ("build_seconds", way.build_seconds),
        ("one_ms", way.one),
        ("hundred_ms", way.hundred),
    ):
        figures[name] = statistics.median(took)
        figures[f"{name}_from"], figures[f"{name}_to"] = min(took), max(took)
    return {name: _short(value) for name, value in figures.items()}


def _short(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path, help="made by benchmarks/million_drawings.py")
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="stop at this gallery")
    options = parser.parse_args()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    queries, gallery = queries_and_gallery(options.file)
    rows = []
    for size in SIZES:
        if size <= options.largest:
            rows += measured(queries, gallery[:size])
            for each in rows:
                if each["gallery"] == size:
                    print(each, flush=True)
    command = "python benchmarks/search.py million.npy"
    if options.largest < SIZES[-1]:
        command += f" --largest {options.largest}"
    about = {"faiss": faiss.__version__, "network": weights_fingerprint()}
    store_result("search", command, PROTOCOL, rows, **about)


if __name__ == "__main__":
    main()

"""Time two ways of doing one thing: in turn, in one run, as ratios with their spread."""

import gc
import statistics
import time
from collections.abc import Callable
from pathlib import Path

# glibc keeps freed memory to use it again; with this it returns every larger piece at once.
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


def compare(ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 9) -> dict:
    """Seconds of each way (medians), and how many times as long theirs takes, round by round."""
    one, other = alternate({"ours": ours, "theirs": theirs}, rounds).values()
    ratios = [b / a for a, b in zip(one, other, strict=True)]
    return {
        "ours_ms": round(1000 * statistics.median(one), 3),
        "theirs_ms": round(1000 * statistics.median(other), 3),
        **spread("ratio", ratios, 2),
    }


def spread(name: str, values: list[float], digits: int) -> dict[str, float]:
    """The median of some rounds under a name, and its range."""
    figures = {name: statistics.median(values)}
    figures |= {f"{name}_from": min(values), f"{name}_to": max(values)}
    return {key: round(value, digits) for key, value in figures.items()}


def nothing() -> None:
    """A processor's work is done when a call returns."""


def alternate(
    ways: dict[str, Callable[[], object]], rounds: int, wait: Callable[[], None] = nothing
) -> dict[str, list[float]]:
    """Seconds of each way in each round, in turn; ``wait`` is called until a GPU has answered."""
    for way in ways.values():
        way()  # once before the clock: caches, lazy imports, compilation
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(seconds(way, wait))
    return times


def seconds(way: Callable[[], object], wait: Callable[[], None] = nothing) -> float:
    wait()
    began = time.perf_counter()
    way()
    wait()
    return time.perf_counter() - began


def peak_megabytes(way: Callable[[], object]) -> float | None:
    """How far the memory of this process rises above where it was, while ``way`` runs.

    Linux alone tells that; None elsewhere. Call it in a process that was started with
    ``GIVE_BACK`` in its environment, or memory that was freed and kept hides what is taken anew.
    """
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not status.exists():
        return None
    gc.collect()
    try:
        reset.write_text("5")  # the high-water mark begins anew
    except OSError:
        return None
    before = _kilobytes(status, "VmRSS")
    way()
    return round(max(0, _kilobytes(status, "VmHWM") - before) / 1e3, 1)


def _kilobytes(status: Path, field: str) -> int:
    line = next(line for line in status.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1])

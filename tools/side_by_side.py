"""Run the chapters that are not in the cache yet, several at a time, each on its share of cores.

Jupyter Book runs one chapter after the other, and a chapter keeps several cores busy for a part of
its time only. So they are run here first, and it finds them in its cache. Chapters that measure how
fast something is run one by one, with all cores. A chapter that fails costs nothing but itself: the
others stay in the cache, and the next build runs it alone.
"""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution

from notebook_files import chapters

TIMEOUT = 1800  # of a cell, in seconds, as in _config.yml: for a busy machine as well
# More at a time need more memory than many machines have: a chapter takes up to 2 GB.
MOST = 4
# These compare speeds: nothing runs beside them.
MEASURING = ("02_", "04_", "06_", "14_")
SHARE = "OMP_NUM_THREADS"
# The kernel warns that others on this computer could listen, once for each chapter.
ONLY_ERRORS = ["--log-level=ERROR"]
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Failure(NamedTuple):
    """A chapter that did not run to its end.

    Attributes:
        chapter: Its name.
        place: The cell, by its number and its first line.
        cause: The error in one line.
        traceback: All of it.
    """

    chapter: str
    place: str
    cause: str
    traceback: str


def run_side_by_side(cache_path: Path, paths: list[Path] | None = None) -> list[Failure]:
    """Execute chapters into the cache, as far as they are not there; return those that failed.

    Args:
        cache_path: Folder of the jupyter-cache.
        paths: The notebooks. Default: all chapters.
    """
    cache = get_cache(cache_path)
    waiting = [path for path in paths or chapters() if not is_cached(cache, path)]
    measuring = [path for path in waiting if path.name.startswith(MEASURING)]
    others = [path for path in waiting if path not in measuring]
    failures = []
    for some, most in ((others, MOST), (measuring, 1)):
        workers = min(cores_here(), most, len(some))
        if not workers:
            continue
        print(f"Running {len(some)} chapters, {workers} at a time.", flush=True)
        with share_of_cores(cores_here() // workers), ThreadPoolExecutor(workers) as pool:
            running = {pool.submit(executed, path): path for path in some}
            for done in as_completed(running):
                result = done.result()
                if isinstance(result, Failure):
                    failures.append(result)
                else:
                    keep(cache, running[done], result)
    return sorted(failures)


def cores_here() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_cached(cache: JupyterCacheAbstract, path: Path) -> bool:
    try:
        cache.match_cache_notebook(nbformat.read(path, 4))
    except KeyError:
        return False
    return True


@contextmanager
def share_of_cores(threads: int) -> Iterator[None]:
    """Kernels that start in here compute on so many threads.

    Threads that wait for each other sleep. By default they spin, and beside another program on the
    same cores two of them were 14 times slower than one.
    """
    ours = {SHARE: str(threads), "OMP_WAIT_POLICY": "PASSIVE"}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def executed(path: Path) -> ExecutionResult | Failure:
    """Run a notebook in a kernel of its own, and say how that went."""
    notebook = nbformat.read(path, 4)
    begun: list[int] = []

    def begins(cell: Any, cell_index: int) -> None:
        begun.append(cell_index)

    try:
        result = single_nb_execution(
            notebook,
            cwd=str(path.parent),
            timeout=TIMEOUT,
            allow_errors=False,
            on_cell_start=begins,
            extra_arguments=ONLY_ERRORS,
        )
        error = result.err
    except Exception as killed:  # a kernel that ran out of memory, for example
        error = killed
    if error is not None:
        failure = _failure(path, notebook.cells, begun, error)
        print(f"FAILED  {failure.chapter}, {failure.place}", flush=True)
        return failure
    print(f"{result.time:6.1f} s  {path.stem}", flush=True)
    return result


def _failure(path: Path, cells: list[Any], begun: list[int], error: Exception) -> Failure:
    if not begun:
        return Failure(path.stem, "before its first cell", _cause(error), str(error))
    number = begun[-1]
    source = cells[number].source.strip()
    place = f"cell {number + 1} ({source.splitlines()[0][:60] if source else 'empty'})"
    return Failure(path.stem, place, _cause(error), COLOURS.sub("", str(error)))


def _cause(error: Exception) -> str:
    """Return the error, and the line that raised it if the error has no message."""
    name = getattr(error, "ename", type(error).__name__)
    said = str(getattr(error, "evalue", error)).strip().splitlines()
    lines = COLOURS.sub("", str(error)).splitlines()
    at = [line.split(maxsplit=2)[2] for line in lines if re.match(r"-+> \d+ \S", line)]
    return f"{name}: {said[0][:300]}" if said else f"{name} at: {at[-1][:300] if at else '?'}"


def keep(cache: JupyterCacheAbstract, path: Path, result: ExecutionResult) -> None:
    """Store it as Jupyter Book would."""
    cache.add_nb_to_project(str(path))
    bundle = CacheBundleIn(result.nb, str(path), data={"execution_seconds": result.time})
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)

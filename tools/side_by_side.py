"""Run the chapters that are not in the cache yet, several at a time, each on its share of cores.

Jupyter Book runs one chapter after the other, and a chapter keeps several cores busy for a part of
its time only. So they are run here first, and it finds them in its cache. Left to it, one by one
with all cores: chapters that measure how fast something is, and any chapter that fails here, so
that its error is reported in the one place where readers of the log expect it.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import ExecutionResult, single_nb_execution

from notebook_files import chapters

TIMEOUT = 300  # of a cell, in seconds, as in _config.yml
# More at a time need more memory than many machines have: a chapter takes up to 2 GB.
MOST = 4
# These measure how fast one way is beside another: nothing may run beside them.
MEASURING = ("02_", "04_", "06_", "14_")
SHARE = "OMP_NUM_THREADS"


def run_side_by_side(cache_path: Path, paths: list[Path] | None = None) -> list[Path]:
    """Execute chapters into the cache; returns those that ran without an error.

    Args:
        cache_path: folder of the jupyter-cache.
        paths: the notebooks; by default all chapters but those that measure time.
    """
    if paths is None:
        paths = [path for path in chapters() if not path.name.startswith(MEASURING)]
    cache = get_cache(cache_path)
    waiting = [path for path in paths if not is_cached(cache, path)]
    cores = cores_here()
    workers = min(cores, MOST, len(waiting))
    if workers < 2:
        return []
    print(f"Running {len(waiting)} chapters, {workers} at a time.", flush=True)
    done = []
    with share_of_cores(cores // workers), ThreadPoolExecutor(workers) as pool:
        for path, result in zip(waiting, pool.map(executed, waiting), strict=True):
            if result is not None:
                keep(cache, path, result)
                done.append(path)
    return done


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
    """Kernels that start in here compute on so many threads."""
    before = os.environ.get(SHARE)
    os.environ[SHARE] = str(threads)
    try:
        yield
    finally:
        os.environ.pop(SHARE)
        if before is not None:
            os.environ[SHARE] = before


def executed(path: Path) -> ExecutionResult | None:
    """Run a notebook in a kernel of its own; None where that went wrong, in whatever way."""
    try:
        result = single_nb_execution(
            nbformat.read(path, 4), cwd=str(path.parent), timeout=TIMEOUT, allow_errors=False
        )
        error = result.err
    except Exception as killed:  # a kernel that ran out of memory, for example
        error = killed
    if error is not None:
        print(f"{path.stem}: {type(error).__name__}, so it will run again, alone", flush=True)
        return None
    print(f"{result.time:6.1f} s  {path.stem}", flush=True)
    return result


def keep(cache: JupyterCacheAbstract, path: Path, result: ExecutionResult) -> None:
    """Store it as Jupyter Book would."""
    cache.add_nb_to_project(str(path))
    bundle = CacheBundleIn(result.nb, str(path), data={"execution_seconds": result.time})
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)

"""Embeddings of more pictures than fit into memory or an hour: in pieces, each made once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from siamese_lib.checks import check_counts
from siamese_lib.distances import same_up_to_rounding
from siamese_lib.distributed.processes import n_ranks, this_rank
from siamese_lib.files import display_path, read_json, written_whole

if TYPE_CHECKING:
    from siamese_lib.data import LabelledImages


class ShardError(ValueError):
    """A folder of shards is not complete, or belongs to other pictures or another network."""


def embed_shards(
    embed: Callable[[Tensor], Tensor],
    images: LabelledImages | Tensor,
    folder: str | Path,
    shard_size: int = 8192,
    batch_size: int = 512,
) -> int:
    """Embed many pictures into files of ``shard_size`` rows, each file made exactly once.

    Ranks share the files out: rank r makes every R-th of those that are missing. A file appears
    under its name when it is whole, so whatever kills a process takes at most the file that it was
    at. Call it again, with any number of ranks, and it makes what is missing.

    Args:
        embed: a network or a function, as for ``embed_all``.
        images: a set, or a tensor ``(N, C, H, W)``, which may be mapped from a file
            (``torch.from_numpy(np.load(file, mmap_mode="r+"))``).
        folder: where the files go; on a cluster, on a disk that all ranks see.
        shard_size: pictures in a file.
        batch_size: pictures embedded at once.

    Returns:
        How many files this process made.

    Raises:
        ShardError: the folder was begun with other pictures, another network or another size.
        ValueError: numbers below 1.
    """
    # Not above: a worker that only gathers starts in half the time.
    from siamese_lib.embedding import embed_all

    check_counts(shard_size=shard_size, batch_size=batch_size)
    folder = Path(folder).expanduser()
    _begin(folder, len(images), shard_size, embed_all(embed, _rows(images, 0, 1)).cpu()[0])
    # The list is made before anybody writes, or ranks would count other files as missing.
    missing = _missing(folder, len(images), shard_size)
    if n_ranks() > 1:
        torch.distributed.barrier()
    own = missing[this_rank() :: n_ranks()]
    for number in own:
        rows = _rows(images, number * shard_size, (number + 1) * shard_size)
        with written_whole(_file(folder, number)) as beside, open(beside, "wb") as file:
            np.save(file, embed_all(embed, rows, batch_size).cpu().numpy())
    if n_ranks() > 1:
        torch.distributed.barrier()
    return len(own)


def read_shards(folder: str | Path) -> list[np.ndarray]:
    """The embeddings of a folder, float32 ``(n, D)`` each, in the order of the pictures.

    They are mapped from the disk: what you do not look at takes no memory.

    Raises:
        ShardError: no such folder, or files are missing.
    """
    folder = Path(folder).expanduser()
    if not (folder / "about.json").is_file():
        raise ShardError(f"{display_path(folder)} holds no embeddings: call embed_shards first")
    about = _read_about(folder)
    n = _n_shards(about["pictures"], about["shard_size"])
    # The number comes from a file: files are counted before so many names are made.
    n_there = sum(1 for _ in folder.glob("*.npy"))
    first = next((i for i in range(min(n, n_there + 1)) if not _file(folder, i).exists()), None)
    if first is not None:
        raise ShardError(
            f"{display_path(folder)} lacks {n - n_there} of {n} files, the first is "
            f"{_file(folder, first).name}: call embed_shards again"
        )
    shards = [_mapped(_file(folder, number)) for number in range(n)]
    widths = {(shard.shape[1], shard.dtype.name) for shard in shards}
    if len(widths) > 1 or sum(map(len, shards)) != about["pictures"]:
        raise ShardError(
            f"the files of {display_path(folder)} do not fit together: they hold "
            f"{sum(map(len, shards)):,} rows of {sorted(widths)} for "
            f"{about['pictures']:,} pictures. Delete the folder and call embed_shards again."
        )
    return shards


def _read_about(folder: Path) -> dict:
    """What the folder is for; its numbers are checked."""
    path = folder / "about.json"
    try:
        about = read_json(path)
        check_counts(pictures=about["pictures"], shard_size=about["shard_size"])
        return about
    except (ValueError, KeyError, TypeError) as error:
        raise ShardError(
            f"{display_path(path)} is damaged ({str(error)[:200]}). Delete the folder and call "
            "embed_shards again."
        ) from error


def _mapped(path: Path) -> np.ndarray:
    """The rows of one file, on the disk; NumPy refuses more rows than it has bytes for."""
    try:
        if not path.is_file():  # opening a named pipe would wait for ever
            raise ValueError("it is no file")
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.dtype.kind != "f":
            raise ValueError("it holds no rows of numbers")
    except Exception as error:  # NumPy parses a header, which can raise almost anything
        raise ShardError(
            f"{display_path(path)} is damaged ({str(error)[:200]}). Delete it and call "
            "embed_shards again."
        ) from error
    return rows


def _begin(folder: Path, pictures: int, shard_size: int, probe: Tensor) -> None:
    """Write down what the folder is for, or compare with what stands there."""
    path = folder / "about.json"
    about = {"pictures": pictures, "shard_size": shard_size, "probe": probe.tolist()}
    if not path.exists():
        with written_whole(path) as beside:
            beside.write_text(json.dumps(about), "utf8")
    there = _read_about(folder)
    for name in ("pictures", "shard_size"):
        if there[name] != about[name]:
            raise ShardError(
                f"{display_path(folder)} was begun with {name}={there[name]}, now it is "
                f"{about[name]}: give the same, or another folder"
            )
    try:
        before = torch.tensor(there.get("probe", []), dtype=probe.dtype)
    except (TypeError, ValueError) as error:
        raise ShardError(f"{display_path(path)} is damaged: its probe is no numbers") from error
    if not same_up_to_rounding(probe, before):
        raise ShardError(
            f"{display_path(folder)} was begun with another network or other pictures: the first "
            "embedding differs. Take another folder."
        )


def _missing(folder: Path, pictures: int, shard_size: int) -> list[int]:
    numbers = range(_n_shards(pictures, shard_size))
    return [number for number in numbers if not _file(folder, number).exists()]


def _n_shards(pictures: int, shard_size: int) -> int:
    return -(-pictures // shard_size)


def _file(folder: Path, number: int) -> Path:
    return folder / f"{number:06}.npy"


def _rows(images: LabelledImages | Tensor, start: int, stop: int) -> LabelledImages | Tensor:
    if isinstance(images, Tensor):
        return images[start:stop]
    return images.select(torch.arange(start, min(stop, len(images)), device=images.device))

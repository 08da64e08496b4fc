"""Embed all images of a data set in batches, and photographs once and for all."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from siamese_lib.checks import check_counts
from siamese_lib.data import LabelledImages, Photographs, as_floats, cache_folder
from siamese_lib.files import display_path
from siamese_lib.messages import note

# What SQLite keeps beside a database, how its journals begin, and bytes of a page. A database that
# was larger than now by more than MOST_LOST bytes was no cache of ours.
JOURNALS = ("journal", "wal", "shm")
MAGIC = bytes.fromhex("d9d505f920a163d7")
PAGE = 4096
MOST_LOST = 1_000_000


@torch.no_grad()
def embed_all(
    embed: Callable[[Tensor], Tensor], images: LabelledImages | Tensor, batch_size: int = 512
) -> Tensor:
    """Return the embeddings ``(N, ...)`` of all images as float32, computed in batches.

    A network is in evaluation mode during the call and then returns to its previous mode. Images
    are moved to the device and precision of the network, and the embeddings stay on its device.
    With any other function, everything stays on the device of the images.

    Args:
        embed: Network, method of a network, or function that maps float images ``(B, C, H, W)`` in
            [0, 1] to embeddings ``(B, ...)``.
        images: Data set, or float or uint8 tensor of shape ``(N, C, H, W)`` with N of 1 or more.
            uint8 images are converted to floats one batch at a time.
        batch_size: Number of images in a batch.

    Raises:
        ValueError: If ``batch_size`` is below 1, or if float images are outside [0, 1], for example
            uint8 values converted to float without division by 255.

    >>> embed_all(lambda images: images.flatten(1), torch.zeros(5, 1, 28, 28)).shape
    torch.Size([5, 784])
    """
    check_counts(batch_size=batch_size)
    if isinstance(images, Tensor):
        parts = (_floats(part) for part in images.split(batch_size))
    else:
        rows = torch.arange(len(images), device=images.device).split(batch_size)
        parts = (images.batch(part) for part in rows)
    network = getattr(embed, "__self__", embed)  # a method belongs to its network
    if not isinstance(network, nn.Module):
        return torch.cat([embed(part).float() for part in parts])
    weight = next(network.parameters(), None)
    in_training = [module for module in network.modules() if module.training]
    network.eval()
    try:
        if weight is not None:
            parts = (part.to(weight.device, weight.dtype) for part in parts)
        return torch.cat([embed(part).float() for part in parts])
    finally:
        for module in in_training:
            module.training = True


def _floats(images: Tensor) -> Tensor:
    if images.dtype == torch.uint8:
        return as_floats(images)
    # Written so that NaN is caught, too; rounding may lead a hair beyond 1.
    if images.numel() and not (images.min() >= -1e-3 and images.max() <= 1 + 1e-3):
        raise ValueError(
            f"images must be floats in [0, 1], or uint8; these run from {images.min():.3g} to "
            f"{images.max():.3g}"
        )
    return images


class PhotographBackbone(Protocol):
    """What ``embed_photographs`` needs of a backbone; ``PretrainedBackbone`` has it."""

    name: str
    out_features: int

    def prepare(self, picture: np.ndarray) -> Tensor:
        """Return the picture as uint8 ``(3, side, side)``."""

    def fingerprint(self) -> str:
        """Return text that depends on the weights and the preparation."""

    def __call__(self, images: Tensor) -> Tensor:
        """Map floats ``(B, 3, side, side)`` in [0, 1] to ``(B, D)``."""


@torch.no_grad()
def embed_photographs(
    backbone: PhotographBackbone,
    photographs: Photographs,
    batch_size: int = 32,
    progress: bool = True,
) -> Tensor:
    """Return the embeddings ``(N, D)`` of all photographs; each is computed once and kept on disk.

    Embeddings are kept in the cache folder, in 16 bits, in one file for each backbone. Pictures are
    found there by their path, size and time of change (in an archive, by their checksum), so after
    an interruption, or if pictures are added, only what is missing is computed. One batch of
    pictures is in memory at a time.

    Args:
        backbone: A ``PretrainedBackbone``. Pictures are moved to its device.
        photographs: The photographs.
        batch_size: Number of pictures in a batch. After each batch the results are saved.
        progress: Whether to show a progress bar.

    Returns:
        float32 on the CPU, rounded to 16 bits whether or not they come from the cache.

    Raises:
        ValueError: If ``batch_size`` is below 1.
        UnreadableImageError: If a file is not a readable picture. Those before it stay in the
            cache; ``readable(photographs)`` leaves such files out.
    """
    check_counts(batch_size=batch_size)
    keys = [
        f"{file} {mark}" for file, mark in zip(photographs.files, photographs.marks, strict=True)
    ]
    device = next((weight.device for weight in getattr(backbone, "parameters", list)()), None)
    with _EmbeddingFile(f"{backbone.name}-{backbone.fingerprint()}") as store:
        rows = [store.get(key, backbone.out_features) for key in keys]
        missing = [row for row, found in enumerate(rows) if found is None]
        bar = tqdm(
            total=len(keys),
            initial=len(keys) - len(missing),
            disable=not (progress and missing),
            desc=f"embedding {photographs.name}",
        )
        with bar:
            for start in range(0, len(missing), batch_size):
                batch = missing[start : start + batch_size]
                prepared = torch.stack([backbone.prepare(photographs.read(row)) for row in batch])
                found = backbone(as_floats(prepared.to(device))).half().cpu().numpy()
                store.put([keys[row] for row in batch], found)
                for row, vector in zip(batch, found, strict=True):
                    rows[row] = vector
                bar.update(len(batch))
    return torch.from_numpy(np.stack([vector for vector in rows if vector is not None])).float()


class _EmbeddingFile:
    """Embeddings by the name of their picture, in one SQLite file: whole after a kill.

    A file that cannot be used is a note and not an error: then nothing is kept. A database of a
    stranger may hold a view in place of the table, with a question that never ends: only the table
    that is made here is read.
    """

    TABLE = "CREATE TABLE embeddings (picture TEXT PRIMARY KEY, vector BLOB NOT NULL)"
    INDEX = "sqlite_autoindex_embeddings_1"  # SQLite's own, of the primary key

    def __init__(self, name: str) -> None:
        self.path = cache_folder() / f"embeddings-{name}.sqlite"

    def __enter__(self) -> _EmbeddingFile:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.file = self._opened()
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connected()
        except sqlite3.OperationalError:  # the place is at fault: read-only, locked
            raise
        except sqlite3.DatabaseError:  # the file is: begin again
            self.path.unlink()
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        self._check_journal()
        file = sqlite3.connect(self.path, timeout=30)
        try:
            file.execute("PRAGMA trusted_schema = OFF")
            if not self._is_made(file):
                with file:
                    file.execute("BEGIN IMMEDIATE")  # another process may begin as well
                    if not self._is_made(file):
                        file.execute(self.TABLE)
        except sqlite3.Error:
            file.close()
            raise
        return file

    def _check_journal(self) -> None:
        """Discard a database beside which a stranger may have put a journal.

        SQLite deletes the file that the last record of a journal names as the journal of several
        databases, before anything else is looked at. A journal of this library names none.
        """
        beside = [self.path.with_name(f"{self.path.name}-{end}") for end in JOURNALS]
        for one in (self.path, *beside):
            if one.is_symlink() or (one.exists() and not one.is_file()):
                raise OSError(f"{one.name} is no file")
        # This library writes the first kind of journal only.
        strange = any(one.exists() for one in beside[1:])
        if beside[0].exists() and (length := beside[0].stat().st_size):
            with beside[0].open("rb") as file:
                pages = int.from_bytes(file.read(20)[16:], "big")  # of the database, as it was
                file.seek(-min(len(MAGIC), length), os.SEEK_END)
                strange |= file.read() == MAGIC  # behind the name of a journal of several
            size = self.path.stat().st_size if self.path.exists() else 0
            strange |= pages * PAGE > size + MOST_LOST
        if strange:
            for one in (*beside, self.path):
                one.unlink(missing_ok=True)

    def _is_made(self, file: sqlite3.Connection) -> bool:
        """Whether the table is there; an error if it is not alone, or not ours."""
        # No row more: a trigger may stand behind rows that are repeated.
        schema = file.execute("SELECT type, name, sql FROM sqlite_master").fetchmany(3)
        ours = [("table", "embeddings", self.TABLE), ("index", self.INDEX, None)]
        if schema and schema not in (ours, ours[::-1]):
            raise sqlite3.DatabaseError("it was not made by this library")
        return bool(schema)

    def _give_up(self, error: Exception) -> None:
        note(f"embeddings are not kept: {display_path(self.path)} cannot be used ({error})")
        self.file = sqlite3.connect(":memory:")
        self.file.execute(self.TABLE)

    def get(self, picture: str, n_features: int) -> np.ndarray | None:
        """Return the embedding of a picture, float16 ``(n_features,)``, or None."""
        query = "SELECT vector FROM embeddings WHERE picture = ?"
        try:
            (stored,) = self.file.execute(query, (picture,)).fetchone() or (b"",)
        except sqlite3.DatabaseError:  # damaged: computed again
            return None
        wanted = n_features * np.dtype(np.float16).itemsize
        whole = isinstance(stored, bytes) and len(stored) == wanted
        return np.frombuffer(stored, dtype=np.float16) if whole else None

    def put(self, pictures: list[str], vectors: np.ndarray) -> None:
        """Store the embeddings of a batch, all or none of them."""
        rows = [(name, vector.tobytes()) for name, vector in zip(pictures, vectors, strict=True)]
        try:
            with self.file:
                self.file.executemany("INSERT OR REPLACE INTO embeddings VALUES (?, ?)", rows)
        except sqlite3.Error as error:  # a full disk, a file that is locked for too long
            self.file.close()
            self._give_up(error)

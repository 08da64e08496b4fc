"""The official one-shot trials: 20 runs of 20 within-alphabet trials (Lake et al. 2015)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from siamese_lib.data import glyphs
from siamese_lib.data.characters import check_size, resolve_source
from siamese_lib.data.download import data_folder, ensure_archive
from siamese_lib.data.labelled_images import LabelledImages
from siamese_lib.data.omniglot import (
    BrokenArchiveError,
    made_from_archive,
    note_if_unpublished,
    open_archive,
    read_drawings,
    read_text,
    resize_ink,
)
from siamese_lib.data.packed_cache import Arrays, packed
from siamese_lib.randomness import as_generator

RUNS = 20
WAYS = 20
OFFICIAL = "Omniglot, official runs"


@dataclass(frozen=True, eq=False)
class LakeTrials:
    """One-shot trials: 20 runs, each with 20 characters drawn by two drawers.

    Attributes:
        support: One example of each character in each run, uint8 of shape ``(20, 20, C, H, W)``.
        query: Drawings to classify in each run, uint8 of shape ``(20, 20, C, H, W)``.
        query_labels: Answers, int64 of shape ``(20, 20)``: ``support[r, query_labels[r, q]]`` shows
            the character of ``query[r, q]``. The answers of each run are a permutation of 0 to 19.
        name: Source of the trials.
    """

    support: Tensor
    query: Tensor
    query_labels: Tensor
    name: str

    @property
    def official(self) -> bool:
        """True for the official Omniglot trials, False for trials made from other data."""
        return self.name == OFFICIAL

    def to(self, device: torch.device | str) -> LakeTrials:
        """Return the same trials with their tensors on ``device``."""
        support, query = self.support.to(device), self.query.to(device)
        return LakeTrials(support, query, self.query_labels.to(device), self.name)


def lake_trials(size: int = 28, source: str = "auto", root: str | Path | None = None) -> LakeTrials:
    """Load the 400 official within-alphabet 20-way one-shot trials.

    Args:
        size: Side of the square images in pixels, 8 or more.
        source: Source as in ``load_characters``. With Glyphs, trials of the same form are made from
            the evaluation alphabets: 10 alphabets, two runs each.
        root: Data folder as in ``load_characters``.

    Returns:
        The trials, on the CPU.

    Raises:
        ValueError: If ``source`` is unknown, or if ``size`` is not an int of 8 or more.
        NotAvailableError: If the official file is missing and cannot be downloaded.
        BrokenArchiveError: If the file is damaged.
    """
    check_size(size)
    if resolve_source(source, root) == "glyphs":
        return trials_from(glyphs.load_glyphs("evaluation", size), seed=20)
    path = ensure_archive("all_runs.zip", data_folder(root))
    arrays = packed(
        f"lake-trials-{size}px", made_from_archive(path, size), lambda: _read_runs(path, size)
    )
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    return LakeTrials(**tensors, name=OFFICIAL)


def _read_runs(path: Path, size: int) -> Arrays:
    with open_archive(path) as archive:
        names = set(archive.namelist())
        support_names, query_names, query_labels = [], [], []
        for run in range(1, RUNS + 1):
            key = f"run{run:02d}/class_labels.txt"
            if key not in names:
                raise BrokenArchiveError(path, f"lacks {key}")
            # Each line pairs a test item with the training drawing of the same character.
            pairs = [line.split() for line in read_text(path, archive, key).splitlines()]
            pairs = sorted(pair for pair in pairs if pair)
            numbers = [_number(path, pair[-1]) for pair in pairs]
            if sorted(numbers) != list(range(1, WAYS + 1)) or any(len(p) != 2 for p in pairs):
                raise BrokenArchiveError(path, f"has a {key} that does not pair 20 with 20")
            query_names += [item for item, _ in pairs]
            support_names += [f"run{run:02d}/training/class{c:02d}.png" for c in range(1, WAYS + 1)]
            query_labels.append([number - 1 for number in numbers])
        missing = [name for name in support_names + query_names if name not in names]
        if missing:
            raise BrokenArchiveError(path, f"lacks {missing[0]}")
        ink = read_drawings(path, archive, support_names + query_names)
    note_if_unpublished(path, support_names + query_names, ink)
    images = resize_ink(ink, size).numpy().reshape(2, RUNS, WAYS, 1, size, size)
    labels = torch.tensor(query_labels).numpy()
    return {"support": images[0], "query": images[1], "query_labels": labels}


def _number(path: Path, name: str) -> int:
    found = re.search(r"class(\d+)\.png$", name)
    if found is None:
        raise BrokenArchiveError(path, f"names {name[:80]!r} as a class")
    return int(found.group(1))


def trials_from(data: LabelledImages, seed: int) -> LakeTrials:
    """Make trials in the official form from any set with alphabets and drawers.

    Ten alphabets of 20 or more characters are used for two runs each. A run has 20 characters of
    one alphabet, one drawer for the examples and another for the queries.

    Args:
        data: Data set in which every maker has drawn every character.
        seed: Seed of the random choices.

    Raises:
        ValueError: If fewer than 10 alphabets have 20 or more characters.
    """
    generator = as_generator(seed)
    groups = [g for g in data.groups.unique() if len(_classes_of(data, g)) >= WAYS]
    if len(groups) < RUNS // 2:
        raise ValueError(
            f"{data.name} has {len(groups)} alphabets of {WAYS} characters or more; "
            f"{RUNS // 2} are needed"
        )
    order = torch.randperm(len(groups), generator=generator)[: RUNS // 2].tolist()
    support, query, query_labels = [], [], []
    for group in (groups[number] for number in order for _ in range(2)):
        classes = _classes_of(data, group)
        ways = classes[torch.randperm(len(classes), generator=generator)[:WAYS]]
        first, second = torch.randperm(len(data.maker_names), generator=generator)[:2]
        shuffled = torch.randperm(WAYS, generator=generator)
        support.append(_drawn_by(data, ways, first))
        query.append(_drawn_by(data, ways[shuffled], second))
        query_labels.append(shuffled)
    name = f"{data.name}, in the form of the official runs"
    return LakeTrials(torch.stack(support), torch.stack(query), torch.stack(query_labels), name)


def _classes_of(data: LabelledImages, group: Tensor) -> Tensor:
    return data.labels[data.groups == group].unique()


def _drawn_by(data: LabelledImages, classes: Tensor, maker: Tensor) -> Tensor:
    """Return the drawing of each class by one maker, uint8 ``(n_classes, C, H, W)``."""
    theirs = (data.makers == maker).nonzero().squeeze(1)
    labels, order = data.labels[theirs].sort()
    return data.images[theirs[order[torch.searchsorted(labels, classes)]]]

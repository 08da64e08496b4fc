"""A million drawings as embeddings, made once and kept in a file: the gallery of ``search.py``.

    python benchmarks/million_drawings.py million.npy

About twenty minutes on one core; when it is stopped and run again, it goes on where it was.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from siamese_lib.data import make_glyphs
from siamese_lib.embedding import embed_all
from siamese_lib.recipes import card, pretrained

N_GALLERY, N_QUERIES, WIDTH = 1_000_000, 1000, 128
N_ALPHABETS, N_CHARACTERS, N_DRAWERS = 10, 25, 20  # ten alphabets of one call of make_glyphs
N_ASKED = 5  # characters of each of the first ten alphabets whose other drawings are the queries
PER_PART = N_ALPHABETS * N_CHARACTERS * N_DRAWERS
PROTOCOL = (
    f"The gallery is a million drawings of 50,000 characters (2,000 Glyphs alphabets, "
    f"{N_DRAWERS} drawings of each character), every one of them drawn and embedded: "
    f"{WIDTH} numbers of length 1 by the stored network (of {card()['made']['date']}), which was "
    "trained on real handwriting. "
    f"A smaller gallery is the beginning of a larger one. The {N_QUERIES:,} queries are by other "
    "drawers, 20 drawings each of the first 50 characters, whose mates are in every gallery."
)


def embedded_parts(first: int):
    """From part ``first`` on: 5,000 drawings at a time, the first of them with the queries."""
    network = pretrained("omniglot")
    sizes = [N_CHARACTERS] * N_ALPHABETS
    for part in range(first, N_GALLERY // PER_PART):
        yield part, embed_all(network, make_glyphs(sizes, seed=part, n_drawers=N_DRAWERS))


def first_part_and_queries() -> tuple[Tensor, Tensor]:
    """The first 5,000, the characters that are asked for in front; and the queries."""
    network = pretrained("omniglot")
    data = make_glyphs([N_CHARACTERS] * N_ALPHABETS, seed=0, n_drawers=2 * N_DRAWERS)
    z = embed_all(network, data).view(N_ALPHABETS, N_CHARACTERS, 2 * N_DRAWERS, WIDTH)
    asked, others = z[:, :N_ASKED], z[:, N_ASKED:, :N_DRAWERS]
    mates, queries = asked[:, :, :N_DRAWERS], asked[:, :, N_DRAWERS:]
    rows = [part.reshape(-1, WIDTH) for part in (mates, others, queries)]
    return torch.cat(rows[:2]), rows[2]


def make(path: Path) -> None:
    """Write ``(1,001,000, 128)`` float32: the queries, then the gallery."""
    if not path.exists():
        shape = (N_QUERIES + N_GALLERY, WIDTH)
        np.lib.format.open_memmap(path, "w+", np.float32, shape)[:] = 0
    rows = np.lib.format.open_memmap(path, "r+")
    filled = np.abs(rows[N_QUERIES::PER_PART, 0]) > 0  # the first row of each part
    if not filled[0]:
        gallery, queries = first_part_and_queries()
        rows[:N_QUERIES], rows[N_QUERIES : N_QUERIES + PER_PART] = queries, gallery
    for part, z in embedded_parts(max(1, int(filled.sum()))):
        start = N_QUERIES + part * PER_PART
        rows[start : start + PER_PART] = z
        print(f"{(part + 1) * PER_PART:,} drawings", flush=True)


def queries_and_gallery(path: Path) -> tuple[Tensor, Tensor]:
    """``(1000, 128)`` and ``(1,000,000, 128)``; query i is of character ``i // 20``, and so is
    gallery row i for the first 1,000 rows.

    Raises:
        ValueError: the file is not complete.
    """
    rows = np.load(path)
    if not np.abs(rows[-1]).any():
        raise ValueError(f"{path} is not complete: run python benchmarks/million_drawings.py")
    return torch.from_numpy(rows[:N_QUERIES]), torch.from_numpy(rows[N_QUERIES:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path, help="where the embeddings go, a .npy file of 0.5 GB")
    make(parser.parse_args().file)


if __name__ == "__main__":
    main()

"""Which kind of FAISS index a file holds, read without FAISS.

FAISS makes tables and graphs while it reads some kinds of index, as large as the file asks for. So
a file is looked at first, and only the kinds of this package are read.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

# What FAISS calls the indexes of this package: rows, codes, cells of rows, cells of codes, a graph.
KINDS = {b"IxF2", b"IxPq", b"IwFl", b"IwPQ", b"IHNf"}
# Width, rows, two numbers that are not used, whether it is trained, and the kind of distance.
HEAD = "<iqqq?i"
L2 = 1
CELLS = "<QQ"
# Bytes of a number in the five tables of a graph, and the five settings behind them.
GRAPH_TABLES = (8, 4, 4, 8, 4)
GRAPH_SETTINGS = "<5i"


def problem_of(content: BinaryIO) -> str | None:
    """Return what is wrong with an index file, or None.

    Args:
        content: The file, opened for reading bytes.
    """

    def take(form: str) -> tuple:
        return struct.unpack(form, content.read(struct.calcsize(form)))

    kind = content.read(4)
    if kind not in KINDS:
        return "holds a kind of index that is not read here"
    try:
        if take(HEAD)[-1] != L2:
            return "does not compare by Euclidean distance"
        if kind in (b"IwFl", b"IwPQ"):
            take(CELLS)
        elif kind == b"IHNf":
            for size in GRAPH_TABLES:
                content.seek(size * take("<Q")[0], 1)
            take(GRAPH_SETTINGS)
        else:
            return None
    except (struct.error, OverflowError, OSError):
        return "is damaged: it is cut off"
    # The centres of cells, and the rows of a graph, are an index of their own.
    return None if content.read(4) == b"IxF2" else "holds a kind of index that is not read here"

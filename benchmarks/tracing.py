"""Pen paths from drawings that are only known as pictures: their lines thinned to one dot's width.

Thinning as in Zhang and Suen (1984): from all sides in turn, dots are taken off that are not needed
to hold the drawing together, until none is left.
"""

import numpy as np


def thinned(ink: np.ndarray) -> np.ndarray:
    """Bool ``(H, W)``, ink True, to the same with lines one dot wide."""
    ink = np.pad(ink, 1)
    while True:
        before = ink.sum()
        for first in (True, False):
            ink = ink & ~_not_needed(ink, first)
        if ink.sum() == before:
            return ink[1:-1, 1:-1]


def _not_needed(ink: np.ndarray, first: bool) -> np.ndarray:
    around = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
    ring = np.stack([np.roll(ink, (-down, -right), (0, 1)) for down, right in around])
    up, _, right, _, down, _, left, _ = ring
    n = ring.sum(0)
    changes = (~ring & np.roll(ring, -1, 0)).sum(0)  # from paper to ink, once around
    if first:
        open_side = ~(up & right & down) & ~(right & down & left)
    else:
        open_side = ~(up & right & left) & ~(up & down & left)
    return ink & (n >= 2) & (n <= 6) & (changes == 1) & open_side


def traced(ink: np.ndarray) -> list[list[list[float]]]:
    """Short strokes, each from a dot of the thinned drawing to a neighbour; middles of dots."""
    thin = thinned(ink)
    rows, columns = thin.nonzero()
    there = set(zip(rows.tolist(), columns.tolist(), strict=True))
    strokes, alone = [], set(there)
    for row, column in there:
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
            other = (row + down, column + right)
            # A slanted step is left out where two straight ones lead to the same dot.
            if down and right and ((row + down, column) in there or (row, column + right) in there):
                continue
            if other in there:
                alone -= {(row, column), other}
                strokes.append([[column + 0.5, row + 0.5], [other[1] + 0.5, other[0] + 0.5]])
    return strokes + [[[column + 0.5, row + 0.5]] for row, column in alone]

"""Scanned signatures made comparable: the paper taken away, the signature cut out."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

# Of the ink, so many pixels to each side may be specks that do not belong to the signature.
SPECKS = 0.002
# Darkness that counts as full ink: that of the darkest 2 % of the ink, so that one dark dot
# does not make all else pale.
FULL = 0.98
# A picture whose lightest and darkest pixels are nearer than this has nothing on it.
BLANK = 16


class BlankImageError(ValueError):
    """A picture with nothing on it."""


def cut_out(scan: np.ndarray, sides: tuple[int, int]) -> np.ndarray:
    """One scan as a signature that fills its picture, on paper that is 0 everywhere.

    Otsu's (1979) threshold tells ink from paper. What is paper becomes 0; the rest keeps its
    shades, scaled until full ink is 255. So pale ink, grey paper and the scanner's brightness
    say nothing any more, which they must not: whoever collects forgeries on another day collects
    them on other paper.

    Args:
        scan: uint8 ``(height, width)`` of any size, dark ink on light paper.
        sides: height and width of the result.

    Returns:
        uint8 ``sides``, ink high.

    Raises:
        BlankImageError: there is no ink.
    """
    if int(scan.max()) - int(scan.min()) < BLANK:
        raise BlankImageError("there is nothing on it")
    values = 255 - scan
    threshold = otsu(values)
    ink = values > threshold
    rows, columns = (_inside(np.count_nonzero(ink, axis=axis)) for axis in (1, 0))
    # What follows depends on the value of a pixel alone, and there are 256 of them.
    shade, count = np.arange(256), _histogram(values)
    paper = _quantile(np.where(shade <= threshold, count, 0), 0.5)
    full = _quantile(np.where(shade > threshold, count, 0), FULL)
    stretched = np.clip((shade - paper) * (255 / (full - paper)), 0, 255)
    table = np.where(shade > threshold, stretched, 0).round().astype(np.uint8)
    shades = table[values[rows, columns]]
    inner = max(1, round(0.92 * sides[0])), max(1, round(0.92 * sides[1]))
    fitted = ImageOps.contain(Image.fromarray(shades), inner[::-1], Image.Resampling.BICUBIC)
    picture = Image.new("L", sides[::-1], 0)
    left, top = ((side - own) // 2 for side, own in zip(sides[::-1], fitted.size, strict=True))
    picture.paste(fitted, (left, top))
    return np.asarray(picture, dtype=np.uint8)


def otsu(values: np.ndarray) -> int:
    """The threshold that parts values 0 to 255 into two groups as unlike as can be (Otsu 1979).

    Returns:
        The largest value of the lower group.
    """
    count = _histogram(values).astype(np.float64)
    below = count.cumsum()
    above = below[-1] - below
    total = (count * np.arange(256)).cumsum()
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = total / below - (total[-1] - total) / above
    between = np.nan_to_num(below * above * gap**2, nan=-1.0)
    return int(between.argmax())


def _histogram(values: np.ndarray) -> np.ndarray:
    """How many pixels have each of the values 0 to 255: int64 ``(256,)``."""
    # np.bincount would make eight bytes of each pixel.
    return np.array(Image.fromarray(values.astype(np.uint8, copy=False)).histogram())


def _inside(n_ink: np.ndarray) -> slice:
    """From the first to the last row (or column) with ink, without the specks.

    Args:
        n_ink: Number of pixels of ink in each of them, ``(n,)``.
    """
    low, high = _quantile(n_ink, SPECKS), _quantile(n_ink, 1 - SPECKS)
    return slice(int(np.floor(low)), int(np.ceil(high)) + 1)


def _quantile(count: np.ndarray, share: float) -> float:
    """``np.quantile`` of numbers 0, 1, 2, ... of which there are ``count[0], count[1], ...``."""
    upto = count.cumsum()
    place = share * (upto[-1] - 1)
    low, high = np.searchsorted(upto, [np.floor(place), np.ceil(place)], side="right")
    return float(low + (high - low) * (place % 1))

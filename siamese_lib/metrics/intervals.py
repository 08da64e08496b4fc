"""Intervals for a mean of a few numbers, and for a share of many trials."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
from scipy import stats

from siamese_lib.checks import check_counts, check_share


def mean_and_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """Mean, and Student's t interval for the mean over what was drawn independently.

    With three runs the interval is wide (4.3 standard errors each way): that is how little three
    runs say.

    Args:
        values: one number for each run, episode or alphabet; two or more.
        level: of the interval.

    Returns:
        The mean, and the lower and the upper end.

    Raises:
        ValueError: fewer than two values, or a level that is not between 0 and 1.

    >>> mean, low, high = mean_and_interval([0.90, 0.92, 0.94])
    >>> round(low, 3), round(high, 3)
    (0.87, 0.97)
    """
    check_share("level", level)
    if len(values) < 2:
        raise ValueError(f"an interval needs two values or more, got {len(values)}")
    mean = statistics.fmean(values)
    factor = float(stats.t.ppf((1 + level) / 2, len(values) - 1))
    half = factor * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def paired_difference(
    first: Sequence[float], second: Sequence[float], level: float = 0.95
) -> tuple[float, float, float]:
    """Mean of ``first - second``, pair by pair, and Student's t interval for it.

    Two methods that were asked the same questions, or trained with the same seeds, are compared by
    their differences: what makes a question hard for both cancels. Whether two intervals overlap
    is no such test.

    Args:
        first: one number for each seed, episode or alphabet.
        second: the numbers of the other method for the same ones, in the same order.
        level: of the interval.

    Returns:
        The mean difference, and the lower and the upper end. An interval without zero says that
        one is better.

    Raises:
        ValueError: lengths that differ, or fewer than two pairs.

    >>> mean, low, high = paired_difference([0.90, 0.80, 0.85], [0.88, 0.79, 0.83])
    >>> round(mean, 4), low > 0
    (0.0167, True)
    """
    if len(first) != len(second):
        raise ValueError(
            f"first has {len(first)} values, second {len(second)}: they must be paired"
        )
    return mean_and_interval([a - b for a, b in zip(first, second, strict=True)], level)


def percentile_interval(resampled: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Between which values the middle of a bootstrap's figures lies.

    Args:
        resampled: ``(N,)``, a figure for each time that people, classes or the like were drawn.
        level: share of them that the interval holds, between 0 and 1.

    Returns:
        The lower and the upper end.

    Raises:
        ValueError: a level that is not between 0 and 1.
    """
    check_share("level", level)
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def wilson_interval(share: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval (1927) for a share of ``n`` independent trials.

    Unlike mean ± 2 standard errors it stays inside 0 to 1, also for 400 right out of 400.

    Raises:
        ValueError: a share outside 0 to 1, no trial, or a level that is not between 0 and 1.
    """
    check_share("level", level)
    check_counts(n=n)
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1, got {share}")
    z = float(stats.norm.ppf((1 + level) / 2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)

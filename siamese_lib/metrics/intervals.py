"""Intervals for the mean of a few numbers and for a fraction of many trials."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
from scipy import stats

from siamese_lib.checks import check_counts, check_share


def mean_and_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """Return the mean of independent values and Student's t interval for it.

    Args:
        values: One number for each run, episode or alphabet, two or more.
        level: Confidence level, between 0 and 1.

    Returns:
        The mean, and the lower and upper bound of the interval.

    Raises:
        ValueError: If there are fewer than two values, or if ``level`` is not between 0 and 1.

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
    """Return the mean of ``first - second``, pair by pair, and Student's t interval for it.

    Use it to compare two methods on the same questions or with the same seeds.

    Args:
        first: One number for each seed, episode or alphabet.
        second: Numbers of the second method for the same ones, in the same order.
        level: Confidence level, between 0 and 1.

    Returns:
        The mean difference, and the lower and upper bound of the interval. If the interval excludes
        zero, one method is better.

    Raises:
        ValueError: If lengths differ, if there are fewer than two pairs, or if ``level`` is not
            between 0 and 1.

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
    """Return the interval that contains the middle of a bootstrap's resampled figures.

    Args:
        resampled: One figure for each resample, ``(N,)``.
        level: Fraction of them that the interval contains, between 0 and 1.

    Returns:
        The lower and the upper bound.

    Raises:
        ValueError: If ``level`` is not between 0 and 1.
    """
    check_share("level", level)
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def wilson_interval(share: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval (1927) for a fraction of ``n`` independent trials.

    The interval stays within 0 to 1, even if all trials succeed.

    Args:
        share: Fraction of trials that succeeded, 0 to 1.
        n: Number of trials, 1 or more.
        level: Confidence level, between 0 and 1.

    Raises:
        ValueError: If ``share`` is outside 0 to 1, if ``n`` is below 1, or if ``level`` is not
            between 0 and 1.
    """
    check_share("level", level)
    check_counts(n=n)
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1, got {share}")
    z = float(stats.norm.ppf((1 + level) / 2))
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)

"""Metrics of how well a distance separates positive from negative pairs: curves and intervals.

All metrics take *distances*, where smaller means more similar. A pair is accepted if its distance
is at most the threshold. FAR is the fraction of negative pairs that are accepted, FRR the fraction
of positive pairs that are refused, and TAR = 1 - FRR.
"""

from siamese_lib.metrics.bootstrap import PeopleBootstrap
from siamese_lib.metrics.calibration import DistanceCalibration, expected_calibration_error
from siamese_lib.metrics.curves import (
    ErrorCurve,
    SortedPairs,
    area_under_curve,
    equal_error_rate,
    error_curve,
    tar_at_far,
)
from siamese_lib.metrics.intervals import (
    mean_and_interval,
    paired_difference,
    percentile_interval,
    wilson_interval,
)
from siamese_lib.metrics.open_set import OpenSetCurve, open_set_curve

__all__ = [
    "DistanceCalibration",
    "ErrorCurve",
    "OpenSetCurve",
    "PeopleBootstrap",
    "SortedPairs",
    "area_under_curve",
    "equal_error_rate",
    "error_curve",
    "expected_calibration_error",
    "mean_and_interval",
    "open_set_curve",
    "paired_difference",
    "percentile_interval",
    "tar_at_far",
    "wilson_interval",
]

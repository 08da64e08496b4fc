"""How good is a distance at telling same from different? Curves, single figures, intervals.

Everything takes *distances*, lower when closer; a pair is accepted when its distance is at most
the threshold. FAR is the share of different pairs that are accepted, FRR the share of same pairs
that are refused, and TAR = 1 - FRR.
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

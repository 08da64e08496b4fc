import pytest
from scipy import stats

from siamese_lib.metrics import mean_and_interval


def test_interval_against_scipy():
    values = [0.9, 0.94, 0.92]
    mean, low, high = mean_and_interval(values)
    oracle = stats.t.interval(0.95, 2, loc=0.92, scale=stats.sem(values))
    assert (low, high) == pytest.approx(oracle) and mean == pytest.approx(0.92)
    with pytest.raises(ValueError, match="two values"):
        mean_and_interval([0.9])

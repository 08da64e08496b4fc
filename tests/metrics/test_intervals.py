import pytest
from scipy import stats

from siamese_lib.metrics import mean_and_interval, paired_difference, wilson_interval


def test_interval_against_scipy():
    values = [0.9, 0.94, 0.92]
    mean, low, high = mean_and_interval(values)
    oracle = stats.t.interval(0.95, 2, loc=0.92, scale=stats.sem(values))
    assert (low, high) == pytest.approx(oracle) and mean == pytest.approx(0.92)
    with pytest.raises(ValueError, match="two values"):
        mean_and_interval([0.9])
    assert mean_and_interval([0.25, 0.75])[0] == 0.5


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_another_level(level):
    values = [0.2, 0.6, 0.7, 0.4]
    oracle = stats.t.interval(level, 3, loc=0.475, scale=stats.sem(values))
    assert mean_and_interval(values, level)[1:] == pytest.approx(oracle)
    wilson = stats.binomtest(7, 30).proportion_ci(level, method="wilson")
    assert wilson_interval(7 / 30, 30, level) == pytest.approx((wilson.low, wilson.high))


@pytest.mark.parametrize(("right", "n"), [(0, 20), (1, 7), (369, 400), (400, 400)])
def test_wilson_against_scipy(right, n):
    oracle = stats.binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(right / n, n) == pytest.approx((oracle.low, oracle.high))


def test_paired_difference_against_scipy():
    first, second = [0.90, 0.80, 0.85, 0.99], [0.88, 0.79, 0.83, 0.96]
    mean, low, high = paired_difference(first, second)
    oracle = stats.ttest_rel(first, second).confidence_interval(0.95)
    assert (low, high) == pytest.approx((oracle.low, oracle.high))
    assert mean == pytest.approx(0.02) and low > 0
    # Unpaired, the two spread far more than they differ.
    assert mean_and_interval(first)[1] < mean_and_interval(second)[0]
    with pytest.raises(ValueError, match="first has 4 values, second 3: they must be paired"):
        paired_difference(first, second[:3])


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_in_percent_is_refused(level):
    for ask in (
        lambda: mean_and_interval([0.1, 0.2], level),
        lambda: wilson_interval(0.5, 10, level),
    ):
        with pytest.raises(ValueError, match="level must lie between 0 and 1"):
            ask()


def test_shares_and_trials_that_cannot_be():
    with pytest.raises(ValueError, match="share must be from 0 to 1, got 50"):
        wilson_interval(50, 100)
    with pytest.raises(ValueError, match="n must be an int of 1 or more, got 0"):
        wilson_interval(0.5, 0)

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, norm
from sklearn.metrics import det_curve

from draws import uniform
from siamese_lib.metrics import (
    DistanceCalibration,
    PeopleBootstrap,
    SortedPairs,
    area_under_curve,
    equal_error_rate,
    error_curve,
    expected_calibration_error,
    open_set_curve,
    tar_at_far,
)


def some_pairs(seed=0, n=200, apart=1.5):
    generator = torch.Generator().manual_seed(seed)
    same = torch.arange(n) % 3 == 0
    return 3 + torch.randn(n, generator=generator) + apart * ~same, same


pairs = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: len({same for _, same in rows}) == 2
)


@given(pairs)
@settings(max_examples=60, deadline=None)
def test_rates_are_counts_at_every_threshold(rows):
    distance = torch.tensor([float(d) for d, _ in rows])
    same = torch.tensor([s for _, s in rows])
    curve = error_curve(distance, same)
    for t, far, frr in zip(*curve[:3], strict=True):
        accepted = distance <= t
        assert far == pytest.approx((accepted & ~same).sum().item() / (~same).sum().item())
        assert frr == pytest.approx((~accepted & same).sum().item() / same.sum().item())
    assert (curve.far[0], curve.frr[0]) == (0, 1) and (curve.far[-1], curve.frr[-1]) == (1, 0)
    assert np.all(np.diff(curve.threshold) > 0)


@pytest.mark.parametrize("seed", range(3))
def test_det_curve_of_scikit_learn(seed):
    distance, same = some_pairs(seed)
    curve = error_curve(distance, same)
    far, frr, score = det_curve(same, -distance)
    ours = {t: (a, b) for t, a, b in zip(*curve[:3], strict=True)}
    for t, a, b in zip(-score, far, frr, strict=True):
        if np.isfinite(t):
            assert ours[t] == pytest.approx((a, b))


def test_area_is_the_chance_that_a_same_pair_is_closer():
    distance, same = some_pairs(1)
    u = mannwhitneyu(distance[~same], distance[same]).statistic
    assert area_under_curve(distance, same) == pytest.approx(u / (same.sum() * (~same).sum()))


def test_figures_of_two_gaussians():
    """For two normal distributions of one width the rates are known."""
    distance, same = some_pairs(2, n=60_000, apart=2.0)
    rate, threshold = equal_error_rate(error_curve(distance, same))
    assert rate == pytest.approx(norm.cdf(-1), abs=0.006) and threshold == pytest.approx(4, abs=0.1)
    assert area_under_curve(distance, same) == pytest.approx(norm.cdf(math.sqrt(2)), abs=0.006)
    tar, threshold = tar_at_far(error_curve(distance, same), 0.01)
    assert tar == pytest.approx(norm.cdf(2 + norm.ppf(0.01)), abs=0.02)
    assert ((distance <= threshold) & ~same).sum() <= 0.01 * (~same).sum()


def test_perfect_hopeless_and_tied():
    same = torch.tensor([1, 1, 0, 0])
    perfect = error_curve(torch.tensor([0.1, 0.2, 0.8, 0.9]), same)
    assert equal_error_rate(perfect) == (0.0, pytest.approx(0.2))
    assert tar_at_far(perfect, 0.5) == (1.0, pytest.approx(0.8))
    tied = error_curve(torch.ones(4), same)
    assert equal_error_rate(tied) == (pytest.approx(0.5), 1.0)
    assert tar_at_far(tied, 0.5) == (0.0, -math.inf)


def test_weights_count_as_copies():
    distance, same = some_pairs(3, n=40)
    copies = torch.arange(40) % 4
    repeated = [t.repeat_interleave(copies) for t in (distance, same)]
    assert area_under_curve(distance, same, copies) == pytest.approx(area_under_curve(*repeated))


def test_equal_error_rate_between_two_thresholds_is_on_straight_lines():
    """At 0.2 the rates are 0 and 1/3, at 0.3 they are 1/2 and 1/3: they cross two thirds on."""
    distance = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5])
    same = torch.tensor([1, 1, 0, 1, 0])
    rate, threshold = equal_error_rate(error_curve(distance, same))
    assert rate == pytest.approx(1 / 3) and threshold == pytest.approx(0.3)
    # Nearer to the threshold before: 0 and 0.25 there, 1 and 0.25 at the next.
    rate, threshold = equal_error_rate(
        error_curve(torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5]), torch.tensor([1, 1, 1, 0, 1]))
    )
    assert rate == pytest.approx(0.25) and threshold == pytest.approx(0.3)


def test_of_two_thresholds_equally_near_the_more_lenient():
    curve = error_curve(torch.tensor([0.1, 0.2, 0.3]), torch.tensor([1, 0, 1]))
    assert equal_error_rate(curve) == (pytest.approx(0.5), pytest.approx(0.2))


def test_rates_with_weights_are_those_of_copies():
    distance, same = some_pairs(5, n=30)
    copies = torch.arange(30) % 4
    weighted = error_curve(distance, same, copies)
    repeated = error_curve(*(t.repeat_interleave(copies) for t in (distance, same)))
    assert equal_error_rate(weighted)[0] == pytest.approx(equal_error_rate(repeated)[0])
    assert tar_at_far(weighted, 0.2) == pytest.approx(tar_at_far(repeated, 0.2))
    assert np.allclose(repeated.tar, 1 - repeated.frr)


class TestCalibration:
    def test_weights_count_as_copies_and_give_the_prior(self):
        distance, same = some_pairs(6, n=60)
        copies = torch.arange(60) % 4
        weighted = DistanceCalibration.fit(distance, same, weight=copies)
        assert weighted.prior == pytest.approx((copies * same).sum() / copies.sum())
        repeated = [t.repeat_interleave(copies) for t in (distance, same)]
        plain = DistanceCalibration.fit(*repeated, prior=weighted.prior)
        assert weighted.scale == pytest.approx(plain.scale, rel=0.02)
        assert weighted.midpoint == pytest.approx(plain.midpoint, rel=0.02)

    def test_the_units_of_the_distance_do_not_matter(self):
        distance, same = some_pairs(7)
        metres, millimetres = (DistanceCalibration.fit(k * distance, same) for k in (1, 1000))
        assert metres.scale == pytest.approx(1000 * millimetres.scale, rel=1e-3)
        assert 1000 * metres.midpoint == pytest.approx(millimetres.midpoint, rel=1e-3)
        assert metres.prior == 0.5

    def test_the_prior_moves_the_midpoint_by_its_log_odds(self):
        distance, same = some_pairs(8, n=2000)
        even, rare = (DistanceCalibration.fit(distance, same, prior=p) for p in (0.5, 0.1))
        moved = rare.midpoint - even.midpoint
        assert moved == pytest.approx(math.log(1 / 9) / even.scale, rel=0.15)

    def test_distances_that_grow_towards_the_same_have_a_negative_scale(self):
        curve = DistanceCalibration.fit(torch.tensor([0.1, 0.2, 0.8, 0.9]), [0, 0, 1, 1])
        assert curve.scale < 0 and curve.midpoint == pytest.approx(0.5, abs=0.05)

    def test_bins_have_equal_width_and_the_last_holds_one(self):
        assert expected_calibration_error([1.0, 0.95], [1, 1], 10) == pytest.approx(0.025)
        apart = expected_calibration_error([0.05, 0.15], [1, 0], n_bins=10)
        together = expected_calibration_error([0.05, 0.15], [1, 0], n_bins=5)
        assert apart == pytest.approx((0.95 + 0.15) / 2) and together == pytest.approx(0.4)
        assert expected_calibration_error([0.05, 0.15], [1, 0]) == pytest.approx(apart)
        assert expected_calibration_error([0.0, 1.0], [0, 1]) == 0

    def test_probabilities_are_kept(self):
        """Distances whose true probability of "same" is a logistic curve."""
        generator = torch.Generator().manual_seed(0)
        distance = 2 * torch.rand(40_000, generator=generator)
        truth = torch.sigmoid(6 * (0.9 - distance))
        same = torch.rand(40_000, generator=generator) < truth
        curve = DistanceCalibration.fit(distance, same, prior=same.double().mean().item())
        assert curve.scale == pytest.approx(6, rel=0.03)
        assert curve.midpoint == pytest.approx(0.9, abs=0.01)
        assert expected_calibration_error(curve.probability(distance), same) < 0.01
        assert expected_calibration_error(1 - curve.probability(distance), same) > 0.3

    def test_the_share_among_the_pairs_does_not_matter(self):
        distance, same = some_pairs(4, n=3000)
        few = torch.cat([same.nonzero()[:200], (~same).nonzero()]).squeeze(1)
        curves = [DistanceCalibration.fit(distance[r], same[r]) for r in (few, slice(None))]
        assert curves[0].midpoint == pytest.approx(curves[1].midpoint, abs=0.15)

    def test_falls_with_the_distance_and_stays_finite_on_separable_data(self):
        curve = DistanceCalibration.fit(torch.tensor([0.1, 0.2, 0.8, 0.9]), [1, 1, 0, 0])
        p = curve.probability(torch.linspace(0, 1, 11))
        assert torch.all(p.diff() < 0) and torch.isfinite(p).all()

    def test_by_hand(self):
        assert expected_calibration_error([0.15, 0.15, 0.95, 0.95], [0, 1, 1, 1]) == pytest.approx(
            (2 * 0.35 + 2 * 0.05) / 4
        )


class TestBootstrap:
    def test_weights_by_hand(self):
        first, second = torch.tensor([7, 7, 9]), torch.tensor([7, 9, 9])
        bootstrap = PeopleBootstrap(first, second, n_resamples=20, generator=1)
        for number in range(20):
            a, b = bootstrap.counts[number].tolist()
            assert a + b == 2 and bootstrap.weights(number).tolist() == [a, a * b, b]

    def test_wider_than_over_pairs_where_people_differ(self):
        """Some people are easy, some hard: the people carry the uncertainty."""
        generator = torch.Generator().manual_seed(0)
        person = torch.arange(20).repeat_interleave(30)
        easy = torch.randn(20, generator=generator)[person]
        right = (easy + 0.3 * torch.randn(600, generator=generator) > 0).double().numpy()
        low, high = PeopleBootstrap(person, person).interval(lambda w: np.average(right, weights=w))
        over_pairs = 2 * 1.96 * right.std() / math.sqrt(600)
        assert high - low > 2 * over_pairs and low < right.mean() < high

    def test_draws_without_a_rate_are_drawn_again(self):
        """Three people, all six pairs: many a draw has one person alone."""
        first, second = torch.triu_indices(3, 3)
        distance = torch.tensor([0.1, 0.6, 0.7, 0.2, 0.5, 0.3])
        bootstrap = PeopleBootstrap(first, second)
        low, high = bootstrap.interval(
            lambda w: equal_error_rate(error_curve(distance, first == second, w))[0]
        )
        assert low == high == 0.0  # the pairs are told apart whoever is drawn

    def test_interval_holds_the_level_of_the_resamples(self):
        person = torch.arange(12)
        bootstrap = PeopleBootstrap(person, person)
        assert bootstrap.counts.shape == (200, 12) and bootstrap.counts.dtype == torch.float64
        values = [float(bootstrap.weights(number)[0]) for number in range(200)]
        for level in (0.5, 0.9):
            low, high = bootstrap.interval(lambda w: float(w[0]), level)
            ends = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
            assert (low, high) == pytest.approx(tuple(ends))
        assert bootstrap.interval(lambda w: w[0]) == bootstrap.interval(lambda w: w[0], 0.95)
        default = PeopleBootstrap(person, person, generator=0)
        assert torch.equal(bootstrap.counts, default.counts)

    def test_draws_that_never_have_both_kinds(self, monkeypatch):
        monkeypatch.setattr(torch, "randint", lambda n, size, generator: torch.zeros(size).long())
        with pytest.raises(ValueError, match="nearly every draw of people"):
            PeopleBootstrap([0, 0], [0, 1])

    def test_same_seed_same_interval(self):
        person = torch.arange(10)
        mean = lambda w: float(np.average(np.arange(10), weights=w))  # noqa: E731
        one, other = (PeopleBootstrap(person, person, generator=3).interval(mean) for _ in "ab")
        assert one == other


class TestOpenSet:
    def test_counts_at_every_threshold(self):
        generator = torch.Generator().manual_seed(0)
        known, unknown = torch.rand(30, generator=generator), torch.rand(50, generator=generator)
        right = torch.rand(30, generator=generator) < 0.8
        curve = open_set_curve(known, right, unknown)
        for t, false_alarm, identified, misnamed in zip(*curve, strict=True):
            assert false_alarm == pytest.approx((unknown <= t).double().mean().item())
            assert identified == pytest.approx(((known <= t) & right).double().mean().item())
            assert misnamed == pytest.approx(((known <= t) & ~right).double().mean().item())

    def test_infinitely_far_is_never_let_in(self):
        curve = open_set_curve([0.5, math.inf], [1, 1], [0.75, math.inf])
        assert curve.threshold.tolist() == [-math.inf, 0.5, 0.75]
        assert curve.identified.tolist() == [0, 0.5, 0.5]
        assert curve.fpir.tolist() == [0, 0, 0.5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: error_curve(uniform(3, 1), [0, 1, 1]), r"shape \(N,\)"),
        (lambda: error_curve(torch.tensor([]), []), "N > 0"),
        (lambda: error_curve(torch.tensor([0.1, math.nan]), [0, 1]), "NaN or infinity in 1 of 2"),
        (lambda: error_curve(uniform(3), torch.ones(3)), "all 3 pairs are same"),
        (lambda: area_under_curve(uniform(3), torch.zeros(3)), "all 3 pairs are different"),
        (lambda: error_curve(uniform(3), torch.ones(3, 1)), r"same must have shape \(3,\)"),
        (lambda: error_curve(uniform(2), [0, 2]), "same must be 0 or 1"),
        (lambda: tar_at_far(error_curve(uniform(2), [0, 1]), 0), "far must lie between"),
        (lambda: DistanceCalibration.fit(torch.ones(4), [0, 1, 0, 1]), "say nothing"),
        (lambda: DistanceCalibration.fit(uniform(2), [0, 1], prior=1.0), "prior must lie"),
        (lambda: expected_calibration_error([1.5], [1]), "0 to 1, got 1.5"),
        (lambda: error_curve(uniform(2), [0, 1], [0.0, 1.0]), "leave no same pair, or no diff"),
        (
            lambda: area_under_curve(uniform(2), [0, 1], [-1.0, 1.0]),
            "finite numbers of 0 or more",
        ),
        (lambda: DistanceCalibration.fit(torch.tensor([0.0, 1, 0, 1]), [1, 1, 0, 0]), "nothing to"),
        (lambda: PeopleBootstrap(torch.tensor([1]), torch.tensor([1])), "two people"),
        (lambda: open_set_curve([0.1], [1], []), "unknown_distance must have shape"),
        (lambda: open_set_curve([math.nan], [1], [0.5]), "known_distance holds NaN in 1 of 1"),
        (lambda: error_curve(torch.tensor([0.1, math.inf]), [0, 1]), "infinity in 1 of 2"),
        (lambda: error_curve(uniform(2), [0, 1], [1.0, math.inf]), "finite numbers"),
        (lambda: error_curve(uniform(2), [0, 1], [1.0]), "weight must be 2 finite"),
        (lambda: error_curve(uniform(2), [0, 1], [1.0, 0.0]), "leave no same pair"),
        (lambda: expected_calibration_error([-0.1], [1]), "0 to 1, got -0.1"),
        (lambda: PeopleBootstrap([0, 1], [1, 0], n_resamples=0), "n_resamples must be"),
        (lambda: PeopleBootstrap([0, 1], [1]), "must hold 2 integers"),
        (lambda: PeopleBootstrap([0, 1], [0, 1]).interval(np.sum, 1.0), "level must lie"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_rate_finer_than_the_pairs_can_tell():
    curve = error_curve(torch.arange(30.0), torch.arange(30) < 10)
    assert tar_at_far(curve, 1 / 20)[0] == 1
    with pytest.raises(ValueError, match="finer than 20 different pairs can tell: compare 25"):
        tar_at_far(curve, 0.04)


@given(pairs, st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_sorted_once_is_as_sorted_each_time(rows, seed):
    """Ties included: the strategy draws few distinct distances."""
    distance = torch.tensor([float(d) for d, _ in rows])
    same = torch.tensor([s for _, s in rows])
    weight = 0.5 + torch.rand(len(rows), generator=torch.Generator().manual_seed(seed)).double()
    ordered = SortedPairs(distance, same)
    for w in (None, weight):
        expected = error_curve(distance, same, w)
        found = ordered.curve(None if w is None else w.numpy())
        for ours, theirs in zip(found[:3], expected[:3], strict=True):
            assert np.allclose(ours, theirs)
        assert found.n_different == expected.n_different
        assert found.area == pytest.approx(area_under_curve(distance, same, w))


def test_pairs_of_no_weight_are_no_pairs():
    curve = error_curve([0.1, 0.2, 0.3, 0.4], [1, 0, 0, 1], [1, 0, 1, 1])
    without = error_curve([0.1, 0.3, 0.4], [1, 0, 1], [1, 1, 1])
    assert curve.threshold.tolist() == without.threshold.tolist()
    assert curve.far.tolist() == without.far.tolist() and curve.n_different == 1
    with pytest.raises(ValueError, match="finer than 1 different pairs"):
        tar_at_far(curve, 0.5)


def test_a_threshold_is_one_of_the_distances_that_were_given():
    distances = [0.2, 0.7, 0.9, 0.95]
    curve = error_curve(distances, [1, 1, 0, 0])
    assert curve.threshold.tolist()[1:] == distances
    assert tar_at_far(curve, 0.5)[1] >= 0.9

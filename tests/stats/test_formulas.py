"""What is computed by formula for thousands of subjects is what scipy computes for one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from perfkit.stats.comparison import CONFIDENCE, compare, false_discovery
from perfkit.stats.intervals import proportion_interval
from perfkit.stats.ranks import exact_chance, tied_chance
from perfkit.stats.student import t_chance, t_quantile

NOISE = np.random.default_rng(20260101)


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (0, 500), (1, 7), (3, 2000), (499, 500), (500, 500), (250_000, 1_000_000)])
def test_exact_shares(successes: int, n: int) -> None:
    truth = stats.binomtest(successes, n).proportion_ci(0.95, method="exact")
    interval = proportion_interval(successes, n)
    assert (interval.lo, interval.hi) == pytest.approx((truth.low, truth.high), rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("freedom", [1.0, 1.2, 1.6, 2.0, 2.9, 3.0, 3.7, 8.0, 59.0, 60.5, 200.0, 1e4, float("inf")])
def test_students_t(freedom: float) -> None:
    for share in (0.01, 0.3, 0.5, 0.6, 0.8, 0.975, 0.9875, 0.9999):
        assert t_quantile(share, freedom) == pytest.approx(float(stats.t.ppf(share, freedom)), rel=1e-11, abs=1e-15)
    for t in (0.0, 0.01, 1.0, -1.3, 4.0, 30.0, float("inf")):
        assert t_chance(t, freedom) == pytest.approx(2 * float(stats.t.sf(abs(t), freedom)), rel=1e-11, abs=1e-15)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (5, 5), (7, 4), (20, 11), (50, 50)])
def test_exact_ranks(n: int, m: int) -> None:
    for shift in (0.0, 0.3, 5.0):
        a, b = NOISE.normal(0, 1, n), NOISE.normal(shift, 1, m)
        assert exact_chance(a.tolist(), b.tolist()) == pytest.approx(float(stats.mannwhitneyu(a, b, method="exact").pvalue), rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 4), (5, 5), (7, 6)])
def test_exact_ranks_with_ties(n: int, m: int) -> None:
    for shift in (0.0, 1.0, 4.0):
        a, b = np.round(NOISE.normal(0, 1, n)), np.round(NOISE.normal(shift, 1, m))
        truth = stats.mannwhitneyu(a, b, method=stats.PermutationMethod(n_resamples=20_000)).pvalue
        assert tied_chance(a.tolist(), b.tolist()) == pytest.approx(float(truth), rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (5, 5), (3, 9)])
def test_welch(n: int, m: int) -> None:
    a, b = NOISE.lognormal(4, 0.2, n), NOISE.lognormal(4.2, 0.1, m)
    test = stats.ttest_ind(np.log(b), np.log(a), equal_var=False)
    outer = test.confidence_interval(CONFIDENCE)
    found = compare(a.tolist(), b.tolist(), direction="lower")
    assert (found.p_value, found.lo, found.hi) == pytest.approx((test.pvalue, np.exp(outer.low), np.exp(outer.high)), rel=1e-9)


@pytest.mark.parametrize("p_values", [[0.5], [0.01, 0.02, 0.03], [0.2, 0.001, 0.04, 0.04, 1.0], NOISE.uniform(size=500).tolist()])
def test_false_discovery(p_values: list[float]) -> None:
    assert false_discovery(p_values) == pytest.approx(stats.false_discovery_control(p_values).tolist(), rel=1e-12)

"""Published measurements and exact queues give the capacity that is known of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.stats.capacity import knee, linear_scaling, predicted, usl

SDM91 = ([1, 18, 36, 72, 108, 144, 216], [64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775, 1702.2])
"""SPEC SDM91, the example of R's package usl."""
THINK_S = 1.0
SERVICE_S = 0.02
SERVERS = 8


def closed_system(users: int) -> float:
    """Throughput of users who think and then share eight servers, by the balance of births and deaths."""
    logs = [0.0]
    for inside in range(1, users + 1):
        logs.append(logs[-1] + math.log((users - inside + 1) / THINK_S) - math.log(min(inside, SERVERS) / SERVICE_S))
    weights = np.exp(np.array(logs) - max(logs))
    busy = np.minimum(np.arange(users + 1), SERVERS)
    return float(weights @ busy / weights.sum() / SERVICE_S)


def test_the_law_has_the_coefficients_that_r_finds() -> None:
    law = usl(*SDM91)
    assert law.alpha == pytest.approx(0.027728, rel=1e-3)
    assert law.beta == pytest.approx(1.04366e-4, rel=1e-3)
    assert law.gamma == pytest.approx(89.995, rel=1e-3)
    assert law.peak_users == pytest.approx(96.5194, rel=1e-3)
    assert law.peak_throughput == pytest.approx(predicted(law, 96.5194))
    assert all(lo < value < hi for value, (lo, hi) in [(law.alpha, law.alpha_ends or (0, 0)), (law.gamma, law.gamma_ends or (0, 0))])


def test_throughput_that_never_falls_has_no_peak() -> None:
    law = usl([1, 2, 4, 8, 16, 32], [100 * n / (1 + 0.05 * (n - 1)) for n in (1, 2, 4, 8, 16, 32)])
    assert (law.peak_users, law.peak_throughput) == (None, None)
    assert law.why == "Throughput does not fall again: there is no peak."


def test_a_peak_far_beyond_the_tests_is_none() -> None:
    law = usl(SDM91[0][:3], SDM91[1][:3])
    assert law.peak_users is None
    assert law.why == "There is no peak up to 43.2 users."
    assert (law.alpha_ends, law.beta_ends, law.gamma_ends) == (None, None, None)


@pytest.mark.parametrize("users", [0, -1, 260, 500])
def test_nothing_is_predicted_far_beyond_the_tests(users: float) -> None:
    law = usl(*SDM91)
    assert predicted(law, 259) > 0
    with pytest.raises(ValueError, match="Test a higher step"):
        predicted(law, users)


@pytest.mark.parametrize(
    ("throughput", "verdict"),
    [
        (lambda n: 10 * n, "linear"),
        (lambda n: 10 * n**0.98, "linear"),
        (lambda n: 10 * n**0.7, "sublinear"),
        (lambda n: 10 * n**1.3, "superlinear"),
        (lambda n: 10 * n ** (1.05 if n % 3 else 0.85), "undecided"),
    ],
)
def test_scaling_is_named_by_its_exponent(throughput: object, verdict: str) -> None:
    assert callable(throughput)
    users = [5, 10, 21, 40, 80, 162]
    assert linear_scaling(users, [throughput(n) for n in users]).verdict == verdict


def test_a_closed_system_grows_linearly_below_its_knee() -> None:
    below = [10, 50, 100, 200, 300]
    assert linear_scaling(below, [closed_system(n) for n in below]).verdict == "linear"


def test_the_knee_of_a_closed_system_is_where_its_asymptotes_meet() -> None:
    users = [50, 100, 200, 300, 400, 500, 600, 800]
    noise = np.random.default_rng(1).normal(1, 0.02, len(users))
    found = knee(users, [closed_system(n) for n in users] * noise)
    assert found.users == pytest.approx(SERVERS * (THINK_S + SERVICE_S) / SERVICE_S, rel=0.05)
    assert found.ceiling == pytest.approx(SERVERS / SERVICE_S, rel=0.03)
    assert found.lo is not None
    assert found.hi is not None
    assert found.lo < 408 < found.hi


def test_what_still_grows_has_no_knee() -> None:
    found = knee([1, 2, 4, 8], [10, 20, 40, 80])
    assert (found.users, found.lo, found.hi, found.ceiling) == (None, None, None, None)
    assert found.why == "Throughput still grows at the highest tested step."


@pytest.mark.parametrize(
    ("users", "throughput", "said"),
    [
        ([1, 2], [1, 2], "at least 3"),
        ([5, 5, 5], [1, 2, 3], "1 different steps"),
        ([1, 2, 3], [1, 2], "every step needs both"),
        ([0, 1, 2], [1, 2, 3], "leave out those without"),
        ([1, 2, 3], [1, 2, math.nan], "leave out what has no value"),
    ],
)
def test_what_is_no_series_of_steps_is_refused(users: list[float], throughput: list[float], said: str) -> None:
    for question in (usl, linear_scaling, knee):
        with pytest.raises(ValueError, match=said):
            question(users, throughput)


@given(st.lists(st.tuples(st.integers(1, 1000).map(float), st.floats(0.01, 1e6)), min_size=3, max_size=10, unique_by=lambda step: step[0]))
def test_no_steps_break_it(steps: list[tuple[float, float]]) -> None:
    users, throughput = [n for n, _ in steps], [x for _, x in steps]
    law, found = usl(users, throughput), knee(users, throughput)
    assert math.isfinite(predicted(law, max(users)))
    assert law.peak_users is None or law.peak_users <= 1.2 * max(users)
    assert found.users is None or found.users < max(users)

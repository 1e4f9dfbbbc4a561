"""Growth is told from noise, the growing part from the constant one, and a break point comes with its range."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from perfkit.stats.growth import Growth, break_size, crossing, growth

FEW = np.repeat([1_000.0, 4_000.0, 16_000.0, 64_000.0], 5)
MANY = np.repeat(np.geomspace(100, 100_000, 7).round(), 3)
TRIALS = 100


def noisy(shape: Callable[[np.ndarray], np.ndarray], sizes: np.ndarray, seed: int, cv: float = 0.05) -> np.ndarray:
    return np.asarray(shape(sizes) * np.exp(np.random.default_rng(seed).normal(0, cv, len(sizes))))


def trials(shape: Callable[[np.ndarray], np.ndarray], sizes: np.ndarray) -> list[Growth]:
    return [growth(sizes, noisy(shape, sizes, seed)) for seed in range(TRIALS)]


@pytest.mark.parametrize(
    ("family", "shape"),
    [
        ("1", lambda n: 0 * n + 7),
        ("log n", np.log),
        ("√n", lambda n: 2 + np.sqrt(n)),
        ("n", lambda n: 50 + n / 50),
        ("n", lambda n: 5 + n * np.log(n) / 1e3),
        ("n²", lambda n: 1 + n**2 / 1e6),
        ("n³", lambda n: 1 + n**3 / 1e9),
    ],
)
def test_the_family_is_named_where_sizes_are_many_and_wide(family: str, shape: Callable[..., np.ndarray]) -> None:
    found = [item.family for item in trials(shape, MANY)]
    assert found.count(family) >= 0.9 * TRIALS  # type: ignore[arg-type]


def test_few_sizes_leave_the_family_open_but_not_the_exponent() -> None:
    found = growth(FEW, noisy(lambda n: 5 + n**2 / 1e6, FEW, 1))
    assert (found.family, found.decidable) == ("undecidable", False)
    assert "4 sizes over 1.8 decades" in found.why
    assert found.lo is not None
    assert found.hi is not None
    assert found.lo < 2 < found.hi


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.5, 2.0, 3.0])
def test_the_interval_holds_the_true_exponent_beside_a_large_constant(exponent: float) -> None:
    found = trials(lambda n: 3 + 10 * (n / 64_000) ** exponent, FEW)
    assert sum((item.lo or 0) <= exponent <= (item.hi or 9) for item in found) >= 0.9 * TRIALS


def test_a_large_constant_hides_linear_growth_from_the_slope_but_not_from_the_exponent() -> None:
    found = growth(FEW, 1000 + FEW / 64)
    assert found.slope < 0.5
    assert found.exponent == pytest.approx(1.0, abs=0.02)
    assert found.constant == pytest.approx(1000, rel=0.02)


@pytest.mark.parametrize("shape", [lambda n: 0 * n + 3, lambda n: 2 + n / 1e3, lambda n: 1 + n * np.log(n) / 1e4, np.sqrt])
def test_linear_growth_and_less_is_hardly_ever_called_faster(shape: Callable[..., np.ndarray]) -> None:
    assert sum(item.faster_than_linear for item in trials(shape, FEW)) <= 0.07 * TRIALS


@pytest.mark.parametrize("exponent", [1.5, 2.0, 3.0])
def test_faster_growth_is_found(exponent: float) -> None:
    assert all(item.faster_than_linear for item in trials(lambda n: 1 + (n / 1000) ** exponent, FEW))


def test_one_long_pause_does_not_hide_quadratic_growth() -> None:
    sizes = np.repeat([1_000.0, 4_000.0, 16_000.0, 28_000.0], 3)
    found = growth(sizes, [8, 5.6, 55.6, 226, 176, 487, 3540, 2290, 4940, 8290, 8110, 10_400])
    assert found.faster_than_linear


@pytest.mark.parametrize(("constant", "exponent"), [(20, 1.0), (5, 2.0), (0, 1.5)])
def test_the_break_is_predicted_beyond_the_measured_sizes(constant: float, exponent: float) -> None:
    limit = constant + 150.0**exponent
    found = [break_size(FEW, noisy(lambda n: constant + (n / 1000) ** exponent, FEW, seed), limit) for seed in range(TRIALS)]
    errors = [abs((item.size or 0) / 150_000 - 1) for item in found]
    assert np.median(errors) < 0.08
    assert np.quantile(errors, 0.9) < 0.2
    assert sum((item.lo or 0) <= 150_000 <= (item.hi or np.inf) for item in found) >= 0.9 * TRIALS
    assert all(item.extrapolated and "extrapolated to 2." in item.why for item in found)


def test_a_break_between_measured_sizes_is_no_extrapolation() -> None:
    found = break_size(FEW, FEW / 100, 200)
    assert found.size == pytest.approx(20_000, rel=0.01)
    assert not found.extrapolated


@pytest.mark.parametrize(("values", "why"), [(0 * FEW + 5, "do not grow"), (FEW * 10, "smallest size, 1000, already")])
def test_what_cannot_be_predicted_says_why(values: np.ndarray, why: str) -> None:
    found = break_size(FEW, values, 100)
    assert found.size is None
    assert why in found.why


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [0.0, 5e-324, 1e-200])
def test_times_that_the_clock_could_not_tell_from_nothing_do_not_grow(value: float) -> None:
    sizes = [10.0**power for power in range(7)]
    found = growth(sizes, [value] * 7)
    assert (found.family, found.exponent, found.constant) == ("1", 0.0, value)
    assert "do not grow" in break_size(sizes, [value] * 7, 0.5).why


def test_the_crossing_lies_between_the_sizes_around_it() -> None:
    assert crossing([1, 10, 100], [1, 10, 100], 50) == pytest.approx(50)
    assert crossing([1, 10, 100], [1, 10, 100], 500) is None
    assert crossing([1, 10, 100], [1, 10, 100], 0.5) is None
    assert crossing([1, 10, 100], [0, 0, 10], 5) == pytest.approx(10 * 10**0.5)
    assert crossing([1, 2, 4, 8], [1, 6, 4, 8], 5) == pytest.approx(4 * 2 ** (np.log(5 / 4) / np.log(2)))


@pytest.mark.parametrize(("sizes", "values"), [([1, 2], [1, 2]), ([1, 2, 3], [1, 2]), ([1, 2, 3], [1, np.nan, 2]), ([0, 1, 2], [1, 1, 1])])
def test_what_is_no_measurement_is_refused(sizes: list[float], values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"size|value"):
        growth(sizes, values)

"""A curve is named only when it fits better than the others."""

from __future__ import annotations

import numpy as np
import pytest

from perfkit.stats.growth_curves import LINE, LOGARITHM, POWER, growth_curves

SIZES = np.array([1000.0, 2000, 4000, 8000, 16000, 32000, 64000])
NOISE = 1 + 0.005 * np.array([1, -1, 0.5, -0.5, 1, -1, 0.3])


@pytest.mark.parametrize(
    ("values", "best"),
    [(-305 + 130 * np.log(SIZES), LOGARITHM), (12 + 0.008 * SIZES, LINE), (3 * SIZES**0.76, POWER)],
)
def test_the_curve_that_made_the_values_is_named(values: np.ndarray, best: str) -> None:
    curves = growth_curves(SIZES.tolist(), (values * NOISE).tolist())
    assert curves.best == best and curves.line_excluded == (best != LINE)


def test_curves_that_fit_alike_are_not_told_apart() -> None:
    assert growth_curves([100, 200, 400, 800], [10, 13, 9, 12]).best is None
    with pytest.raises(ValueError, match="needs 4 sizes"):
        growth_curves([1, 2, 3], [1, 2, 3])

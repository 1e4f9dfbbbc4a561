"""Student's t by its formulas, in plain numbers: reports ask for thousands, and whoever asks for one need not wait for scipy."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

NORMAL = NormalDist()
PRECISE, SETTLED = 3e-16, 2e-4
"""Relative change of the last factor of a fraction; and of the last step of a search, whose next one would be its fifth power."""
SHORT = 0.05
"""Of a step, relative: along it Taylor's series is all but exact."""
MOST_STEPS = 2000
FARTHEST = 1e100
"""Its square is still a number; nothing is farther that anybody asks for."""
LARGE = 30.0
HALF_STEP = (1.0, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768, -399 / 262144, 869 / 4194304, 39325 / 33554432)
"""Γ(a + ½) / (Γ(a) √a) in powers of 1 / a."""


@lru_cache(maxsize=4096)
def t_quantile(share: float, freedom: float) -> float:
    """The value that this share of the distribution lies below; freedom may be infinite."""
    if math.isinf(freedom):
        return NORMAL.inv_cdf(share)
    if share <= 0.5:
        return -t_quantile(1 - share, freedom) if share < 0.5 else 0.0
    t = _start(1 - share, freedom)
    for _ in range(MOST_STEPS):
        step = _bent((_beyond(t, freedom) - (1 - share)) / _density(t, freedom), t, freedom)
        t += step
        if abs(step) <= SETTLED * t:
            return t
    raise ArithmeticError(f"The quantile {share} of Student's t with {freedom} degrees of freedom was not found.")


def _bent(step: float, t: float, freedom: float) -> float:
    """Newton's step along the quantile's own curve: by four terms of Taylor where it is short, by Halley where it is not."""
    square = freedom + t * t
    slope = (freedom + 1) * t / square
    if abs(step) > SHORT * t:
        return step / (1 - step * slope / 2)
    second = (freedom + 1) / square * (1 - 2 * t * t / square)
    third = -2 * slope / square * (3 - 4 * t * t / square)
    cubic, quartic = second + 2 * slope * slope, third + slope * (7 * second + 6 * slope * slope)
    return step * (1 + step * (slope / 2 + step * (cubic / 6 + step * quartic / 24)))


def t_chance(t: float, freedom: float) -> float:
    """Chance of a value as far from zero, on either side."""
    return math.erfc(abs(t) / math.sqrt(2)) if math.isinf(freedom) else 2 * _beyond(abs(t), freedom)


def _beyond(t: float, freedom: float) -> float:
    """Chance of a larger value; t is not negative. An incomplete beta function, from the side on which its fraction is short."""
    if t == 0:
        return 0.5
    t = min(t, FARTHEST)
    near, far = freedom / (freedom + t * t), t * t / (freedom + t * t)
    common = _peak(freedom) * math.sqrt(freedom * far) * math.exp(-freedom / 2 * math.log1p(t * t / freedom))
    half = freedom / 2
    if near < (half + 1) / (half + 2.5):
        return common / freedom * _fraction(near, half, 0.5)
    return 0.5 - common * _fraction(far, 0.5, half)


def _density(t: float, freedom: float) -> float:
    return _peak(freedom) * math.exp(-(freedom + 1) / 2 * math.log1p(t * t / freedom))


@lru_cache(maxsize=4096)
def _peak(freedom: float) -> float:
    """The density at zero."""
    half = freedom / 2
    if half < LARGE:
        return math.gamma(half + 0.5) / math.gamma(half) / math.sqrt(math.pi * freedom)
    ratio = math.fsum(part / half**power for power, part in enumerate(HALF_STEP))
    return ratio / math.sqrt(2 * math.pi)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz."""
    above, below = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value = below
    for step in range(1, MOST_STEPS):
        twice = a + 2 * step
        even, odd = step * (b - step) * x / ((twice - 1) * twice), -(a + step) * (a + b + step) * x / (twice * (twice + 1))
        below = 1 / (1 + even * below)
        above = 1 + even / above
        value *= above * below
        below = 1 / (1 + odd * below)
        above = 1 + odd / above
        change = above * below
        value *= change
        if abs(change - 1) < PRECISE:
            break
    return value


def _start(beyond: float, freedom: float) -> float:
    """Near enough for the search: exact with one and with two degrees of freedom, by Cornish and Fisher with more."""
    if freedom < 1.5:
        return math.tan(math.pi * (0.5 - beyond))
    if freedom < 3:
        return (1 - 2 * beyond) / math.sqrt(2 * beyond * (1 - beyond))
    z = NORMAL.inv_cdf(1 - beyond)
    parts = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(part / freedom**power for power, part in enumerate(parts, 1))

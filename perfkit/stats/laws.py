"""Which exact law do counts follow: 23 + 8·n statements, or one page for each 100 rows?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

LEAST_SIZES = 3
LEAST_FOR_STAIRS = 4
"""Constant, height and width of the steps explain any three counts."""
MOST_PER_STEP = 8
"""Counts that one step of a staircase may add."""


@dataclass(frozen=True, slots=True)
class Law:
    """A count that follows exactly from the size."""

    constant: int
    per_unit: Fraction
    """Added by each unit of size; 0 when the count does not depend on it."""
    text: str
    """In terms of n."""


def law_of_counts(sizes: Sequence[float], counts: Sequence[float]) -> Law | None:
    """The law that all counts follow without exception; None when repeats differ or no simple law holds."""
    points = _points(sizes, counts)
    if points is None or len(points) < LEAST_SIZES:
        return None
    (first, low), (last, high) = points[0], points[-1]
    per_unit = Fraction(high - low, last - first)
    start = low - per_unit * first
    if start.denominator == 1 and all(start + per_unit * size == count for size, count in points):
        return Law(int(start), per_unit, _text(int(start), _term(per_unit)))
    return _staircase(points, per_unit) if per_unit > 0 and len(points) >= LEAST_FOR_STAIRS else None


def _points(sizes: Sequence[float], counts: Sequence[float]) -> list[tuple[int, int]] | None:
    known: dict[int, int] = {}
    for size, count in zip(sizes, counts, strict=True):
        if size != int(size) or count != int(count) or known.setdefault(int(size), int(count)) != int(count):
            return None
    return sorted(known.items())


def _staircase(points: Sequence[tuple[int, int]], per_unit: Fraction) -> Law | None:
    """One step for each begun, or for each full, d units."""
    for marks, rounding in (("⌈⌉", ceil), ("⌊⌋", floor)):
        for step in range(1, MOST_PER_STEP + 1):
            middle = round(points[0][1] - per_unit * points[0][0])
            for constant in range(max(middle - step - 1, 0), middle + step + 2):
                width = _width(points, constant, step, rounding)
                if width is not None:
                    term = f"{marks[0]}n/{width}{marks[1]}"
                    return Law(constant, Fraction(step, width), _text(constant, term if step == 1 else f"{step}·{term}"))
    return None


def _width(points: Sequence[tuple[int, int]], constant: int, step: int, rounding: Callable[[Fraction], int]) -> int | None:
    """The roundest d for which every count is constant + step·⌈n/d⌉, or with ⌊n/d⌋."""
    stairs = [(size, Fraction(count - constant, step)) for size, count in points]
    if any(stair.denominator != 1 or stair < 1 for _, stair in stairs):
        return None
    size, stair = stairs[-1]
    nearby = range(max(int(size / (stair + 1)), 2), int(size / max(stair - 1, Fraction(1, 2))) + 2)
    fitting = [width for width in nearby if _is_round(width) and all(rounding(Fraction(n, width)) == level for n, level in stairs)]
    return max(fitting, key=lambda width: (len(str(width)) - len(str(width).rstrip("0")), -width), default=None)


def _is_round(width: int) -> bool:
    """Pages and batches have sizes that people choose; another width would be a coincidence."""
    return width % 5 == 0 or width & (width - 1) == 0


def _term(per_unit: Fraction) -> str:
    if not per_unit:
        return ""
    factor = "" if abs(per_unit.numerator) == 1 else f"{abs(per_unit.numerator)}·"
    sign = "-" if per_unit < 0 else ""
    return f"{sign}{factor}n" + ("" if per_unit.denominator == 1 else f"/{per_unit.denominator}")


def _text(constant: int, term: str) -> str:
    if not term:
        return str(constant)
    if not constant:
        return term
    return f"{constant} + {term}" if not term.startswith("-") else f"{constant} - {term[1:]}"

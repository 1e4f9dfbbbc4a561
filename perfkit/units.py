"""Quantity ⇄ text: the only place that rounds."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from perfkit.errors import UsageError

NOT_MEASURED = "not measured"
THIN_SPACE = "\u202f"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a base unit: ms, bytes, ratio, factor, per_second, count, tokens, samples or allocations."""

    value: float
    unit: str
    resolution: float
    """Half a unit of the last digit that was written."""


@dataclass(frozen=True, slots=True)
class Step:
    """One way to write a base unit: from which size on, divided by what, in which digits, followed by what."""

    least: Decimal
    divisor: Decimal
    suffix: str
    digits: Callable[[Decimal], str]


@dataclass(frozen=True, slots=True)
class Scale:
    """A base unit's steps, largest first."""

    steps: tuple[Step, ...]
    zero: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the store: so much of its base unit."""

    base: str
    amount: Decimal = Decimal(1)


def _measured(number: Decimal) -> str:
    """Three significant digits; those before the point are never replaced by zeros."""
    rounded = _rounded(number)
    return _integer(number) if abs(rounded) >= 1000 else f"{rounded:f}"


def _counted(number: Decimal) -> str:
    """An integer keeps all its digits and gains none; a mean of integers is measured."""
    return _integer(number) if number == number.to_integral_value() else _measured(number)


def _integer(number: Decimal) -> str:
    return f"{number:,.0f}".replace(",", THIN_SPACE)


def _rounded(number: Decimal) -> Decimal:
    return Decimal(f"{number:.2e}")


def _step(least: str, divisor: str, suffix: str, digits: Callable[[Decimal], str] = _measured) -> Step:
    return Step(Decimal(least), Decimal(divisor), suffix, digits)


SCALES: dict[str, Scale] = {
    "ms": Scale((_step("1000", "1000", " s"), _step("1", "1", " ms"), _step("0", "0.001", " µs")), "0 ms"),
    "bytes": Scale(
        (
            _step("1e12", "1e12", " TB"),
            _step("1e9", "1e9", " GB"),
            _step("1e6", "1e6", " MB"),
            _step("1e3", "1e3", " KB"),
            _step("0", "1", " B", _counted),
        ),
        "0 B",
    ),
    "ratio": Scale((_step("0", "0.01", " %"),), "0 %"),
    "factor": Scale((_step("0", "1", "×"),), "0×"),
    "per_second": Scale((_step("0", "1", "/s"),), "0/s"),
    "count": Scale((_step("0", "1", "", _counted),), "0"),
    "tokens": Scale((_step("0", "1", " tokens", _counted),), "0 tokens"),
    "samples": Scale((_step("0", "1", " samples", _counted),), "0 samples"),
    "allocations": Scale((_step("0", "1", " allocations", _counted),), "0 allocations"),
}
UNITS: dict[str, Unit] = {base: Unit(base) for base in SCALES} | {
    "s": Unit("ms", Decimal(1000)),
    "cpu_s": Unit("ms", Decimal(1000)),
    "wall_s": Unit("ms", Decimal(1000)),
    "us": Unit("ms", Decimal("0.001")),
    "mb": Unit("bytes", Decimal(1_000_000)),
}
OF_A_TOOL = re.compile(r"\S.*_(?P<unit>s|bytes)(?:_\d+)?", re.DOTALL)
"""Units that tools bring along: delay_s and inuse_space_bytes are a time and a size; what else there is, page-faults, is counted."""
PRINTED: dict[str, Unit] = {step.suffix.strip(): Unit(base, step.divisor) for base, scale in SCALES.items() for step in scale.steps}
WRITTEN: dict[str, Unit] = PRINTED | {
    "us": PRINTED["µs"],
    "\u03bcs": PRINTED["µs"],  # the Greek letter, where the suffix has the micro sign
    "sec": PRINTED["s"],
    "min": Unit("ms", Decimal(60_000)),
    "h": Unit("ms", Decimal(3_600_000)),
    "kB": PRINTED["KB"],
    "KiB": Unit("bytes", Decimal(2**10)),
    "MiB": Unit("bytes", Decimal(2**20)),
    "GiB": Unit("bytes", Decimal(2**30)),
    "x": PRINTED["×"],
    "req/s": PRINTED["/s"],
}
NUMBER = re.compile(r"(?P<number>-?(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)\s*(?P<suffix>\D*)", re.ASCII)


def format_quantity(value: float | None, unit: str) -> str:
    """Three significant digits for what is measured, all for what is counted, with the suffix that suits the size."""
    known, scale = _unit(unit)
    if value is None:
        return NOT_MEASURED
    if not math.isfinite(value):
        raise ValueError(f"{value} is no quantity: what was not measured is None.")
    amount = Decimal(repr(float(value))) * known.amount
    if not amount:
        return scale.zero
    # by the rounded size, or 999.6 ms would be written as 1000 ms
    step = next(step for step in scale.steps if abs(_rounded(amount)) >= step.least)
    return f"{step.digits(amount / step.divisor)}{step.suffix}"


def _unit(name: str) -> tuple[Unit, Scale]:
    """A unit of the store, or one that a tool brought along."""
    tools = OF_A_TOOL.fullmatch(name)
    known = UNITS.get(name) or (UNITS[tools["unit"]] if tools else None)
    if known is not None:
        return known, SCALES[known.base]
    if not name.strip():
        raise ValueError(f"A quantity needs a unit. Known: {', '.join(UNITS)}.")
    return Unit(name), Scale((_step("0", "1", f" {name}", _counted),), f"0 {name}")


@lru_cache(maxsize=1024)
def parse_quantity(text: str) -> Quantity:
    """The base quantity that a text states: every number that format_quantity writes, and what people write in target files."""
    match = NUMBER.fullmatch(text.strip())
    suffix = match["suffix"].strip() if match else ""
    if match is None or suffix not in WRITTEN:
        raise UsageError(
            f"{text!r} is no quantity. Write a number and a unit, such as 500 ms, 80 % or 1.2x. Units: {', '.join(filter(None, WRITTEN))}."
        )
    number = Decimal("".join(re.split(r"[ \u00a0\u202f]", match["number"])))
    half_digit = Decimal(5).scaleb(_exponent(number) - 1)
    unit = WRITTEN[suffix]
    value = float(number * unit.amount)
    if not math.isfinite(value):
        raise UsageError(f"{text!r} is no quantity: the number is too large.")
    return Quantity(value, unit.base, float(half_digit * unit.amount))


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0

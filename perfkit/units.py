"""Quantity ⇄ text: the only place that rounds."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from perfkit.errors import UsageError

NARROW_SPACE = "\u202f"
NOT_MEASURED = "not measured"
DIGITS = 3


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit."""

    value: float
    unit: str
    resolution: float
    """Half a unit of the last digit that was written."""


@dataclass(frozen=True, slots=True)
class Step:
    """One way to write a unit: from which size on, divided by what, followed by what."""

    least: float
    factor: float
    suffix: str


STEPS: dict[str, tuple[Step, ...]] = {
    "ms": (Step(1000, 1000, " s"), Step(1, 1, " ms"), Step(0, 1e-3, " µs")),
    "s": (Step(1, 1, " s"), Step(1e-3, 1e-3, " ms"), Step(0, 1e-6, " µs")),
    "us": (Step(1e6, 1e6, " s"), Step(1e3, 1e3, " ms"), Step(0, 1, " µs")),
    "cpu_s": (Step(1, 1, " s"), Step(1e-3, 1e-3, " ms"), Step(0, 1e-6, " µs")),
    "wall_s": (Step(1, 1, " s"), Step(1e-3, 1e-3, " ms"), Step(0, 1e-6, " µs")),
    "ratio": (Step(0, 0.01, " %"),),
    "factor": (Step(0, 1, "×"),),
    "per_second": (Step(0, 1, "/s"),),
    "bytes": (Step(1e9, 1e9, " GB"), Step(1e6, 1e6, " MB"), Step(1e3, 1e3, " KB"), Step(0, 1, " B")),
    "mb": (Step(1e3, 1e3, " GB"), Step(0, 1, " MB")),
    "tokens": (Step(0, 1, " tokens"),),
    "samples": (Step(0, 1, " samples"),),
    "allocations": (Step(0, 1, " allocations"),),
    "count": (Step(0, 1, ""),),
}
ZERO_SUFFIX = {unit: (" ms" if unit == "ms" else steps[0].suffix if len(steps) == 1 else steps[-1].suffix) for unit, steps in STEPS.items()}
READ: dict[str, tuple[str, float]] = {
    "ms": ("ms", 1),
    "s": ("ms", 1000),
    "sec": ("ms", 1000),
    "min": ("ms", 60_000),
    "h": ("ms", 3_600_000),
    "µs": ("ms", 1e-3),
    "us": ("ms", 1e-3),
    "%": ("ratio", 0.01),
    "×": ("factor", 1),
    "x": ("factor", 1),
    "/s": ("per_second", 1),
    "B": ("bytes", 1),
    "KB": ("bytes", 1e3),
    "MB": ("bytes", 1e6),
    "GB": ("bytes", 1e9),
    "tokens": ("tokens", 1),
    "samples": ("samples", 1),
    "allocations": ("allocations", 1),
    "": ("count", 1),
}
WRITTEN = re.compile(r"(?P<number>-?\d[\d \u202f\u00a0]*(?:\.\d+)?(?:e[+-]?\d+)?)\s*(?P<unit>[^\d\s.-]*)", re.IGNORECASE)


def format_quantity(value: float | None, unit: str) -> str:
    """Three significant digits with the unit that suits the size."""
    if unit not in STEPS:
        raise ValueError(f"unknown unit {unit!r}")
    if value is None:
        return NOT_MEASURED
    if not math.isfinite(value):
        raise ValueError(f"{value} is no quantity")
    if value == 0:
        return f"0{ZERO_SUFFIX[unit]}"
    step = _step(abs(value), STEPS[unit])
    return f"{_grouped(value / step.factor, whole=unit == 'count')}{step.suffix}"


def parse_quantity(text: str) -> Quantity:
    """What format_quantity writes, and what people write in target files."""
    match = WRITTEN.fullmatch(text.strip())
    if match is None or match["unit"] not in READ:
        raise UsageError(f"{text!r} is no quantity. Write a number and a unit, such as 500 ms, 80 % or 1.2x.")
    digits = re.sub(r"[ \u202f\u00a0]", "", match["number"])
    unit, factor = READ[match["unit"]]
    mantissa, _, exponent = digits.lower().partition("e")
    places = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return Quantity(float(digits) * factor, unit, 0.5 * 10.0**-places * factor)


def same_text(text: str, value: float | None, unit: str) -> bool:
    """Whether a text says what the value would be written as."""
    return _plain(text) == _plain(format_quantity(value, unit))


def _step(size: float, steps: tuple[Step, ...]) -> Step:
    for step in steps:
        if float(f"{size:.{DIGITS}g}") >= step.least:
            return step
    return steps[-1]


def _grouped(number: float, *, whole: bool) -> str:
    """Three significant digits, but never less than the whole number."""
    rounded = float(f"{number:.{DIGITS}g}")
    places = 0 if whole and number == int(number) else max(0, DIGITS - 1 - math.floor(math.log10(abs(rounded))))
    return f"{number:,.{places}f}".replace(",", NARROW_SPACE)


def _plain(text: str) -> str:
    return " ".join(text.replace(NARROW_SPACE, " ").replace("\u00a0", " ").split())

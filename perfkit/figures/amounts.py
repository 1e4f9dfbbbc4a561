"""How are weights, shares, numbers of things, places and long names written for people who look at a picture or a profile?"""

from __future__ import annotations

from perfkit.units import THIN_SPACE, format_quantity

LEAST_SHARE = 0.0001
"""A smaller one is noise, and its digits would say otherwise."""
MEASURED = {"cpu_s": "CPU time", "wall_s": "wall time", "samples": "samples", "bytes": "memory", "allocations": "allocations"}


def share_text(share: float | None) -> str:
    """Three digits at most; – where it is not known."""
    if share is None:
        return "–"
    tiny = 0 < abs(share) < LEAST_SHARE
    return f"{'>' if share < 0 else '<'} {'−' if share < 0 else ''}0.01 %" if tiny else format_quantity(share, "ratio")


def weight_text(weight: float | None, unit: str) -> str:
    """With its unit, of which there may be one."""
    if weight is None:
        return "–"
    if unit == "ratio":
        return share_text(weight)
    text = format_quantity(weight, unit)
    return text.removesuffix("s") if abs(weight) == 1 and text.endswith(f" {unit}") else text


def amount_text(weight: float, unit: str) -> str:
    """The same with what it is an amount of, where the unit does not say it."""
    text = weight_text(weight, unit)
    return text if text.endswith((unit, unit.removesuffix("s"))) else f"{text} of {measured(unit)}"


def how_many(number: float, thing: str) -> str:
    """1 path, 1 234 paths."""
    return f"{number:,.0f} {thing}{'' if number == 1 else 's'}".replace(",", THIN_SPACE)


def shortened(name: str, most: int) -> str:
    """Its beginning, where it is longer."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def place_of(file: str, line: int) -> str:
    """As editors open it; built-in functions have no line."""
    return f"{file}:{line}" if line else file


def measured(unit: str) -> str:
    """What a unit measures; units that tools bring along speak for themselves."""
    return MEASURED.get(unit) or unit.removesuffix("_s").removesuffix("_bytes").replace("_", " ")

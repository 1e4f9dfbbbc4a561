"""What would the whole gain if a function became free, or so many times faster?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfkit.analyses.usual_functions import UsualFunction
from perfkit.stats.amdahl import saved_share, speed_up


@dataclass(frozen=True, slots=True)
class FunctionGain:
    """One function, and the whole without what it takes."""

    function: str
    file: str
    line: int
    origin: str
    times: float
    """How many times faster it becomes; infinite where it becomes free."""
    own_share: float
    own_saves: float
    """Of the whole, in the profile's unit, if its own work became so much faster."""
    own_speed_up: float
    """How many times faster the whole becomes then."""
    total_share: float
    total_saves: float
    """The same with all that it calls."""
    total_speed_up: float
    unit: str


def function_gains(rows: Sequence[UsualFunction], times: float) -> list[FunctionGain]:
    """The same functions in the same order; what saves is bound to the whole."""
    whole = sum(row.own for row in rows)
    return [_gain(row, whole, times) for row in rows if whole > 0]


def _gain(row: UsualFunction, whole: float, times: float) -> FunctionGain:
    shares = [min(max(share, 0.0), 1.0) for share in (row.own_share, row.total_share)]
    (own, own_saves, own_gain), (total, total_saves, total_gain) = (
        (share, saved_share(share, times) * whole, speed_up(share, times)) for share in shares
    )
    where = (row.function, row.file, row.line, row.origin)
    return FunctionGain(*where, times, own, own_saves, own_gain, total, total_saves, total_gain, row.unit)

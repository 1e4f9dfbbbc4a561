"""What would the whole gain if a function became free, or so many times faster?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from perfkit.analyses.functions import FunctionTime
from perfkit.stats.amdahl import saved_share, speed_up


@dataclass(frozen=True, slots=True)
class FunctionGain:
    """One function of one profile, and the whole without what it takes."""

    run_id: str
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


def function_gains(rows: Sequence[FunctionTime], times: float) -> list[FunctionGain]:
    """The same functions in the same order; what saves is bound to the whole of its run and unit."""
    wholes: dict[tuple[str, str], float] = defaultdict(float)
    for row in rows:
        wholes[row.run_id, row.unit] += row.own
    return [_gain(row, wholes[row.run_id, row.unit], times) for row in rows if wholes[row.run_id, row.unit] > 0]


def _gain(row: FunctionTime, whole: float, times: float) -> FunctionGain:
    shares = [min(max(weight or 0.0, 0.0) / whole, 1.0) for weight in (row.own, row.total)]
    (own, own_saves, own_gain), (total, total_saves, total_gain) = (
        (share, saved_share(share, times) * whole, speed_up(share, times)) for share in shares
    )
    where = (row.run_id, row.function, row.file, row.line, row.origin)
    return FunctionGain(*where, times, own, own_saves, own_gain, total, total_saves, total_gain, row.unit)

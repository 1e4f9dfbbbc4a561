"""Which types have more and more objects? First against last moment, and the verdict over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
FLOOR_OBJECTS = 50.0
"""Fewer that half of a run adds are not worth a name."""


@dataclass(frozen=True, slots=True)
class _Held:
    run_id: str
    type: str
    moments: list[float]
    taken: list[int]
    snapshots: list[int]
    objects: list[float]
    bytes: list[float | None]


@dataclass(frozen=True, slots=True)
class TypeGrowth:
    """One type in one run."""

    run_id: str
    subject: str
    """The type's name with its module; what Python has built in has none."""
    n: int
    """Moments."""
    seconds: float
    objects_first: float
    objects_last: float
    first: float | None
    last: float | None
    """Bytes of the objects alone, without what they refer to."""
    late: float
    """Objects that the second half of the run added and that were never given back."""
    per_hour: float | None
    """Objects."""
    verdict: str
    """leak, flat or undecided."""
    why: str


def type_growth(store: Store, run_ids: Sequence[str]) -> list[TypeGrowth]:
    """Types of runs with several snapshots, what grows longest and most first."""
    found = [_growth(item) for item in store.ask(QUESTION, _Held, run_ids=list(run_ids))]
    return sorted(found, key=lambda item: (item.run_id, item.verdict != "leak", -item.late, item.objects_first - item.objects_last, item.subject))


def _growth(item: _Held) -> TypeGrowth:
    from perfkit.stats.kept import kept

    counted, sized = dict(zip(item.snapshots, item.objects, strict=True)), dict(zip(item.snapshots, item.bytes, strict=True))
    objects, sizes = [counted.get(taken, 0.0) for taken in item.taken], [sized.get(taken, 0.0) for taken in item.taken]
    result = kept(item.moments, objects, floor=FLOOR_OBJECTS)
    return TypeGrowth(
        item.run_id,
        item.type,
        n=len(objects),
        seconds=item.moments[-1] - item.moments[0],
        objects_first=objects[0],
        objects_last=objects[-1],
        first=sizes[0],
        last=sizes[-1],
        late=result.late,
        per_hour=result.per_hour,
        verdict=result.verdict,
        why=result.why,
    )

"""Which places of the code keep more and more memory? First against last moment, and the verdict over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
FLOOR_BYTES = 64 * 1024.0
"""Less growth over half of a run is not worth a name."""


@dataclass(frozen=True, slots=True)
class _Held:
    run_id: str
    file: str
    line: int
    function: str | None
    origin: str
    allocated_in: str | None
    moments: list[float]
    taken: list[int]
    snapshots: list[int]
    held: list[float]
    blocks: list[float]


@dataclass(frozen=True, slots=True)
class SiteGrowth:
    """One place of the code in one run."""

    run_id: str
    subject: str
    """file:line."""
    file: str
    line: int
    function: str | None
    """None where the record does not tell."""
    origin: str
    allocated_in: str | None
    """The line of a library that allocated for it; None where it allocated itself."""
    n: int
    """Moments."""
    seconds: float
    first: float
    last: float
    """Bytes."""
    blocks_first: float
    blocks_last: float
    late: float
    """Bytes that the second half of the run added and that were never given back."""
    per_hour: float | None
    verdict: str
    """leak, flat or undecided."""
    why: str


def site_growth(store: Store, run_ids: Sequence[str]) -> list[SiteGrowth]:
    """Places of runs with several snapshots, what grows longest and most first."""
    found = [_growth(item) for item in store.ask(QUESTION, _Held, run_ids=list(run_ids))]
    return sorted(found, key=lambda item: (item.run_id, item.verdict != "leak", -item.late, item.first - item.last, item.subject))


def _growth(item: _Held) -> SiteGrowth:
    from perfkit.stats.kept import kept

    sizes, counts = dict(zip(item.snapshots, item.held, strict=True)), dict(zip(item.snapshots, item.blocks, strict=True))
    held, blocks = [sizes.get(taken, 0.0) for taken in item.taken], [counts.get(taken, 0.0) for taken in item.taken]
    result = kept(item.moments, held, floor=FLOOR_BYTES)
    subject = f"{item.file}:{item.line}" if item.file else item.function or "unknown"
    return SiteGrowth(
        *(item.run_id, subject, item.file, item.line, item.function, item.origin, item.allocated_in),
        n=len(held),
        seconds=item.moments[-1] - item.moments[0],
        first=held[0],
        last=held[-1],
        blocks_first=blocks[0],
        blocks_last=blocks[-1],
        late=result.late,
        per_hour=result.per_hour,
        verdict=result.verdict,
        why=result.why,
    )

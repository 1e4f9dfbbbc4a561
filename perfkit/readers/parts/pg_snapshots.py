"""Rows of a pg_stat_* view that were read several times → what the server counted from the first time to the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from perfkit.readers.parts.pg_counters import Counting, Seen, grown

TAKEN_AT = "taken_at"
"""The column that tells one time from another: select now() as taken_at, * from pg_stat_statements."""
RESET_AT = ("stats_since", "stats_reset")


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The first and the last of them."""

    since: datetime
    until: datetime
    before: Sequence[Seen]
    after: Sequence[Seen]


def snapshots_of(rows: Sequence[Seen]) -> Snapshots | None:
    """None where the rows were read only once, or nobody knows when."""
    times: dict[datetime, list[Seen]] = {}
    for seen in rows:
        moment = seen.moment(TAKEN_AT)
        if moment is None:
            if times:
                raise seen.wrong(f"{TAKEN_AT} is empty, although other rows say when they were read.")
            return None
        times.setdefault(moment, []).append(_counters(seen))
    since, until = min(times), max(times)
    return Snapshots(since, until, times[since], times[until]) if until > since else None


def difference(found: Snapshots, key: Callable[[Counting], object], made: Callable[[Seen], Sequence[Counting]]) -> list[Counting]:
    """The later rows, as much as they grew. What is new counts whole; so does what began anew, since then."""
    earlier: Mapping[object, Counting] = {key(row): row for seen in found.before for row in made(seen)}
    rows = []
    for seen in found.after:
        reset_at = max((at for name in RESET_AT if (at := seen.moment(name)) and at > found.since), default=None)
        for row in made(seen):
            grew = None if reset_at else grown(row, earlier.get(key(row)))
            began = reset_at if grew is None else found.since
            rows.append(replace(grew or row, since=began, until=found.until))
    return rows


def _counters(seen: Seen) -> Seen:
    return replace(seen, values={name: value for name, value in seen.values.items() if name != TAKEN_AT})

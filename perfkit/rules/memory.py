"""Memory that a process keeps, the place or type that keeps it, what the peak is for, and what is copied. Warm-up and steady programs are silent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

from perfkit.analyses.large_copies import LargeCopy, large_copies
from perfkit.analyses.memory_growth import MemoryGrowth, memory_growth
from perfkit.analyses.memory_peak import MemoryPeak, memory_peak
from perfkit.analyses.site_growth import SiteGrowth, site_growth
from perfkit.analyses.type_growth import TypeGrowth, type_growth
from perfkit.model.finding import Finding, Level
from perfkit.rules.drafts import draft
from perfkit.store import Store
from perfkit.units import format_quantity

MOST = 3
"""Places or types of one run that are named: the first of them explain the others."""
LEAST_SHARE = 0.05
"""Of what the leaking places of a run add together."""
PEAK_BYTES, PEAK_SHARE = 64e6, 0.3
"""A peak below it, or a line with less of it, is not worth the work."""
COPIED_MB = 100.0
SHORT_LIVED_MB, SHORT_LIVED_TIMES = 500.0, 10.0
"""Allocated by one line, and how many times what is alive at once."""
LONG_LOOK_S = 600.0
NOTHING_IN_TIME = "nothing is predicted in time: memory runs out"

Row = TypeVar("Row", SiteGrowth, TypeGrowth, MemoryPeak, LargeCopy)


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every run that looked at memory."""
    return [
        *judge(memory_growth(store, run_ids)),
        *judge_sites(site_growth(store, run_ids)),
        *judge_types(type_growth(store, run_ids)),
        *judge_peaks(memory_peak(store, run_ids)),
        *judge_copies(large_copies(store, run_ids)),
    ]


def judge(rows: Sequence[MemoryGrowth]) -> list[Finding]:
    """One finding a series that leaks."""
    return [_leak(row) for row in rows if row.verdict == "leak"]


def judge_sites(rows: Sequence[SiteGrowth]) -> list[Finding]:
    """The places that keep most of what a run keeps more and more of."""
    found: list[Finding] = []
    for leaking in _of_each_run([row for row in rows if row.verdict == "leak"]):
        all_late = sum(row.late for row in leaking)
        found += [_site(row) for row in leaking[:MOST] if row.late >= LEAST_SHARE * all_late]
    return found


def judge_types(rows: Sequence[TypeGrowth]) -> list[Finding]:
    """The program's own types come before those that Python has built in, which fill with them."""
    found: list[Finding] = []
    for leaking in _of_each_run([row for row in rows if row.verdict == "leak"]):
        own = [row for row in leaking if "." in row.subject]
        beside = [row for row in leaking if row not in own]
        found += [_type(row, beside) for row in own[:MOST]] or [_type(row, []) for row in beside[:1]]
    return found


def judge_peaks(rows: Sequence[MemoryPeak]) -> list[Finding]:
    """The line that holds most at a high peak."""
    largest = [of_run[0] for of_run in _of_each_run(list(rows))]
    return [_peak(row) for row in largest if row.total_bytes >= PEAK_BYTES and row.share >= PEAK_SHARE and row.held and row.origin == "application"]


def judge_copies(rows: Sequence[LargeCopy]) -> list[Finding]:
    """The application's lines that copy much, and those that allocate much for a moment only."""
    ours = [row for row in rows if row.origin == "application"]
    large = [row for row in ours if row.copied_mb >= COPIED_MB]
    short_lived = [row for row in ours if row not in large and _is_short_lived(row)]
    copies = [_copy(row) for of_run in _of_each_run(large) for row in of_run[:MOST]]
    return copies + [_short_lived(row) for of_run in _of_each_run(short_lived) for row in of_run[:MOST]]


def _is_short_lived(row: LargeCopy) -> bool:
    allocated, alive = row.allocated_mb or 0.0, row.alive_mb
    return allocated >= SHORT_LIVED_MB and alive is not None and allocated >= SHORT_LIVED_TIMES * alive


def _of_each_run(rows: Sequence[Row]) -> list[list[Row]]:
    """In the order of the analysis, which is by weight."""
    by_run: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_run[row.run_id].append(row)
    return list(by_run.values())


def _leak(row: MemoryGrowth) -> Finding:
    grown = "–" if row.per_hour is None else _bytes(row.per_hour)
    between = f" ({_bytes(row.lo)} … {_bytes(row.hi)})" if row.lo is not None and row.hi is not None else ""
    return draft(
        "memory-leak",
        row.run_id,
        title=f"Memory ({row.series}) grows by {grown} an hour{between} and does not come back",
        place=row.series,
        saving_basis=NOTHING_IN_TIME,
        remedy="`perfkit collect memory` on the same program names the lines that keep it (--with tracemalloc) and the types (--with objects). "
        "Usual causes: caches without a bound, lists of listeners, closures.",
        effort="MEDIUM",
    )


def _site(row: SiteGrowth) -> Finding:
    through = f", allocated in {row.allocated_in}" if row.allocated_in else ""
    return draft(
        "memory-leak-site",
        row.run_id,
        title=f"{row.subject}{_within(row.function)} keeps more and more: {_bytes(row.first)} → {_bytes(row.last)} "
        f"in {format_quantity(row.seconds, 's')}{through}",
        place=row.subject,
        file=row.file or None,
        line=row.line or None,
        anchor=(row.file, row.function or ""),
        saving_basis=f"{NOTHING_IN_TIME}. {_count(row.blocks_first)} → {_count(row.blocks_last)} allocations alive; "
        f"over {row.n} snapshots it rose in each quarter after the first, {_bytes(row.late)} of it in the second half",
        remedy="Find who still refers to what this line makes: a list or dictionary that only grows, a cache without a bound "
        "(functools.lru_cache(maxsize=…)), a listener that is never removed. Drop the reference, or bound it.",
        effort="MEDIUM",
        impact=_impact(row),
    )


def _type(row: TypeGrowth, beside: Sequence[TypeGrowth]) -> Finding:
    grown = row.objects_last - row.objects_first
    sizes = f", {_bytes(row.last - row.first)} in their own size" if row.first is not None and row.last is not None else ""
    others = ", ".join(f"{item.subject} (+{_count(item.objects_last - item.objects_first)})" for item in beside[:MOST])
    return draft(
        "memory-leak-type",
        row.run_id,
        title=f"Objects of {row.subject} grow from {_count(row.objects_first)} to {_count(row.objects_last)} "
        f"in {format_quantity(row.seconds, 's')} (+{_count(grown)}{sizes})",
        place=row.subject,
        saving_basis=f"{NOTHING_IN_TIME}. Over {row.n} snapshots their number rose in each quarter after the first, by {_count(row.late)} "
        f"in the second half, collected garbage left out" + (f"; with them grow {others}" if others else ""),
        remedy=f"Find who holds them: gc.get_referrers of one of them, or `perfkit collect memory --with tracemalloc` "
        f"for the line that makes {row.subject}. "
        "End their life with what they serve: a request, a connection, a session.",
        effort="MEDIUM",
        impact="MEDIUM",
    )


def _peak(row: MemoryPeak) -> Finding:
    way = " → ".join(row.path[-4:])
    pieces = f" in {_count(row.allocations)} allocations" if row.allocations is not None else ""
    return draft(
        "memory-peak",
        row.run_id,
        title=f"{row.subject} holds {format_quantity(row.share, 'ratio')} of the memory at {row.moment}: "
        f"{_bytes(row.bytes)} of {_bytes(row.total_bytes)}",
        place=f"{row.file}:{row.line}" if row.line else row.file,
        file=row.file or None,
        line=row.line or None,
        anchor=(row.file, row.function),
        saving_basis=f"at most its {_bytes(row.bytes)}{pieces} would go from {row.moment}" + (f"; way: {way}" if way else ""),
        remedy="Work on parts instead of the whole (a generator, chunks, an iterator over the file), use a smaller type "
        "(numpy float32, array, slots), or let go of what is no longer needed before this line.",
        effort="MEDIUM",
    )


def _copy(row: LargeCopy) -> Finding:
    copied = format_quantity(row.copied_mb, "mb")
    return _at_line(
        row,
        "large-copies",
        does=f"copies {copied}",
        saving_basis=f"{copied} copied in the whole run; a copy costs the time of reading and writing it, which the profile's lines show",
        remedy="Share instead of copying: a view or slice of the array in place of a fancy index, memoryview of bytes, in-place operators, "
        "join once in place of adding to a string, and no conversion between list, array and frame.",
    )


def _short_lived(row: LargeCopy) -> Finding:
    allocated, alive = format_quantity(row.allocated_mb, "mb"), format_quantity(row.alive_mb, "mb")
    return _at_line(
        row,
        "short-lived-memory",
        does=f"allocates {allocated}, of which never more than {alive} are alive at once",
        saving_basis=f"{allocated} allocated, filled and given back in the whole run; what that costs in time, the profile's lines show",
        remedy="What this line makes is thrown away at once, as copies are: take a view or slice that shares memory (memoryview, numpy), "
        "write into one buffer that is reused (out=, readinto), or work in place.",
    )


def _at_line(row: LargeCopy, rule: str, *, does: str, saving_basis: str, remedy: str) -> Finding:
    """What one line does with memory."""
    return draft(
        rule,
        row.run_id,
        title=f"{row.file}:{row.line}{_within(row.function)} {does}",
        place=f"{row.file}:{row.line}",
        file=row.file,
        line=row.line,
        anchor=(row.file, row.function or ""),
        saving_basis=saving_basis,
        remedy=remedy,
        effort="LOW",
    )


def _impact(row: SiteGrowth) -> Level:
    """A process with a gigabyte to spare lives less than an hour, less than ten, or longer; a short look is not carried on to hours."""
    amount = row.per_hour or 0.0
    return "LOW" if amount < 1e8 else "HIGH" if amount >= 1e9 and row.seconds >= LONG_LOOK_S else "MEDIUM"


def _within(function: str | None) -> str:
    return f" in {function}" if function and function != "<module>" else ""


def _bytes(amount: float) -> str:
    return format_quantity(amount, "bytes")


def _count(number: float) -> str:
    return format_quantity(float(number), "count")

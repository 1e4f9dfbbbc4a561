"""What calls of the same work show in their order: a first one that pays for all, and memory that each leaves behind."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.first_calls import FirstCall, first_calls
from perfkit.analyses.kept_per_call import KeptPerCall, kept_per_call
from perfkit.model.finding import Finding, Level
from perfkit.rules.drafts import draft, place_of
from perfkit.store import Store
from perfkit.units import format_quantity

CALLS_AT_LEAST = 10
"""Of fewer, the median is no usual one."""
TIMES, SAVES_AT_LEAST_MS = 5.0, 50.0
SEVERE_MS = 500.0
KEPT_BYTES = 64 * 1024.0
"""A call; less is lost among the pages of an allocator."""
SEVERE_BYTES, NOTICED_BYTES = 10e6, 0.5e6


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every traced run."""
    return [*judge(first_calls(store, run_ids)), *judge_kept(kept_per_call(store, run_ids))]


def judge(rows: Sequence[FirstCall]) -> list[Finding]:
    """One finding a cold start; where pieces of work begin cold inside each other, the outermost one has it."""
    cold = [row for row in rows if _is_cold(row)]
    return [_cold(row) for row in cold if not any(_inside(row, other) for other in cold)]


def judge_kept(rows: Sequence[KeptPerCall]) -> list[Finding]:
    """One finding a piece of work of which every call surely leaves something behind."""
    return [_kept(row) for row in rows if row.lo > KEPT_BYTES]


def _is_cold(row: FirstCall) -> bool:
    return row.n >= CALLS_AT_LEAST and not row.apart and row.first_ms >= TIMES * row.later_ms and row.first_ms - row.later_ms >= SAVES_AT_LEAST_MS


def _inside(row: FirstCall, other: FirstCall) -> bool:
    within = other.started_ms <= row.started_ms and row.started_ms + row.first_ms <= other.started_ms + other.first_ms
    return row is not other and row.run_id == other.run_id and within


def _cold(row: FirstCall) -> Finding:
    saves_ms = row.first_ms - row.later_ms
    loads = f"; {row.only_then} takes {_ms(row.only_ms)} of it and is never called again" if row.only_then and row.only_ms else ""
    return draft(
        "cold-start",
        row.run_id,
        title=f"The first {row.subject} of a process takes {_ms(row.first_ms)}, a later one {_ms(row.later_ms)}{loads}",
        place=place_of(row.file, row.line, row.subject),
        anchor=(row.subject, row.only_then or ""),
        impact="HIGH" if saves_ms >= SEVERE_MS else "MEDIUM",
        subject=row.subject,
        file=row.file,
        line=row.line,
        cost_ms=row.first_ms,
        saves_ms=saves_ms,
        saving_basis="the first call less the median of the later ones, if what it loads is loaded before; the start takes so much longer then",
        remedy="Load it when the process starts, in a thread so that the event loop stays free, and make one call before the first request.",
        effort="LOW",
    )


def _kept(row: KeptPerCall) -> Finding:
    name = row.subject.partition(" ")[2]
    between = f"{format_quantity(row.lo, 'bytes')} … {format_quantity(row.hi, 'bytes')}"
    return draft(
        "memory-kept-by-calls",
        row.run_id,
        title=f"Each {name} leaves {format_quantity(row.kept_bytes, 'bytes')} of memory behind ({between})",
        place=place_of(row.file, row.line, name),
        anchor=(row.subject,),
        impact=_impact(row.kept_bytes),
        file=row.file,
        line=row.line,
        saving_basis="nothing is predicted in time: memory runs out",
        remedy="Release what a call made before the next one: bound its caches, end and wait for its processes, drop references to what was "
        "replaced. `perfkit collect memory` names the lines that keep it.",
        effort="MEDIUM",
    )


def _impact(amount: float) -> Level:
    return "HIGH" if amount >= SEVERE_BYTES else "MEDIUM" if amount >= NOTICED_BYTES else "LOW"


def _ms(value: float) -> str:
    return format_quantity(value, "ms")

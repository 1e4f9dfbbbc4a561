"""Statements sent again and again within one request: N+1, M·N+1, duplicates, write loops, small batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from perfkit.analyses.repeated_statements import RepeatedStatement, repeated_statements
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft, place_of
from perfkit.rules.statements.classes import Kind, severity
from perfkit.rules.statements.loops import Loop, loops_of
from perfkit.rules.statements.remedies import (
    instead_of_loop,
    instead_of_repeating,
    instead_of_small_batches,
    instead_of_writes,
)
from perfkit.rules.statements.shapes import shape_of
from perfkit.store import Store

BASIS = (
    "time from each execution's start to the request's next call, so with the work on its rows, of all executions; "
    "the longest one and a round trip stay, for the one statement that is left"
)
FEWER_TRIPS = "round trips that larger batches do without, each as long as the fastest statement of the run"
AFTERWARDS = {"saves_ms": None, "saving_basis": "the request has been answered by then and gets no faster; its worker is free sooner"}
GOOD_BATCH = 500
"""Values that every engine takes in one IN list."""
SHOWN_CALLERS, SHOWN_TABLES = 2, 4


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every traced run."""
    return judge(repeated_statements(store, run_ids))


def judge(rows: Sequence[RepeatedStatement]) -> list[Finding]:
    """One finding a statement and chain of callers; statements that take turns in one loop are one finding."""
    return [FINDINGS[loop.kind](loop) for loop in loops_of(rows)]


def _n_plus_one(loop: Loop) -> Finding:
    first, rows = loop.rows[0], loop.rows
    if len(rows) == 1:
        title = f"N+1: {_times(first)} statements on {_table(first)} in one request{_parent(first)}"
    else:
        title = f"M·N+1: {len(rows)} × {_times(first)} statements in one request, on {_tables(rows)} in turn{_parent(first)}"
    remedy = instead_of_loop(rows[:SHOWN_TABLES]) + _callers(first)
    return _finding(loop, title, remedy)


def _duplicate(loop: Loop) -> Finding:
    row = loop.rows[0]
    title = f"The same statement on {_table(row)} with the same parameters {_times(row)} times in one request"
    return _finding(loop, title, instead_of_repeating(row) + _callers(row))


def _write_loop(loop: Loop) -> Finding:
    row = loop.rows[0]
    return _finding(loop, f"{_times(row)} single writes to {_table(row)} in one request", instead_of_writes(row) + _callers(row))


def _chunked(loop: Loop) -> Finding:
    row = loop.rows[0]
    title = f"{_times(row)} statements on {_table(row)} in one request, for {row.batch or 0:.0f} values each"
    spared = _trips(row) - math.ceil(_trips(row) * (row.batch or 1) / GOOD_BATCH)
    saving = {"saves_ms": spared * row.round_trip_ms, "saving_basis": FEWER_TRIPS, "round_trips": spared}
    return _finding(loop, title, instead_of_small_batches() + _callers(row), **saving)


FINDINGS: dict[Kind, Callable[[Loop], Finding]] = {
    "n-plus-one": _n_plus_one,
    "duplicate-statement": _duplicate,
    "write-loop": _write_loop,
    "chunked-statement": _chunked,
}


def _finding(loop: Loop, title: str, remedy: str, **saving: Any) -> Finding:
    first, rows = loop.rows[0], [*loop.rows, *loop.followers]
    fingerprints = " ".join(sorted(row.fingerprint for row in loop.rows))
    usual = {"saves_ms": sum(row.saves_ms for row in rows), "saving_basis": BASIS, "round_trips": sum(map(_spared, rows))}
    return draft(
        loop.kind,
        first.run_id,
        title=title + _with(loop.followers) + (", after the response" if first.after_response else ""),
        place=place_of(first.file, first.line, _statement(first)),
        cause=" ".join(sorted(row.source for row in loop.rows)) + first.subject,
        anchor=(fingerprints, first.file or "", first.function or ""),
        subject=first.subject,
        file=first.file,
        line=first.line,
        cost_ms=sum(row.elapsed_ms for row in rows),
        remedy=remedy,
        effort="LOW",
        impact=severity(rows),
        **(usual | saving | (AFTERWARDS if first.after_response else {})),
    )


def _with(followers: list[RepeatedStatement]) -> str:
    return f", and as many on {' and '.join(dict.fromkeys(map(_table, followers)))} that follow from them" if followers else ""


def _trips(row: RepeatedStatement) -> float:
    """Executions a request of the endpoint, on average."""
    return row.n / row.requests


def _spared(row: RepeatedStatement) -> float:
    return max(0.0, (row.n - row.repeated_in) / row.requests)


def _parent(row: RepeatedStatement) -> str:
    if row.parent_statement is None:
        return ""
    rows = (
        f"{shape_of(row.parent_statement).table or 'an earlier statement'} read at {place_of(row.parent_file, row.parent_line, 'an unknown place')}"
    )
    counted = f"one for each of the {row.parent_rows:.0f} rows of {rows}" if row.proved else f"more with every row of {rows}"
    return f", {counted}" + (f"; over the requests both grow together (correlation {row.scales:.2f})" if row.scales is not None else "")


def _callers(row: RepeatedStatement) -> str:
    steps = (step.rpartition(":") for step in row.call_chain)
    places = dict.fromkeys(f"`{step.rpartition(':')[0]}:{line}`" for step, _, line in steps)
    callers = [place for place in places if place != f"`{place_of(row.file, row.line, '')}`"][:SHOWN_CALLERS]
    return f" Called from {', from '.join(callers)}." if callers else ""


def _times(row: RepeatedStatement) -> str:
    return f"{row.per_request:.0f}" + (f" (at most {row.most})" if row.most > row.per_request else "")


def _table(row: RepeatedStatement) -> str:
    return shape_of(row.statement or "").table or "one table"


def _tables(loop: list[RepeatedStatement]) -> str:
    """With the line of each, where they are not all on the finding's own."""
    shown = [(_table(row), place_of(row.file, row.line, "unknown place")) for row in loop[:SHOWN_TABLES]]
    each = [table for table, _ in shown] if len({place for _, place in shown}) == 1 else [f"{table} ({place})" for table, place in shown]
    more = [f"{len(loop) - SHOWN_TABLES} more"] if len(loop) > SHOWN_TABLES else []
    return " and ".join([*each, *more])


def _statement(row: RepeatedStatement) -> str:
    return " ".join((row.statement or row.fingerprint).split())[:100]

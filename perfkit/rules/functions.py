"""Functions of the application whose own work fills the profile."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from perfkit.analyses.functions import FunctionTime, functions
from perfkit.analyses.timed_functions import TimedFunction, timed_functions
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft
from perfkit.store import Store

WAITING = re.compile(r"\b(poll|select|acquire|sleep|recv|recv_into|wait|epoll|kqueue|control|accept)\b")
LEAST_SHARE = 0.10
"""Of the time that is not spent waiting."""
LEAST_MS_PER_CALL = 5.0
TRACED_BASIS = "own time of one call as the application timed it: what would be gained if the function became free"
PROFILED_BASIS = "own time of one call in the profile, which slows Python down: at most this would be gained if the function became free"


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every profile; traced runs among the same ids say how long a call takes without a profiler."""
    return judge(functions(store, run_ids), timed_functions(store, run_ids))


def judge(rows: Sequence[FunctionTime], timed: Sequence[TimedFunction] = ()) -> list[Finding]:
    """One finding a function of the application that works long in every call."""
    by_run: dict[str, list[FunctionTime]] = defaultdict(list)
    for row in rows:
        if row.unit in ("cpu_s", "wall_s") and not (row.origin != "application" and WAITING.search(row.function)):
            by_run[row.run_id].append(row)
    return [finding for found in by_run.values() for finding in _hot(found, timed)]


def _hot(rows: Sequence[FunctionTime], timed: Sequence[TimedFunction]) -> list[Finding]:
    working = sum(row.own for row in rows)
    return [_finding(row, row.own / working, _timed(row, timed)) for row in rows if working and _is_hot(row, working)]


def _is_hot(row: FunctionTime, working: float) -> bool:
    return row.origin == "application" and row.own >= LEAST_SHARE * working and _own_ms(row) >= LEAST_MS_PER_CALL


def _own_ms(row: FunctionTime) -> float:
    """0 where the profiler counts no calls."""
    return row.own * 1000 / row.n if row.n else 0.0


def _timed(row: FunctionTime, timed: Sequence[TimedFunction]) -> TimedFunction | None:
    """The same function as the application timed it."""
    fitting = (item for item in timed if item.line == row.line and row.file.endswith(item.file) and item.function.split(".")[-1] == row.function)
    return next(fitting, None)


def _finding(row: FunctionTime, share: float, timed: TimedFunction | None) -> Finding:
    own_part = row.own / row.total if row.total else 1.0
    own_ms = timed.per_call_ms * own_part if timed else _own_ms(row)
    return draft(
        "hot-function",
        row.run_id,
        title=f"{row.function} alone takes {share * 100:.0f} % of the profile's working time",
        place=f"{row.file}:{row.line}",
        subject=timed.subject if timed else None,
        cause=row.function,
        file=row.file,
        line=row.line,
        cost_ms=own_ms,
        saves_ms=own_ms,
        saving_basis=TRACED_BASIS if timed else PROFILED_BASIS,
        remedy=f"Look at the loops of {row.function}: a dictionary or set in place of a search in a list makes quadratic work linear.",
        effort="MEDIUM",
    )

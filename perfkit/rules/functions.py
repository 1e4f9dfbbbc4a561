"""Functions of the application whose own work fills the profile."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from perfkit.analyses.functions import FunctionTime, functions
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft
from perfkit.store import Store

NOT_APPLICATION = re.compile(r"site-packages|dist-packages|/lib/python\d|^~$|^<|^$")
WAITING = re.compile(r"\b(poll|select|acquire|sleep|recv|recv_into|wait|epoll|kqueue|control|accept)\b")
LEAST_SHARE = 0.10
"""Of the time that is not spent waiting."""
LEAST_MS_PER_CALL = 5.0


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every profile."""
    return judge(functions(store, run_ids))


def judge(rows: Sequence[FunctionTime]) -> list[Finding]:
    """One finding a function of the application that works long in every call."""
    by_run: dict[str, list[FunctionTime]] = defaultdict(list)
    for row in rows:
        if row.unit in ("cpu_s", "wall_s") and not (NOT_APPLICATION.search(row.file) and WAITING.search(row.function)):
            by_run[row.run_id].append(row)
    return [finding for found in by_run.values() for finding in _hot(found)]


def _hot(rows: Sequence[FunctionTime]) -> list[Finding]:
    working = sum(row.own for row in rows)
    return [_finding(row, row.own / working) for row in rows if working and _is_hot(row, working)]


def _is_hot(row: FunctionTime, working: float) -> bool:
    return not NOT_APPLICATION.search(row.file) and row.own >= LEAST_SHARE * working and _own_ms(row) >= LEAST_MS_PER_CALL


def _own_ms(row: FunctionTime) -> float:
    return row.own * 1000 / max(row.n, 1)


def _finding(row: FunctionTime, share: float) -> Finding:
    return draft(
        "hot-function",
        row.run_id,
        title=f"{row.function} alone takes {share:.0%} of the profile's working time",
        place=f"{row.file}:{row.line}",
        file=row.file,
        line=row.line,
        cost_ms=_own_ms(row),
        saves_ms=_own_ms(row),
        saving_basis="own time of one call in the profile: what would be gained if the function became free",
        remedy=f"Look at the loops of {row.function}: a dictionary or set in place of a search in a list makes quadratic work linear.",
        effort="MEDIUM",
    )

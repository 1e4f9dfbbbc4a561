"""Connection pools: too little reuse, waiting for a connection, overflow that comes and goes, connections held while nobody asks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from perfkit.analyses.pool_use import ALL_REQUESTS, PoolUse, pool_use
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft, place_of
from perfkit.store import Store

WORTH_MS, WORTH_SHARE = 1.0, 0.01
"""A saving below both is not worth a line: the metrics pool.reuse, pool.wait and pool.connect_cost say it to who asks."""
REUSE_AT_LEAST = 0.5
CHECKOUTS_AT_LEAST = 5
CHURN_SHARE = 0.1
"""Overflow closes over checkouts from which the pool's size is too small."""
IDLE_SHARE, IDLE_MS = 0.5, 50.0
ASKED = {"llm": "a model is asked", "http": "another service is asked"}


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every traced run."""
    return judge(pool_use(store, run_ids))


def judge(rows: Sequence[PoolUse]) -> list[Finding]:
    """Each endpoint with each pool, one finding a cause."""
    findings = []
    for row in rows:
        if row.endpoint != ALL_REQUESTS and row.n >= CHECKOUTS_AT_LEAST:
            findings += [_churn(row) if _churns(row) else _reconnects(row), _waits(row), _held_idle(row)]
    return [finding for finding in findings if finding is not None]


def _worth(saves_ms: float, row: PoolUse) -> bool:
    return saves_ms >= WORTH_MS or (row.request_ms is not None and saves_ms >= WORTH_SHARE * row.request_ms)


def _churns(row: PoolUse) -> bool:
    return row.overflow_closes >= CHECKOUTS_AT_LEAST and row.overflow_closes >= CHURN_SHARE * row.n


def _reconnects(row: PoolUse) -> Finding | None:
    needed = min(row.connects, row.most_held)
    saves_ms = (row.connects - needed) * row.connect_ms / row.requests
    if row.reuse >= REUSE_AT_LEAST or not _worth(saves_ms, row):
        return None
    return _draft(
        "pool-reuse",
        row,
        title=f"{row.connects} of {row.n} checkouts open a new connection, which takes {row.connect_ms:.2f} ms: "
        f"a pool would save {saves_ms:.2f} ms a request",
        cost_ms=row.connect_cost_ms,
        saves_ms=saves_ms,
        basis=f"time to connect per request, without the {needed} that must be open at once",
        remedy=f"Make the engine once and keep it: create_engine(…, pool_size={max(row.most_held, 1)}), no NullPool, no engine for each request.",
    )


def _churn(row: PoolUse) -> Finding | None:
    saves_ms = row.overflow_closes * row.connect_ms / row.requests
    if not _worth(saves_ms, row):
        return None
    return _draft(
        "pool-overflow",
        row,
        title=f"{row.overflow_closes} connections beyond the pool's size were closed as soon as they were given back, and made again",
        cost_ms=saves_ms,
        saves_ms=saves_ms,
        basis="connections closed as overflow times the mean time to make one, per request",
        remedy=f"Up to {row.most_held} connections were held at once: set pool_size={row.most_held} and leave max_overflow for what is rare.",
    )


def _waits(row: PoolUse) -> Finding | None:
    if row.wait_p95_ms < WORTH_MS or not _worth(row.wait_ms, row):
        return None
    wanted = math.ceil(row.most_held * (row.held_ms + row.wait_ms) / row.held_ms) if row.held_ms else row.most_held + 1
    idle = f" Or hold them for less long: {row.idle_ms / row.held_ms:.0%} of the time no statement runs." if row.idle_ms > row.held_ms / 2 else ""
    return _draft(
        "pool-wait",
        row,
        title=f"Requests wait {row.wait_ms:.1f} ms for a connection of the pool (95th percentile {row.wait_p95_ms:.1f} ms)",
        cost_ms=row.wait_ms,
        saves_ms=row.wait_ms,
        basis="mean wait per request from asking the pool to having a connection, connecting left out",
        remedy=f"At most {row.most_held} connection{' was' if row.most_held == 1 else 's were'} held at once, and about {wanted} were wanted: "
        f"let pool_size + max_overflow reach {wanted} connections, if the server permits as many.{idle}",
    )


def _held_idle(row: PoolUse) -> Finding | None:
    if row.idle_ms < IDLE_MS or row.idle_ms < IDLE_SHARE * row.held_ms or row.elsewhere_ms < IDLE_SHARE * row.idle_ms:
        return None
    asked = ASKED[row.elsewhere or "http"]
    return _draft(
        "pool-held-idle",
        row,
        title=f"A connection is held for {row.idle_ms:.0f} ms a request without a statement, {row.elsewhere_ms:.0f} ms of it while {asked}",
        cost_ms=row.idle_ms,
        saves_ms=None,
        basis="the request itself gets no faster; each connection would serve "
        f"{row.held_ms / max(row.held_ms - row.elsewhere_ms, 0.001):.1f} times as many requests",
        remedy="Read what is needed, close the session, then make the call; open another session for what is written afterwards.",
    )


def _draft(rule: str, row: PoolUse, *, title: str, cost_ms: float, saves_ms: float | None, basis: str, remedy: str) -> Finding:
    return draft(
        rule,
        row.run_id,
        title=title,
        place=place_of(row.file, row.line, row.pool),
        cause=f"{row.pool} {row.endpoint}",
        subject=row.endpoint if row.request_ms is not None else None,
        file=row.file,
        line=row.line,
        cost_ms=cost_ms,
        saves_ms=saves_ms,
        saving_basis=basis,
        remedy=remedy,
        effort="LOW",
    )

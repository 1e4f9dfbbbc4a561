"""Which statement is sent again and again within one request?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")
REPEATING = Path(__file__).with_name("repeating_runs.sql")


@dataclass(frozen=True, slots=True)
class _Repeating:
    run_id: str


@dataclass(frozen=True, slots=True)
class RepeatedStatement:
    """One statement from one chain of callers in the requests of one endpoint."""

    run_id: str
    subject: str
    source: str
    loop: str
    """The source that began the loop in which this one alternates with others; its own where it does not."""
    fingerprint: str
    statement: str | None
    file: str | None
    line: int | None
    function: str | None
    call_chain: list[str]
    requests: int
    repeated_in: int
    """Requests that send it at least twice."""
    n: int
    per_request: float
    """Median of the requests that repeat it."""
    most: int
    distinct_share: float | None
    """1 when every execution in a request has its own parameters. None where the trace has no parameters."""
    fresh_share: float | None
    """The same, where a write to the table or a failure makes equal parameters a new question."""
    batch: float | None
    """Values in its IN list or rows in its VALUES. None where it has neither."""
    rows_each: float | None
    """None where rows were not counted."""
    after_write: bool
    after_response: bool
    """Background work: the request has been answered, so it gets no faster without it."""
    pause_ms: float | None
    """None where no other call followed."""
    total_ms: float
    elapsed_ms: float
    """With the work on the rows, up to the next call and no longer than an ORM takes for them."""
    saves_ms: float
    """Elapsed time without the longest execution and a round trip, a request."""
    round_trip_ms: float
    """The fastest statement of the run: no round trip is slower."""
    parent_statement: str | None
    """None when no earlier statement is known to have returned about as many rows."""
    parent_file: str | None
    parent_line: int | None
    parent_rows: float | None
    proved: bool
    """Whether the parent's rows fit the number of executions in most requests."""
    scales: float | None
    """Correlation of executions and parent's rows over requests. None with too few different requests."""
    request_ms: float


def repeated_statements(store: Store, run_ids: Sequence[str]) -> list[RepeatedStatement]:
    """Statements by the time that they take of a request, largest first."""
    repeating = [run.run_id for run in store.ask(REPEATING, _Repeating, run_ids=list(run_ids))]
    return store.ask(QUESTION, RepeatedStatement, run_ids=repeating) if repeating else []

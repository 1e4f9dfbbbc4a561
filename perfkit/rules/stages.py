"""One stage that most of the time goes to, work awaited one after another although nothing shows that it must, and callbacks that stop the loop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from perfkit.analyses.blocked_loops import BlockedLoop, blocked_loops
from perfkit.analyses.sampled_loops import sampled_loops
from perfkit.analyses.sequences import AwaitedSequence, sequences
from perfkit.analyses.stages import ITSELF, Stage, stages
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft, place_of
from perfkit.store import Store

STAGES_AT_LEAST = 3
"""Of two one is always most of it."""
DOMINATING, DOMINATING_MS = 0.6, 50.0
CALLS = ("db", "cache", "llm", "http")
MOST_CALLS = 10
"""Between more calls than that, a stage's own time is what it does with their answers: the rules of the calls say so."""
CALLS_AT_LEAST = 3.0
SEQUENTIAL_BELOW = 1.05
"""Average concurrency."""
SAVES_AT_LEAST_MS, PAUSE_SHARE, SHORTEST_PAUSE_MS = 50.0, 0.1, 2.0
COMPUTES = 0.5
"""Share of blocked time from which work computes rather than waits."""

TIMED_BASIS = "mean time of such a callback: so long every other request of the process waits"
SAMPLED_BASIS = (
    "mean time in which the profile's samples show nothing else; `perfkit collect trace` shows whether that is one callback or several in a row"
)


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every traced run, and of profiles whose samples tell when they were taken."""
    timed = stages(store, store.holding(run_ids, ("spans.internal",)))
    return [*judge(timed, sequences(store, run_ids)), *judge_loops([*blocked_loops(store, run_ids), *sampled_loops(store, run_ids)])]


def judge(rows: Sequence[Stage], awaited: Sequence[AwaitedSequence] = ()) -> list[Finding]:
    """One finding a whole that one timed stage dominates, one a sequence that could run side by side."""
    wholes: dict[tuple[str, str], list[Stage]] = defaultdict(list)
    for row in rows:
        if row.stage != ITSELF:
            wholes[row.run_id, row.subject].append(row)
    judged = [whole for whole in wholes.values() if len(whole) >= STAGES_AT_LEAST and _calls_others(whole) <= MOST_CALLS]
    found = [_dominating(row) for whole in judged for row in whole if _dominates(row)]
    return [*found, *(_sequential(row) for row in awaited if _is_sequential(row))]


def judge_loops(rows: Sequence[BlockedLoop]) -> list[Finding]:
    """One finding a place that stopped an event loop for too long."""
    return [_blocking(row) for row in rows]


def _calls_others(whole: Sequence[Stage]) -> float:
    """How often a whole asks a database, a cache, a model or another service."""
    return sum(row.calls for row in whole if row.kind in CALLS)


def _dominates(row: Stage) -> bool:
    """Other kinds of spans have rules of their own."""
    return row.kind == "internal" and row.share >= DOMINATING and row.own_ms >= DOMINATING_MS


def _dominating(row: Stage) -> Finding:
    return draft(
        "dominating-stage",
        row.run_id,
        title=f"{row.stage} alone takes {row.share * 100:.0f} % of {row.subject}",
        place=place_of(row.file, row.line, row.stage),
        cause=row.stage,
        subject=row.subject,
        file=row.file,
        line=row.line,
        cost_ms=row.own_ms,
        saves_ms=row.own_ms / 2,
        saving_basis="half of the stage's own time, nested stages left out: what is gained if it becomes twice as fast",
        remedy=f"Look into {row.stage} first: profile it, or time its parts with `with timed(...)`. All other stages together take less.",
        effort="MEDIUM",
    )


def _is_sequential(row: AwaitedSequence) -> bool:
    if row.calls < CALLS_AT_LEAST or row.concurrency is None or row.concurrency >= SEQUENTIAL_BELOW or (row.blocked or 0.0) >= COMPUTES:
        return False
    longest_pause_ms = max(SHORTEST_PAUSE_MS, PAUSE_SHARE * row.wall_ms / row.calls)
    return row.gap_ms < longest_pause_ms and row.wall_ms - row.longest_ms >= SAVES_AT_LEAST_MS


def _sequential(row: AwaitedSequence) -> Finding:
    return draft(
        "sequential-awaits",
        row.run_id,
        title=f"{row.calls:.0f} calls of {row.work}, one after another{f', in {row.below}' if row.below else ''}",
        place=place_of(row.file, row.line, f"{row.work} in {row.subject}"),
        cause=f"{row.work} in {row.below}",
        subject=row.subject,
        file=row.file,
        line=row.line,
        cost_ms=row.wall_ms,
        saves_ms=row.wall_ms - row.longest_ms,
        saving_basis="time from the first call's start to the last one's end, less the longest call, "
        "if they wait, not compute, and none needs another one's result",
        remedy="Start them together with asyncio.gather() or a TaskGroup, behind a semaphore where the service has a limit.",
        effort="LOW",
    )


def _blocking(row: BlockedLoop) -> Finding:
    kept = f"for {row.longest_ms:.0f} ms, once" if row.n == 1 else f"{row.n} times, for up to {row.longest_ms:.0f} ms"
    return draft(
        "blocked-event-loop",
        row.run_id,
        title=f"{row.function} keeps the event loop to itself {kept}",
        place=place_of(row.file, row.line, row.function),
        cause=row.function,
        impact="LOW" if row.sampled else "HIGH" if row.longest_ms >= 4 * row.limit_ms else "MEDIUM",
        subject=row.subject,
        file=row.file,
        line=row.line,
        cost_ms=row.longest_ms,
        saves_ms=row.mean_ms,
        saving_basis=SAMPLED_BASIS if row.sampled else TIMED_BASIS,
        remedy="Move it to a thread with asyncio.to_thread(), to another process if it computes in Python, or use an asynchronous client.",
        effort="MEDIUM",
    )

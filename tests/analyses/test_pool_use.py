"""What a pool did, from real engines through the store to findings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.pool import NullPool, QueuePool

from perfkit.analyses.known_runs import Selection
from perfkit.analyses.measure import measure
from perfkit.analyses.metrics import METRICS
from perfkit.analyses.pool_use import ALL_REQUESTS, PoolUse, pool_use
from perfkit.ingest import ingest
from perfkit.model.finding import Finding
from perfkit.rules import diagnose
from perfkit.rules.pool import judge
from perfkit.trace import record, request, span, sqlalchemy
from perfkit.workbench import Workbench

REQUESTS = 8
Traced = Callable[..., tuple[dict[str, PoolUse], list[Finding]]]


@pytest.fixture
def traced(tmp_path: Path, bench: Workbench) -> Traced:
    """Runs requests against an engine whose connections take 5 ms to make, and returns the pool's use by endpoint with what is found."""

    def run(work: Callable[[Engine], None], **options: Any) -> tuple[dict[str, PoolUse], list[Finding]]:
        engine = create_engine(f"sqlite:///{tmp_path / 'pool.db'}", **options)
        uninstall = sqlalchemy.install(engine)
        event.listen(engine, "do_connect", lambda *_: time.sleep(0.005))
        with record(tmp_path / "trace.ndjson"):
            work(engine)
            engine.dispose()
        uninstall()
        (stored,) = ingest([tmp_path / "trace.ndjson"], bench.store, bench.vault)
        found = [finding for finding in diagnose(bench.store, [stored.run_id]) if finding.rule.startswith("pool")]
        for metric in ("pool.reuse", "pool.wait", "pool.connect_cost"):
            assert {row.subject for row in measure(bench.store, METRICS[metric], Selection())} == {"GET /", ALL_REQUESTS}
        return {row.endpoint: row for row in pool_use(bench.store, [stored.run_id])}, found

    return run


def served(engine: Engine, seconds: float = 0.0) -> None:
    with request("GET /"), engine.connect() as connection:
        connection.execute(text("select 1")).all()
        time.sleep(seconds)


def test_a_pool_that_does_its_work_is_no_finding(traced: Traced) -> None:
    uses, found = traced(_one_by_one, poolclass=QueuePool)
    use = uses["GET /"]
    assert (use.n, use.connects, use.reuse, use.most_held, use.overflow_closes) == (REQUESTS, 1, 1 - 1 / REQUESTS, 1, 0)
    assert uses[ALL_REQUESTS].n == REQUESTS and of_the_pool(found) == []
    assert use.connect_cost_ms == pytest.approx(use.connect_ms / REQUESTS)


def test_no_pool_at_all_costs_a_connection_a_request(traced: Traced) -> None:
    uses, found = traced(_one_by_one, poolclass=NullPool)
    use = uses["GET /"]
    assert (use.connects, use.reuse) == (REQUESTS, 0) and use.connect_ms >= 5 and use.wait_ms < use.connect_ms
    (finding,) = of_the_pool(found)
    assert finding.rule == "pool-reuse" and finding.subject == "GET /" and finding.file is not None
    assert finding.saves_ms == pytest.approx(use.connect_ms * (REQUESTS - 1) / REQUESTS)


def test_a_pool_too_small_makes_requests_wait(traced: Traced) -> None:
    uses, found = traced(_together(4, 0.03), poolclass=QueuePool, pool_size=1, max_overflow=0)
    use = uses["GET /"]
    assert use.most_held == 1 and use.wait_max_ms >= 60 and use.wait_ms >= 20
    (finding,) = [one for one in found if one.rule == "pool-wait"]
    assert finding.saves_ms == use.wait_ms and "pool_size + max_overflow" in finding.remedy


def test_overflow_that_comes_and_goes_is_churn(traced: Traced) -> None:
    def work(engine: Engine) -> None:
        for _ in range(REQUESTS):
            with request("GET /"):
                one, other = engine.connect(), engine.connect()
                one.close()
                other.close()

    uses, found = traced(work, poolclass=QueuePool, pool_size=1, max_overflow=5)
    assert (uses["GET /"].overflow_closes, uses["GET /"].most_held) == (REQUESTS, 2)
    (finding,) = of_the_pool(found)
    assert finding.rule == "pool-overflow" and "pool_size=2" in finding.remedy


def test_a_connection_held_during_a_model_call_is_named(traced: Traced) -> None:
    def work(engine: Engine) -> None:
        for _ in range(5):
            with request("GET /"), engine.connect() as connection:
                connection.execute(text("select 1")).all()
                with span("llm", "chat tiny"):
                    time.sleep(0.06)

    uses, found = traced(work, poolclass=QueuePool)
    use = uses["GET /"]
    assert use.elsewhere == "llm" and 60 <= use.elsewhere_ms <= use.idle_ms <= use.held_ms
    (finding,) = of_the_pool(found)
    assert finding.rule == "pool-held-idle" and finding.saves_ms is None and "while a model is asked" in finding.title


def test_a_saving_that_nobody_would_notice_is_no_finding() -> None:
    def judged(connect_ms: float, request_ms: float) -> list[str]:
        cost = PoolUse(
            "r", "GET /", "GET /", "p", 10, 10, 0, 0.0, 10, connect_ms, connect_ms, 0, 0, 0, 0, 0, 1, 0.1, 0, None, 1, request_ms, None, None
        )
        return [finding.rule for finding in judge([cost])]

    assert judged(connect_ms=0.19, request_ms=50) == []
    assert judged(connect_ms=0.19, request_ms=5) == ["pool-reuse"]


def of_the_pool(found: list[Finding]) -> list[Finding]:
    """What does not depend on the machine: a thread that a busy one stops does wait for its connection."""
    return [one for one in found if one.rule != "pool-wait"]


def _one_by_one(engine: Engine) -> None:
    for _ in range(REQUESTS):
        served(engine)


def _together(threads: int, seconds: float) -> Callable[[Engine], None]:
    def work(engine: Engine) -> None:
        start = threading.Barrier(threads)

        def one(_: int) -> None:
            start.wait()
            for _ in range(2):
                served(engine, seconds)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(one, range(threads)))

    return work

"""A first call that pays for all, and memory that each call leaves behind; steady work is silent."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from perfkit.analyses.first_calls import FirstCall
from perfkit.analyses.kept_per_call import KeptPerCall
from perfkit.rules import calls_in_turn
from perfkit.trace import record, timed
from perfkit.workbench import Workbench

COLD = FirstCall("r", "retrieve", 80, 1000.0, 400.0, 2.0, False, "load_index", "shop/faiss_store.py", 40, 380.0)
KEPT = KeptPerCall("r", "internal switch_model", "shop/models.py", 99, 15, 2e6, 1.9e6, 2.2e6)


def test_a_cold_start_names_what_only_the_first_call_does() -> None:
    [finding] = calls_in_turn.judge([COLD])
    assert (
        finding.title == "The first retrieve of a process takes 400 ms, a later one 2.00 ms; load_index takes 380 ms of it and is never called again"
    )
    assert (finding.place, finding.saves_ms, finding.impact) == ("shop/faiss_store.py:40", 398.0, "MEDIUM")


def test_a_first_call_that_is_no_longer_than_others_is_none() -> None:
    quick, seldom, near = replace(COLD, first_ms=40.0), replace(COLD, n=4), replace(COLD, later_ms=100.0)
    assert calls_in_turn.judge([quick, seldom, near]) == []


def test_a_call_that_was_made_to_warm_up_is_no_cold_start() -> None:
    assert calls_in_turn.judge([replace(COLD, apart=True)]) == []


def test_the_outermost_of_nested_cold_starts_has_the_finding() -> None:
    inner = replace(COLD, subject="search", started_ms=1010.0, first_ms=300.0)
    elsewhere = replace(inner, run_id="another")
    assert [(item.run_id, item.subject) for item in calls_in_turn.judge([inner, COLD, elsewhere])] == [("r", "retrieve"), ("another", "search")]


def test_memory_that_calls_leave_behind_is_named_with_its_bounds() -> None:
    [finding] = calls_in_turn.judge_kept([KEPT, replace(KEPT, lo=-1e3)])
    assert finding.title == "Each switch_model leaves 2.00 MB of memory behind (1.90 MB … 2.20 MB)"
    assert (finding.place, finding.impact) == ("shop/models.py:99", "MEDIUM")


@timed("load")
def load() -> None:
    time.sleep(0.12)


def test_both_are_found_in_what_the_recorder_wrote(bench: Workbench, tmp_path: Path) -> None:
    loaded: list[bool] = []
    with record(tmp_path / "trace.ndjson"):
        for number in range(40):
            with timed("answer") as call:
                if not loaded:
                    load()
                    loaded.append(True)
                call.set(rss_bytes=50_000_000 + number * 1_000_000)
    bench.ingest([tmp_path / "trace.ndjson"])
    found = {item.rule: item for item in bench.diagnose()}
    assert {"cold-start", "memory-kept-by-calls"} <= set(found)
    assert "load takes" in found["cold-start"].title
    [kept] = bench.measure("memory.per_call")
    assert (kept.subject, kept.n, kept.value, kept.lo, kept.hi) == ("internal answer", 30, *[pytest.approx(1e6)] * 3)

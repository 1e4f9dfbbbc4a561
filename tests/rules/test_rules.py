"""Each rule fires on its fault and stays silent on the trap beside it. No database is needed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfkit.analyses.functions import FunctionTime
from perfkit.analyses.identical_reads import IdenticalRead
from perfkit.analyses.llm_sequences import LlmSequence
from perfkit.analyses.repeated_statements import RepeatedStatement
from perfkit.analyses.timed_functions import TimedFunction
from perfkit.rules import cache, functions, llm, statements
from perfkit.rules.drafts import weighed

LOOP = RepeatedStatement(
    run_id="r",
    subject="GET /items",
    fingerprint="f",
    statement="SELECT tags.name FROM tags WHERE %(param_1)s::INTEGER = tags.item_id",
    file="shop/items.py",
    line=12,
    requests=8,
    n=320,
    per_request=40,
    most=40,
    distinct_share=1.0,
    total_ms=20,
    elapsed_ms=60,
    parent_rows=40,
    request_ms=80,
)
MODELS = LlmSequence(
    run_id="r",
    subject="POST /answers",
    file="shop/answers.py",
    line=7,
    n=40,
    requests=8,
    calls=5,
    wall_ms=500,
    busy_ms=498,
    work_ms=498,
    longest_ms=120,
    concurrency=1.0,
    gap_ms=0.5,
    input_tokens=400,
    output_tokens=200,
    request_ms=510,
)
READ = IdenticalRead(
    run_id="r",
    subject="GET /dashboard",
    fingerprint="f",
    statement="select count(*) from items",
    file="shop/dashboard.py",
    line=3,
    requests=8,
    n=8,
    distinct_params=1,
    total_ms=60,
    request_ms=70,
    cache_calls=0,
)
HOT = FunctionTime("r", "pairs (shop/pairs.py:4)", "pairs", "shop/pairs.py", 4, 8, 1.6, 1.6, 0.4, 200.0, "wall_s")


def test_a_statement_for_each_row_is_an_n_plus_one() -> None:
    [finding] = statements.judge([LOOP])
    assert (finding.rule, finding.place, finding.cost_ms) == ("n-plus-one", "shop/items.py:12", 60)
    assert finding.saves_ms == pytest.approx(60 * 39 / 40)


@pytest.mark.parametrize(
    "trap",
    [
        replace(LOOP, statement="select name from tags where item_id in (%s, %s, %s)"),
        replace(LOOP, statement="select name from items where shop_id = %s order by id limit %s offset %s"),
        replace(LOOP, statement="select name from items where item_id = any(%s)"),
        replace(LOOP, per_request=3, parent_rows=None),
        replace(LOOP, statement="select 1"),
    ],
    ids=["batched", "paged", "any", "few", "ping"],
)
def test_what_only_looks_like_one_is_silent(trap: RepeatedStatement) -> None:
    assert statements.judge([trap]) == []


def test_few_statements_count_when_the_parent_proves_them() -> None:
    assert len(statements.judge([replace(LOOP, per_request=3, parent_rows=3)])) == 1


def test_two_loops_on_one_line_are_two_findings() -> None:
    found = statements.judge([LOOP, replace(LOOP, fingerprint="g", statement="SELECT 1 FROM likes WHERE item_id = ?")])
    assert len({finding.finding_id for finding in found}) == 2


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (replace(LOOP, distinct_share=0.1), "duplicate-statement"),
        (replace(LOOP, statement="INSERT INTO tags VALUES (%s, %s)"), "write-loop"),
    ],
)
def test_other_repetitions_have_their_own_names(row: RepeatedStatement, rule: str) -> None:
    assert [finding.rule for finding in statements.judge([row])] == [rule]


def test_model_calls_in_a_row_are_found() -> None:
    [finding] = llm.judge([MODELS])
    assert (finding.saves_ms, finding.place) == (380, "shop/answers.py:7")


@pytest.mark.parametrize(
    "trap", [replace(MODELS, concurrency=3.9), replace(MODELS, calls=2), replace(MODELS, gap_ms=400), replace(MODELS, gap_ms=None)]
)
def test_model_calls_that_overlap_or_pause_are_silent(trap: LlmSequence) -> None:
    assert llm.judge([trap]) == []


def test_a_constant_read_on_every_request_is_found() -> None:
    [finding] = cache.judge([READ])
    assert finding.saves_ms == pytest.approx(60 * 7 / 8)


@pytest.mark.parametrize(
    "trap", [replace(READ, cache_calls=1.0), replace(READ, distinct_params=8), replace(READ, requests=2), replace(READ, total_ms=1)]
)
def test_reads_that_are_cached_or_differ_are_silent(trap: IdenticalRead) -> None:
    assert cache.judge([trap]) == []


def test_a_hot_function_costs_what_the_application_timed() -> None:
    [by_profile] = functions.judge([HOT])
    [by_trace] = functions.judge([HOT], [TimedFunction("t", "GET /pairs", "pairs", "shop/pairs.py", 4, 8, 70.0)])
    assert (by_profile.cost_ms, by_trace.cost_ms, by_trace.subject) == (200, 70, "GET /pairs")


@pytest.mark.parametrize(
    "trap", [replace(HOT, file="/x/site-packages/numpy/core.py"), replace(HOT, file="~", function="<method 'poll'>"), replace(HOT, n=16000)]
)
def test_libraries_waiting_and_short_calls_are_silent(trap: FunctionTime) -> None:
    assert functions.judge([trap, replace(HOT, own=0.001, n=1, function="other")]) == []


def test_priority_follows_from_the_share_of_the_request() -> None:
    [finding] = weighed(statements.judge([LOOP]), {"GET /items": 80})
    assert (finding.priority, finding.impact) == ("P0", "HIGH")
    [unknown] = weighed(statements.judge([LOOP]), {})
    assert unknown.priority == "P2"

"""Each rule fires on its fault and stays silent on the trap beside it. No database is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

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
    source="f shop/items.py:page:12 < shop/views.py:show:30",
    loop="f shop/items.py:page:12 < shop/views.py:show:30",
    fingerprint="f",
    statement="SELECT tags.name FROM tags WHERE %(param_1)s::INTEGER = tags.item_id",
    file="shop/items.py",
    line=12,
    function="page",
    call_chain=["shop/items.py:page:12", "shop/views.py:show:30"],
    requests=8,
    repeated_in=8,
    n=320,
    per_request=40,
    most=40,
    distinct_share=1.0,
    fresh_share=1.0,
    batch=None,
    rows_each=3,
    after_write=False,
    after_response=False,
    pause_ms=0.5,
    total_ms=20,
    elapsed_ms=60,
    saves_ms=58,
    round_trip_ms=0.1,
    parent_statement="SELECT items.id FROM items LIMIT 40",
    parent_file="shop/items.py",
    parent_line=9,
    parent_rows=40,
    proved=True,
    scales=None,
    request_ms=80,
)
UNPROVED = replace(LOOP, parent_statement=None, parent_rows=None, proved=False)
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
HOT = FunctionTime("r", "pairs (shop/pairs.py:4)", "pairs", "shop.pairs", "shop/pairs.py", 4, "application", 8, 1.6, 1.6, 0.4, 200.0, "wall_s")


def test_a_statement_for_each_row_is_an_n_plus_one() -> None:
    [finding] = statements.judge([LOOP])
    assert (finding.rule, finding.place, finding.cost_ms) == ("n-plus-one", "shop/items.py:12", 60)
    assert (finding.saves_ms, finding.round_trips) == (58, 39)
    assert finding.title == "N+1: 40 statements on tags in one request, one for each of the 40 rows of items read at shop/items.py:9"
    assert finding.remedy == "Load tags with the rows before, by selectinload(). Called from `shop/views.py:30`."


@pytest.mark.parametrize(
    "trap",
    [
        replace(LOOP, statement="select name from tags where item_id in (%s, %s, %s)", batch=60),
        replace(UNPROVED, statement="select name from items where shop_id = %s order by id limit %s offset %s"),
        replace(UNPROVED, statement="select name from items where shop_id = %s and id > %s order by id fetch first 5 rows only"),
        replace(UNPROVED, statement="select name from items where shop_id = %s and name ilike %s"),
        replace(LOOP, statement="select name from items where item_id = any(%s)"),
        replace(UNPROVED, per_request=3),
        replace(LOOP, statement="select 1"),
        replace(LOOP, statement="select fetch_tags(%s)"),
        replace(LOOP, distinct_share=0.1, fresh_share=0.9),
        replace(LOOP, distinct_share=0.1, fresh_share=0.1, pause_ms=50),
        replace(LOOP, statement="UPDATE jobs SET state = ? WHERE id = (SELECT id FROM jobs WHERE state = ? LIMIT 1)"),
        replace(LOOP, statement="DELETE FROM logs WHERE id < ?"),
        replace(LOOP, statement="INSERT INTO tags VALUES (?, ?), (?, ?)", batch=200),
    ],
    ids=["batched", "paged", "keyset", "search", "any", "few", "ping", "no table", "changed", "polled", "claims", "range", "rows"],
)
def test_what_only_looks_like_one_is_silent(trap: RepeatedStatement) -> None:
    assert statements.judge([trap]) == []


def test_few_statements_count_when_the_parent_proves_them() -> None:
    assert len(statements.judge([replace(LOOP, per_request=3, parent_rows=3)])) == 1
    assert statements.judge([replace(LOOP, per_request=3, parent_rows=3, distinct_share=0.4)]) == []


def test_two_loops_on_one_line_are_two_findings() -> None:
    likes = replace(LOOP, fingerprint="g", source="g shop/items.py:page:12", statement="SELECT 1 FROM likes WHERE item_id = ?")
    found = statements.judge([LOOP, replace(likes, loop=likes.source)])
    assert len({finding.finding_id for finding in found}) == 2


def test_statements_that_take_turns_are_one_finding_that_names_them_all() -> None:
    likes = replace(LOOP, fingerprint="g", source="g shop/items.py:page:13", line=13, statement="SELECT 1 FROM likes WHERE item_id = ?")
    [finding] = statements.judge([likes, LOOP])
    assert finding.title.startswith(
        "M·N+1: 2 × 40 statements in one request, on tags (shop/items.py:12) and likes (shop/items.py:13) in turn, one for"
    )
    assert (finding.place, finding.saves_ms, finding.round_trips) == ("shop/items.py:12", 116, 78)


@pytest.mark.parametrize(
    ("count", "spent", "impact"), [(4, 1.0, "LOW"), (12, 1.0, "MEDIUM"), (6, 25.0, "MEDIUM"), (60, 1.0, "HIGH"), (6, 120.0, "HIGH")]
)
def test_severity_follows_from_count_and_time_also_where_the_share_is_small(count: float, spent: float, impact: str) -> None:
    row = replace(LOOP, per_request=count, total_ms=spent, elapsed_ms=spent, saves_ms=spent / 2, request_ms=10_000)
    [finding] = weighed(statements.judge([row]), {"GET /items": 10_000})
    assert finding.impact == impact


@pytest.mark.parametrize(
    ("statement", "fields", "advice"),
    [
        ("SELECT authors.id, authors.name FROM authors WHERE authors.id = %(pk_1)s::INTEGER", {"rows_each": 1}, "joinedload()"),
        ("SELECT authors.id, authors.name FROM authors WHERE authors.id = ?", {"after_write": True}, "expire_on_commit=False"),
        ("SELECT count(books.id) FROM books WHERE books.author_id = ?", {}, "Count for all rows at once"),
        ("SELECT EXISTS (SELECT 1 FROM books WHERE books.author_id = ?)", {}, "look each key up in the set"),
        ("SELECT managers.budget FROM managers WHERE ? = managers.id", {}, "selectin_polymorphic()"),
        ("select title from books where author_id = $1", {}, "= any(array)"),
        ("SELECT a.x FROM a WHERE ? = a.b_id AND a.kind IN ('x', 'y')", {"batch": 2}, "selectinload()"),
    ],
)
def test_the_remedy_fits_the_statement(statement: str, fields: dict[str, Any], advice: str) -> None:
    [finding] = statements.judge([replace(LOOP, statement=statement, **fields)])
    assert advice in finding.remedy


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (replace(LOOP, distinct_share=0.1, fresh_share=0.1), "duplicate-statement"),
        (replace(LOOP, statement="select name from tags where item_id in (%s, %s, %s)", batch=3), "chunked-statement"),
        (replace(LOOP, statement="UPDATE tags SET name = ? WHERE id = ?"), "write-loop"),
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
    "trap",
    [
        replace(HOT, file="numpy/core.py", origin="library"),
        replace(HOT, file="~", origin="native", function="<method 'poll'>"),
        replace(HOT, n=16000, own=0.04),
    ],
)
def test_libraries_waiting_and_little_work_in_short_calls_are_silent(trap: FunctionTime) -> None:
    assert functions.judge([trap, replace(HOT, own=0.001, n=1, function="other")]) == []


def test_priority_follows_from_the_share_of_the_request() -> None:
    [finding] = weighed(statements.judge([LOOP]), {"GET /items": 80})
    assert (finding.priority, finding.impact) == ("P0", "HIGH")
    [unknown] = weighed(functions.judge([HOT]), {})
    assert unknown.priority == "P2"

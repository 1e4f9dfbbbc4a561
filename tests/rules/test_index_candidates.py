"""Which indexes plans ask for, and what trials make of the advice; no server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from perfkit.analyses.index_trials import IndexTrial
from perfkit.model.plan import Plan
from perfkit.rules.index_trials import best, judge, verdict_of
from perfkit.rules.plans import postgresql
from perfkit.rules.plans.index_candidates import MOST, index_candidates
from perfkit.rules.plans.proved import trials_of
from tests.rules.plan_trees import plan_of

SCAN: dict[str, Any] = {
    "node_type": "Seq Scan",
    "relation": "items",
    "Alias": "items",
    "self_ms": 29.0,
    "rows_actual": 10.0,
    "rows_removed": 300_000.0,
    "condition": "Filter: (kind = 7)",
    "Filter": "(kind = 7)",
}


def trial(**given: Any) -> IndexTrial:
    usual: dict[str, Any] = {
        "run_id": "t",
        "trial": 0,
        "plan_run_id": "r",
        "plan_id": 0,
        "node_id": 0,
        "relation": "items",
        "used": True,
        "refused": None,
        "definition": "create index concurrently on items (kind)",
        "statement": "select …",
        "fingerprint": "f",
        "cost_before": 6463.0,
        "cost_after": 8.4,
        "before_ms": 41.0,
        "after_ms": 0.2,
        "build_ms": 280.0,
        "bytes": 6_600_000.0,
        "table_bytes": 21_000_000.0,
        "write_cost": 0.314,
        "on_copy": False,
    }
    return IndexTrial(**usual | given)


def shapes(*plans: Plan) -> list[str]:
    return [" and ".join(shape.written for shape in candidate.shapes) for candidate in index_candidates(plans)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("(kind = 7)", ["(kind)"]),
        ("((price > 5) AND (kind = 7))", ["(kind, price)"]),
        ("((deleted_at IS NULL) AND (kind = 7))", ["(deleted_at, kind)", "(kind) where deleted_at is null"]),
        ("((NOT done) AND (kind = 7))", ["(done, kind)", "(kind) where not done"]),
        ("((kind = 7) OR (price = 3))", ["(kind) and (price)"]),
        ("((name)::text ~~ 'a%'::text)", ["(name text_pattern_ops)"]),
        ("((name)::text ~~ '%a%'::text)", ["using gin (name gin_trgm_ops)"]),
        ("(data @> '{}'::jsonb)", ["using gin (data jsonb_path_ops)"]),
        ("((data ->> 'k'::text) = 'v'::text)", ["((data ->> 'k'))"]),
        ("(random() < 0.5)", []),
    ],
)
def test_a_condition_asks_for_these(condition: str, expected: list[str]) -> None:
    assert shapes(plan_of(SCAN | {"Filter": condition, "condition": f"Filter: {condition}"})) == expected


def test_few_rows_in_an_order_ask_for_the_range_or_the_order() -> None:
    limit = {"node_type": "Limit", "rows_actual": 10.0}
    sort = {"node_type": "Sort", "rows_actual": 10.0, "sort_key": "items.made_at DESC"}
    scan = SCAN | {"Filter": "((price > 5) AND (kind = 7))", "rows_actual": 5000.0}
    assert shapes(plan_of(limit, sort, scan)) == ["(kind, price)", "(kind, made_at desc)"]
    assert shapes(plan_of(sort, scan)) == ["(kind, price)"]


def test_the_key_of_a_join_that_keeps_few_rows_is_asked_for_on_the_side_that_is_read_for_it() -> None:
    join = {"node_type": "Hash Join", "rows_actual": 12.0, "Hash Cond": "(items.maker_id = makers.id)"}
    scan = {key: value for key, value in SCAN.items() if key != "Filter"} | {"rows_removed": 0.0, "rows_actual": 300_000.0, "relationship": "Outer"}
    makers = scan | {"relation": "makers", "Alias": "makers", "rows_actual": 1.0}
    nodes = (join, scan | {"parent": 0}, {"node_type": "Hash", "parent": 0, "relationship": "Inner", "rows_actual": 1.0}, makers | {"parent": 2})
    assert shapes(plan_of(*nodes)) == ["(maker_id)"]
    assert shapes(plan_of(join | {"rows_actual": 200_000.0}, *nodes[1:])) == []


def test_a_statement_has_few_candidates_and_what_several_ask_for_is_one() -> None:
    names = "abcdefgh"
    wide = plan_of({"node_type": "Append"}, *(SCAN | {"relation": name, "Alias": name, "parent": 0} for name in names))
    assert len(index_candidates([wide])) == MOST
    first, second = plan_of(SCAN), plan_of(SCAN)
    second.head = replace(second.head, plan_id=1)
    [both] = index_candidates([first, second])
    assert [asker.plan_id for asker in both.asked_by] == [0, 1]


def test_nothing_is_asked_without_a_statement_or_for_few_rows() -> None:
    assert shapes(plan_of(SCAN, statement=None)) == []
    assert shapes(plan_of(SCAN | {"rows_removed": 500.0})) == []
    assert shapes(plan_of(SCAN, engine="duckdb")) == []


def test_a_proof_takes_the_place_of_the_prediction() -> None:
    [finding] = postgresql.judge([plan_of(SCAN)], {}, trials=trials_of([trial()]))
    assert finding.rule == "index-proved" and finding.title.startswith("An index on items (kind) takes the statement from 41.0 ms to 200 µs (cost 6")
    assert finding.remedy.startswith(
        "create index concurrently on items (kind); Its size is 6.60 MB (items: 21.0 MB). Every inserted row writes 31.4 %"
    )
    assert (finding.cost_ms, finding.saves_ms) == (41.0, 40.8) and "run t, trial 0" in finding.saving_basis
    assert "Seen with it: Sequential scan of items reads" in finding.remedy


@pytest.mark.parametrize(
    ("failed", "words"),
    [
        (trial(used=False), "the planner does not take it"),
        (trial(after_ms=39.77), "saves 3.00 %"),
        (trial(after_ms=50.0), "the planner takes it, and nothing is saved"),
    ],
)
def test_what_a_trial_shows_to_be_useless_is_not_advised(failed: IndexTrial, words: str) -> None:
    [finding] = postgresql.judge([plan_of(SCAN)], {}, trials=trials_of([failed]))
    assert finding.rule == "scan-discards-rows" and finding.impact == "LOW" and (finding.saves_ms or 0.0) < 5
    assert finding.remedy == f"No index that was tried is worth it. Tried: create index concurrently on items (kind): {words}."


def test_what_could_not_be_tried_stays_advice_and_says_so() -> None:
    [finding] = postgresql.judge([plan_of(SCAN)], {}, trials=trials_of([trial(used=False, refused="the table is too large")]))
    assert finding.remedy.startswith("create index on items (kind);")
    assert finding.remedy.endswith("Tried: create index concurrently on items (kind): not tried, as the table is too large.")


def test_an_index_is_held_against_the_part_of_the_statement_that_it_serves() -> None:
    third = trial(after_ms=30.0)
    assert best([third]) is None and best([third], stake=0.3) == third and best([trial(after_ms=38.0)], stake=0.05) is None


def test_of_indexes_as_good_as_each_other_the_smallest_is_advised() -> None:
    large, small, slow = trial(after_ms=0.1), trial(trial=1, bytes=1e6, after_ms=0.5), trial(trial=2, bytes=1e5, after_ms=15.0)
    assert best([large, small, slow]) == small
    assert [finding.place for finding in judge([large, small, slow])] == ["items (trial 1)"]


def test_a_trial_that_was_only_planned_says_so() -> None:
    planned = trial(before_ms=None, after_ms=None)
    [finding] = postgresql.judge([plan_of(SCAN)], {}, trials=trials_of([planned]))
    assert finding.title.endswith("8.40 (planned, not executed)") and finding.saves_ms == pytest.approx(30 * (1 - 8.4 / 6463))
    assert verdict_of(trial(before_ms=None, after_ms=None, cost_after=6000.0)).endswith("saves 7.16 %")

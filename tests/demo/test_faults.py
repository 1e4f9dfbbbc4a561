"""Each fault is there in the baseline, gone with its fix, and the answers stay the same."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from statistics import mean
from typing import Any

import psycopg
import pytest

from perfkit.demo.backend import open_backend
from perfkit.demo.exercise import exercise
from perfkit.demo.matching import matches_linear, matches_quadratic
from perfkit.demo.search import search_postgres
from perfkit.demo.settings import Backends
from perfkit.demo.statements import statements
from perfkit.demo.traffic import QUERIES, REQUESTS
from tests.demo.conftest import Recorded

LIST = "GET /projects/{project_id}/personas"
SEARCH = "GET /personas/search"
FOCUS = "POST /focus-groups/{group_id}/responses"
DASHBOARD = "GET /dashboard"


@pytest.mark.parametrize(("variant", "statements"), [("baseline", 81), ("eager_relations", 3), ("optimized", 3)])
def test_a_page_of_personas_takes_so_many_statements(recorded: Recorded, variant: str, statements: int) -> None:
    assert sum(one["kind"] == "db" for one in recorded(variant, LIST)) == statements


def test_the_lazy_statements_come_from_one_line_of_the_listing(recorded: Recorded) -> None:
    asked = [one for one in recorded("baseline", LIST) if one["kind"] == "db"][1:]
    assert len({(one["fingerprint"], one["line"]) for one in asked}) == 2
    assert all(one["file"].endswith("demo/listing.py") for one in asked)
    assert len({one["attributes"]["params_hash"] for one in asked}) == 40


def test_baseline_asks_the_model_one_after_another(recorded: Recorded) -> None:
    assert not _overlaps(recorded("baseline", FOCUS))


def test_optimized_asks_the_model_all_at_once(recorded: Recorded) -> None:
    calls = recorded("optimized", FOCUS)
    assert _overlaps(calls)
    assert all(one["attributes"]["output_tokens"] > 0 and one["fingerprint"] for one in calls if one["kind"] == "llm")


def test_the_second_dashboard_comes_from_the_cache(recorded: Recorded, backends: Backends) -> None:
    asyncio.run(_forget(backends))
    found = recorded("optimized", DASHBOARD, rounds=2)
    assert [one["attributes"]["hit"] for one in found if one["name"] == "GET"] == [False, True]
    assert sum(one["kind"] == "db" for one in found) == 1


def test_baseline_never_asks_the_cache(recorded: Recorded) -> None:
    assert {one["kind"] for one in recorded("baseline", DASHBOARD)} == {"server", "internal", "db", "pool"}


def test_both_ways_of_matching_agree() -> None:
    members = [(number, number % 3, number % 5, 20 + number * 7 % 30) for number in range(1, 400)]
    assert matches_linear(members) == matches_quadratic(members) != []


def test_both_variants_answer_alike(backends: Backends) -> None:
    names = [request.name for request in REQUESTS if request.name != SEARCH]
    baseline, optimized = (exercise(backends.settings(variant), 2, names=names) for variant in ("baseline", "optimized"))
    assert [(one.path, json.loads(one.body)) for one in baseline] == [(one.path, json.loads(one.body)) for one in optimized]


def test_the_index_finds_what_the_scan_finds(backends: Backends) -> None:
    exact, approximate = (asyncio.run(_found(backends, variant)) for variant in ("baseline", "optimized"))
    assert len(exact) == 50
    assert mean(len(one & other) / 10 for one, other in zip(exact, approximate, strict=True)) >= 0.95


@pytest.mark.parametrize(("variant", "nodes"), [("baseline", ["Limit", "Sort", "Seq Scan"]), ("optimized", ["Limit", "Index Scan"])])
def test_only_the_optimized_database_looks_vectors_up(backends: Backends, variant: str, nodes: list[str]) -> None:
    (search,) = [one for one in statements(backends, variant) if one.name == "search"]
    assert _nodes(_plan(search.dsn, search.text)) == nodes


@pytest.mark.parametrize("name", ["dashboard", "personas"])
def test_every_named_statement_can_be_explained(backends: Backends, name: str) -> None:
    (statement,) = [one for one in statements(backends, "baseline") if one.name == name]
    assert _nodes(_plan(statement.dsn, statement.text))


def _overlaps(spans: list[dict[str, Any]]) -> bool:
    calls = sorted((one["started_at"], one["started_at"] + one["duration_ms"] * 1000) for one in spans if one["kind"] == "llm")
    assert 5 <= len(calls) <= 8
    return any(later[0] < earlier[1] - 1000 for earlier, later in pairwise(calls))


async def _forget(backends: Backends) -> None:
    async with open_backend(backends.settings("optimized")) as backend:
        await backend.cache.flushdb()


async def _found(backends: Backends, variant: str) -> list[set[int]]:
    async with open_backend(backends.settings(variant)) as backend, backend.session() as session:
        return [{hit["id"] for hit in await search_postgres(session, query)} for query in QUERIES]


def _plan(dsn: str, text: str) -> dict[str, Any]:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(f"explain (format json) {text}".encode()).fetchone()
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> list[str]:
    return [plan["Node Type"], *(node for child in plan.get("Plans", []) for node in _nodes(child))]

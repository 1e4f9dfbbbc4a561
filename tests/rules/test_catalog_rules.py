"""Each rule of the catalog fires on its fault and stays silent on the trap beside it. No database is needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from perfkit.analyses.database_cache import DatabaseCache
from perfkit.analyses.database_connections import DatabaseConnections
from perfkit.analyses.index_use import IndexUse
from perfkit.analyses.statement_owners import StatementOwner
from perfkit.analyses.statement_use import StatementUse
from perfkit.analyses.table_use import TableUse
from perfkit.analyses.unindexed_keys import UnindexedKey
from perfkit.model.finding import Finding
from perfkit.rules.catalog import connections, indexes, keys, statements, tables, unused

NOW = datetime(2026, 11, 1, 12)
DAYS = timedelta(days=1)
INDEX = IndexUse(
    run_id="r",
    schema="public",
    relation="items",
    index_name="items_name",
    partitioned=False,
    definition="CREATE INDEX items_name ON public.items USING btree (name)",
    method="btree",
    columns=["name"],
    keys=["name text_ops 100 0"],
    included=[],
    predicate=None,
    is_unique=False,
    is_needed=False,
    is_valid=True,
    bytes=30e6,
    bloat_bytes=0.0,
    null_fraction=0.0,
    scans=0.0,
    scans_total=0.0,
    last_scan=None,
    counting_since=NOW - 60 * DAYS,
    rows_live=1e6,
    rows_written=6000.0,
    replicas=0.0,
    since=NOW - timedelta(seconds=60),
    until=NOW,
)
WIDER = replace(
    INDEX, index_name="items_name_kind", columns=["name", "kind"], keys=["name text_ops 100 0", "kind int4_ops 0 0"], scans=5, scans_total=5
)


def rules(findings: list[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


def test_an_index_without_scans_names_the_age_of_the_evidence_and_its_write_cost() -> None:
    [finding] = unused.judge([INDEX])
    assert (finding.rule, finding.impact) == ("index-unused", "MEDIUM")
    assert "was not scanned in 60 days, since 2026-09-02 or since it was made" in finding.title
    assert "each of the 6 000 rows written in 60 seconds" in finding.saving_basis.replace("\u202f", " ")
    assert finding.remedy.startswith("drop index concurrently public.items_name;") and "CREATE INDEX items_name ON" in finding.remedy


def test_young_counters_prove_nothing_and_say_so_once() -> None:
    young = replace(INDEX, counting_since=NOW - timedelta(seconds=60))
    [finding] = unused.judge([young, replace(young, index_name="items_note", keys=["note text_ops 100 0"])])
    assert finding.rule == "index-unused-unproved" and finding.place == "items_name, items_note"
    assert "2 indexes were not scanned" in finding.title and "no scan in 60 seconds of evidence is no proof" in finding.title


def test_a_few_days_are_a_proof_with_a_doubt_and_replicas_are_asked() -> None:
    [finding] = unused.judge([replace(INDEX, counting_since=NOW - 3 * DAYS, replicas=2.0)])
    assert "What runs once a month has not been seen in 3 days." in finding.remedy and "the 2 replicas" in finding.remedy


def test_the_last_scan_says_more_than_the_counters() -> None:
    [finding] = unused.judge([replace(INDEX, scans_total=9000.0, last_scan=NOW - 90 * DAYS, counting_since=NOW - DAYS)])
    assert "was last scanned 90 days ago, on 2026-08-03" in finding.title
    [rare] = unused.judge([replace(INDEX, scans_total=3.0)])
    assert "was scanned 3 times in 60 days" in rare.title


@pytest.mark.parametrize(
    "used",
    [
        {"scans": 1.0, "scans_total": 1.0},
        {"scans_total": 9000.0, "last_scan": NOW - 5 * DAYS},
        {"scans_total": 51.0},
        {"is_unique": True},
        {"is_unique": None},
        {"is_needed": True},
        {"is_valid": None},
        {"bytes": 8192.0},
        {"bytes": None},
    ],
)
def test_an_index_that_is_used_needed_small_or_unknown_is_silent(used: dict[str, Any]) -> None:
    assert unused.judge([replace(INDEX, **used)]) == []


def test_the_index_of_a_partitioned_table_is_dropped_as_a_whole() -> None:
    [finding] = unused.judge([replace(INDEX, index_name="public.parts_name", partitioned=True)])
    assert finding.remedy.startswith("drop index public.parts_name;")


def test_a_prefix_of_another_index_is_found_and_not_called_unused_as_well() -> None:
    [finding] = indexes.judge([INDEX, WIDER])
    assert finding.rule == "index-duplicate" and "items_name (name) of items is the beginning of items_name_kind (name, kind)" in finding.title
    assert unused.judge([INDEX, WIDER]) == []


def test_of_two_equal_indexes_the_one_that_is_used_less_goes() -> None:
    twin = replace(INDEX, index_name="a_twin")
    assert [finding.place for finding in indexes.judge([INDEX, twin])] == ["index items_name of public.items"]
    assert [finding.place for finding in indexes.judge([replace(INDEX, scans_total=9.0), twin])] == ["index a_twin of public.items"]


def test_a_unique_index_makes_a_plain_one_needless_but_not_the_other_way_round() -> None:
    unique = replace(INDEX, index_name="items_name_key", is_unique=True, is_needed=True)
    assert [finding.place for finding in indexes.judge([INDEX, unique])] == ["index items_name of public.items"]
    assert indexes.judge([unique, WIDER]) == []


@pytest.mark.parametrize(
    "other",
    [
        {"keys": ["name text_pattern_ops 100 0", "kind int4_ops 0 0"]},
        {"keys": ["kind int4_ops 0 0", "name text_ops 100 0"]},
        {"predicate": "kind = 1"},
        {"method": "hash"},
        {"is_valid": False},
        {"is_valid": None},
        {"relation": "others"},
        {"schema": "archive"},
        {"run_id": "s"},
    ],
)
def test_an_index_that_serves_other_searches_is_no_duplicate(other: dict[str, Any]) -> None:
    assert "index-duplicate" not in rules(indexes.judge([INDEX, replace(WIDER, **other)]))


def test_included_columns_must_be_in_the_other_index_too() -> None:
    assert indexes.judge([replace(INDEX, included=["note"]), WIDER]) == []
    assert rules(indexes.judge([replace(INDEX, included=["kind"]), WIDER])) == ["index-duplicate"]


def test_only_a_b_tree_is_covered_by_more_columns() -> None:
    assert indexes.judge([replace(INDEX, method="gist"), replace(WIDER, method="gist")]) == []
    assert rules(indexes.judge([replace(INDEX, method="gin"), replace(INDEX, method="gin", index_name="twin")])) == ["index-duplicate"]


def test_an_invalid_index_is_found_and_one_being_built_is_not() -> None:
    [finding] = indexes.judge(
        [replace(INDEX, is_valid=False, is_unique=True, definition="CREATE UNIQUE INDEX items_name ON public.items USING btree (name)")]
    )
    assert finding.rule == "index-invalid" and "guarantees no uniqueness" in finding.remedy
    assert "CREATE UNIQUE INDEX CONCURRENTLY items_name" in finding.remedy
    [leftover] = indexes.judge([replace(INDEX, is_valid=False, index_name="items_name_ccnew1")])
    assert "create it again" not in leftover.remedy
    assert indexes.judge([replace(INDEX, is_valid=None)]) == []


def test_an_index_of_nulls_is_found_unless_it_leaves_them_out() -> None:
    [finding] = indexes.judge([replace(INDEX, null_fraction=0.9)])
    assert finding.rule == "index-of-nulls" and "27.0 MB" in finding.saving_basis and "where name is not null" in finding.remedy
    for trap in ({"predicate": "name IS NOT NULL"}, {"bytes": 5e6}, {"null_fraction": 0.4}, {"method": "brin"}):
        assert indexes.judge([replace(INDEX, **{"null_fraction": 0.9} | trap)]) == []


def test_a_bloated_index_is_found_from_a_size_and_a_share_on() -> None:
    [finding] = indexes.judge([replace(INDEX, bytes=400e6, bloat_bytes=200e6)])
    assert finding.rule == "index-bloated" and finding.remedy == "reindex index concurrently public.items_name;"
    assert (
        indexes.judge([replace(INDEX, bytes=2e9, bloat_bytes=200e6), replace(INDEX, index_name="b", bytes=90e6, bloat_bytes=80e6, method="hash")])
        == []
    )


def test_names_are_as_sql_needs_them() -> None:
    odd = replace(INDEX, definition='CREATE INDEX "Odd ON Name" ON "My Schema".items USING btree (name)', is_valid=False, index_name="Odd ON Name")
    assert indexes.judge([odd])[0].remedy.startswith('drop index concurrently "My Schema"."Odd ON Name";')


def test_a_team_that_accepts_one_index_has_not_accepted_its_neighbour() -> None:
    [first] = unused.judge([INDEX])
    [larger] = unused.judge([replace(INDEX, run_id="s", bytes=40e6, counting_since=NOW - 90 * DAYS)])
    [neighbour] = unused.judge([replace(INDEX, index_name="items_name1")])
    assert first.identity == larger.identity != neighbour.identity


KEY = UnindexedKey("r", "items_kind_fkey", "public.items", ["kind", '"Odd"'], "public.kinds", 50_000.0, 4e6, 3.0, 0.0)


def test_a_foreign_key_without_index_says_what_a_deletion_costs() -> None:
    [finding] = keys.judge([KEY])
    assert (finding.rule, finding.impact) == ("foreign-key-without-index", "MEDIUM")
    assert finding.remedy.startswith('create index concurrently on public.items (kind, "Odd");')
    assert "all 50\u202f000 rows of public.items; 3 were deleted" in finding.saving_basis
    assert keys.judge([replace(KEY, rows_live=999.0)]) == []
    assert [found.impact for found in keys.judge([replace(KEY, rows_live=None, deleted=None)])] == ["LOW"]


TABLE = TableUse("r", "public", "items", 50_000.0, 12.0, 600_000.0, 100.0, 90_000.0, 20_000.0, NOW - DAYS, NOW)


def test_a_table_that_is_read_whole_is_found() -> None:
    [finding] = tables.judge([TABLE], [])
    assert (
        finding.rule == "table-read-whole" and "in 12 of 112 scans in 24 hours" in finding.title and "50\u202f000 rows a scan" in finding.saving_basis
    )
    for trap in ({"rows_live": 9_000.0}, {"seq_scans": 9.0}, {"index_scans": 1000.0}, {"rows_live": None}):
        assert tables.judge([replace(TABLE, **trap)], []) == []


def test_a_cache_that_misses_names_the_table_that_misses_most() -> None:
    cache = DatabaseCache("r", "shop", 110_000, 90_000, 90_000 / 110_000)
    [finding] = tables.judge([replace(TABLE, seq_scans=0.0), replace(TABLE, seq_scans=0.0, relation="kinds", reads=5.0)], [cache])
    assert finding.rule == "cache-misses" and "Only 81.8% of the buffers that shop asked for" in finding.title
    assert "20\u202f000 of them for public.items" in finding.saving_basis
    assert tables.judge([], [replace(cache, hit_ratio=0.991)]) == [] == tables.judge([], [replace(cache, n=9_999)])


STATEMENT = StatementUse(
    "r", "select …", "select * from items where note = $1", "f", 200, 200.0, 25.0, 5000.0, 80.0, 0.05, 1.0, None, None, NOW - DAYS, NOW
)


def test_a_slow_and_frequent_statement_is_found_with_the_line_that_sends_it() -> None:
    owner = StatementOwner("f", "GET /items", "shop/items.py", 12, 60.0, 50.0)
    [finding] = statements.judge([STATEMENT], {"f": owner})
    assert (finding.rule, finding.place, finding.subject, finding.cost_ms) == ("statement-slow", "shop/items.py:12", "GET /items", 25.0)
    assert "5% of the server's time for statements: 200 executions of 25.0 ms" in finding.title.replace("25 ms", "25.0 ms")
    [large] = statements.judge([replace(STATEMENT, mean_ms=1.0, calls=5000.0, share=0.4)], {})
    assert (large.impact, large.place) == ("MEDIUM", "select …")


@pytest.mark.parametrize(
    "trap",
    [
        {"mean_ms": 19.0},
        {"calls": 99.0},
        {"calls": 99.0, "share": 0.9, "total_ms": 400.0},
        {"statement": "create index items_note on items (note)"},
        {"statement": "/* nightly */ vacuum items"},
    ],
)
def test_rare_fast_or_administrative_statements_are_silent(trap: dict[str, Any]) -> None:
    assert statements.judge([replace(STATEMENT, **trap)], {}) == []


CONNECTED = DatabaseConnections("r", "shop", 60, 85.0, 97.0, 2.0, 75.0, 75.0)


def test_a_full_server_and_an_idle_transaction_are_found() -> None:
    assert rules(connections.judge([CONNECTED])) == ["connections-many", "idle-in-transaction"]
    assert "85 clients were connected at once of 97 that it lets in" in connections.judge([CONNECTED])[0].title
    assert "for 75 seconds without working" in connections.judge([CONNECTED])[1].title
    assert rules(connections.judge([replace(CONNECTED, connections=600.0, most_allowed=None, longest_idle_s=59.0)])) == ["connections-many"]


def test_few_connections_and_short_waits_are_silent() -> None:
    assert connections.judge([replace(CONNECTED, connections=70.0, longest_idle_s=59.0)]) == []
    assert connections.judge([replace(CONNECTED, connections=70.0, most_allowed=None, longest_idle_s=0.0)]) == []

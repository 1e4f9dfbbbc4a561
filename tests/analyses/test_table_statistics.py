"""A catalog snapshot of the same label says how old the statistics of the scanned tables are; one of another label says nothing."""

from __future__ import annotations

from pathlib import Path

from perfkit.analyses.table_statistics import table_statistics
from perfkit.rules import plans
from perfkit.store import Store

RUN = "insert into runs (run_id, kind, label, valid, artefact_sha256, format, parameters, fingerprint) values (?, ?, ?, true, ?, 'f', '{}', 'p')"
TABLE = (
    "insert into table_stats (run_id, schema, relation, rows_live, modified_since_analyze, analyzed_at, until) values (?, 'public', ?, ?, ?, ?, ?)"
)
NODE = """insert into plan_nodes (run_id, plan_id, node_id, node_type, relation, loops, rows_actual, rows_estimated, self_ms, clamped)
    values ('plan', 0, 0, 'Seq Scan', 'orders', 1, 9, 9, 1, false)"""


def filled(tmp_path: Path) -> Store:
    store = Store(tmp_path / "perfkit.duckdb")
    with store.writing() as connection:
        for run, kind, label in (("plan", "plans", "slow"), ("old", "catalog", "slow"), ("new", "catalog", "slow"), ("other", "catalog", "fast")):
            connection.execute(RUN, [run, kind, label, run])
        connection.execute(TABLE, ["old", "orders", 5_000, 0, "2026-05-01", "2026-05-02"])
        connection.execute(TABLE, ["new", "orders", 9_000, 4_000, "2026-05-01", "2026-05-03"])
        connection.execute(TABLE, ["other", "lines", 9_000, 4_000, None, "2026-05-04"])
        connection.execute("insert into plans (run_id, plan_id, engine, execution_ms) values ('plan', 0, 'postgresql', 100)")
        connection.execute(NODE)
    return store


def test_the_latest_snapshot_of_the_label_counts(tmp_path: Path) -> None:
    [row] = table_statistics(filled(tmp_path), ["plan"])
    assert (row.relation, row.rows_live, row.modified_since_analyze) == ("orders", 9_000, 4_000)


def test_a_stale_table_is_told_where_a_plan_scans_it(tmp_path: Path) -> None:
    [finding] = plans.find(filled(tmp_path), ["plan"])
    assert finding.rule == "statistics-stale" and "Seq Scan on orders" in finding.place and finding.priority == "P2"

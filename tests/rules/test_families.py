"""A family of rules that is not asked, because the tables of its evidence are empty, would have had nothing to say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from perfkit.rules import FAMILIES, family_named
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace

ARTEFACTS = Path(__file__).parents[1] / "artefacts"
OF_MANY_KINDS = ("pg_explain", "pg_catalog", "otlp_spans", "vector_trials", "hyperfine", "locust_history", "wrk_text", "hey_csv")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Holds artefacts of many kinds."""
    full = Workbench(Workspace(tmp_path_factory.mktemp("families")))
    full.ingest([ARTEFACTS / name for name in OF_MANY_KINDS])
    with full.store.sitting():
        yield full


@pytest.fixture(scope="module")
def tables(bench: Workbench) -> dict[str, set[str]]:
    """What each run filled."""
    return {run.run_id: bench.store.tables_of([run.run_id]) for run in bench.runs()}


@pytest.mark.parametrize("name", FAMILIES)
def test_without_its_evidence_a_family_finds_nothing(bench: Workbench, tables: dict[str, set[str]], name: str) -> None:
    without = [run_id for run_id, filled in tables.items() if not filled.intersection(FAMILIES[name])]
    assert without
    assert family_named(name).find(bench.store, without) == []

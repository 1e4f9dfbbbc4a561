"""A family of rules, or a question, that is not asked because its evidence is not there would have had nothing to say."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from perfkit import analyses
from perfkit.rules import FAMILIES, family_named
from perfkit.store.evidence import evidence_for, text_of
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace

ARTEFACTS = Path(__file__).parents[1] / "artefacts"
QUESTIONS = sorted(file for file in Path(analyses.__path__[0]).glob("*.sql") if evidence_for(file))
OF_MANY_KINDS = ("pg_explain", "pg_catalog", "otlp_spans", "vector_trials", "hyperfine", "locust_history", "wrk_text", "hey_csv")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Holds artefacts of many kinds."""
    full = Workbench(Workspace(tmp_path_factory.mktemp("families")))
    full.ingest([ARTEFACTS / name for name in OF_MANY_KINDS])
    with full.store.sitting():
        yield full


def lacking(bench: Workbench, evidence: Collection[str]) -> list[str]:
    """The runs without it; there are always some."""
    known = [run.run_id for run in bench.runs()]
    found = sorted(set(known).difference(bench.store.holding(known, evidence)))
    assert found
    return found


@pytest.mark.parametrize("name", FAMILIES)
def test_without_its_evidence_a_family_finds_nothing(bench: Workbench, name: str) -> None:
    assert family_named(name).find(bench.store, lacking(bench, FAMILIES[name])) == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.stem)
def test_without_its_evidence_a_question_has_no_answer(bench: Workbench, question: Path) -> None:
    given = {"run_ids": lacking(bench, evidence_for(question)), "least": 0, "from": 1, "statements": False}
    text = text_of(question)
    with bench.store.reading() as connection:
        assert connection.execute(text, {name: value for name, value in given.items() if f"${name}" in text}).fetchall() == []


def test_evidence_is_the_tables_of_a_run_and_the_kinds_of_its_spans(bench: Workbench) -> None:
    known = [run.run_id for run in bench.runs()]
    filled = {run_id: bench.store.tables_of([run_id]) for run_id in known}
    for table in "requests", "plans", "profile_functions", "spans":
        assert bench.store.holding(known, [table]) == [run_id for run_id in known if table in filled[run_id]]
    with bench.store.reading() as connection:
        kinds = set(connection.execute("select distinct run_id, 'spans.' || kind from spans").fetchall())
    assert {name for _, name in kinds} >= {"spans.server", "spans.db"}
    assert {(run_id, name) for _, name in kinds for run_id in bench.store.holding(known, [name])} == kinds

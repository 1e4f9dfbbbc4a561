"""Meeting Minutes: from recorded evidence to the report of its performance engineer, which verifies, reads well and equals its golden file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import perfkit
from perfkit.packs import load_pack
from perfkit.report.lint import lint
from perfkit.workbench import Workbench
from tests.command_line import perfkit as command
from tests.report.recorded import MOST_BYTES, RECORDED, difference, disagreeing, hard_to_read, headings, workspace_of, written

INVESTIGATION = Path(perfkit.__file__).parent / "packs" / "meeting_minutes" / "improvement.yml"
STEPS = [
    "## Identify performance bottlenecks",
    "## Measure current performance (baseline)",
    "## Implement optimizations",
    "## Re-measure and compare",
    "## Document improvements",
]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return workspace_of("meeting_minutes", tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module")
def report(bench: Workbench) -> Path:
    return written(bench, INVESTIGATION, bench.workspace.reports / "improvement.md")


def test_the_recorded_evidence_is_small() -> None:
    assert sum(file.stat().st_size for file in (RECORDED / "meeting_minutes").rglob("*") if file.is_file()) < MOST_BYTES


def test_every_number_verifies(bench: Workbench, report: Path) -> None:
    assert disagreeing(bench, report) == []


def test_the_report_equals_its_golden_file(report: Path, update_golden: bool) -> None:
    assert difference(report, "meeting_minutes.md", update=update_golden) == ""


def test_the_headings_are_the_five_things_that_are_done(report: Path) -> None:
    title, *found = headings(report)
    assert title == "# Performance Improvement: Hybrid search"
    assert found == STEPS


def test_the_report_reads_well_and_answers_at_once(report: Path) -> None:
    assert hard_to_read(report) == []
    assert lint(report) == []
    first = " ".join(report.read_text(encoding="utf-8").splitlines()[:5])
    assert "`GET /search` had a P95 of" in first
    assert "`optimized` meets" in first


def test_lists_and_probes_are_chosen_by_recall_and_time(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert "is the fastest that reaches the wanted recall" in text
    assert "the time of a search grows with the number of rows to the power of" in text


def test_the_accuracy_check_is_evidence(report: Path) -> None:
    assert "The accuracy check held" in report.read_text(encoding="utf-8")


def test_check_prints_every_target_with_its_verdict(bench: Workbench) -> None:
    done = command(bench.workspace.root, "check", "--system", "meeting_minutes", "--label", "optimized", "--json")
    rows = json.loads(done.stdout)
    assert {row["target"] for row in rows} == {target.name for target in load_pack("meeting_minutes").targets}
    assert done.returncode == (1 if any(row["verdict"] == "missed" for row in rows) else 3)
    assert {row["verdict"] for row in rows} >= {"met", "no_data"}
    for row in rows:
        assert row["verdict"] == "no_data" or (row["value"] is not None and row["n"] > 0 and row["runs"])


def test_processors_are_judged_idle_and_under_load(bench: Workbench) -> None:
    judged = {(item.target, item.subject): item.verdict for item in bench.check("meeting_minutes", "optimized") if item.target.startswith("CPU idle")}
    assert {subject for _, subject in judged} == {"machine.cpu", "target.cpu"}
    assert judged["CPU idle: < 30% (used while nothing is asked)", "target.cpu"] == "met"
    assert "no_data" not in judged.values()

"""Sight: from recorded evidence to the two reports of its agents, which verify, read well and equal their golden files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import perfkit
from perfkit.report.lint import lint
from perfkit.workbench import Workbench
from tests.command_line import perfkit as command
from tests.report.recorded import MOST_BYTES, RECORDED, difference, disagreeing, hard_to_read, headings, workspace_of, written

PACK = Path(perfkit.__file__).parent / "packs" / "sight"
REPORTS = ("optimization", "architecture")
HEADINGS = {
    "optimization": [
        "## Performance Optimization: Persona studies",
        "### Problem Identified",
        "### Profiling Results",
        "### Optimization Strategy",
        "### Code Changes",
        "### Benchmark Results",
        "### Deployment Notes",
        "### Next Steps",
    ],
    "architecture": [
        "### PERFORMANCE ANALYSIS",
        "### ARCHITECTURAL ISSUES",
        "### OPTIMIZATION RECOMMENDATIONS",
        "### REFACTORING PLAN",
        "### IMPLEMENTATION EXAMPLE",
        "### VERIFICATION STRATEGY",
    ],
}
GATES = (
    "All database queries use eager loading where needed",
    "Independent operations use asyncio.gather()",
    "Expensive operations are cached with proper TTL",
    "Error handling includes retries with exponential backoff",
    "Type hints are complete and correct",
    "No DRY violations (duplicate logic)",
    "Performance targets are met (provide estimates)",
    "Code follows project conventions from CLAUDE.md",
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return workspace_of("sight", tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module", params=REPORTS)
def report(bench: Workbench, request: pytest.FixtureRequest) -> Path:
    return written(bench, PACK / f"{request.param}.yml", bench.workspace.reports / f"{request.param}.md")


@pytest.fixture(scope="module")
def review(bench: Workbench) -> str:
    return written(bench, PACK / "architecture.yml", bench.workspace.reports / "review.md").read_text(encoding="utf-8")


def test_the_recorded_evidence_is_small() -> None:
    assert sum(file.stat().st_size for file in (RECORDED / "sight").rglob("*") if file.is_file()) < MOST_BYTES


def test_every_number_verifies(bench: Workbench, report: Path) -> None:
    assert disagreeing(bench, report) == []


def test_the_report_equals_its_golden_file(report: Path, update_golden: bool) -> None:
    assert difference(report, f"sight_{report.stem}.md", update=update_golden) == ""


def test_the_headings_are_those_of_the_document(report: Path) -> None:
    assert headings(report) == HEADINGS[report.stem]


def test_the_report_reads_well(report: Path) -> None:
    assert hard_to_read(report) == []
    assert lint(report) == []


@pytest.mark.parametrize(("name", "answer"), [("optimization", "became faster"), ("architecture", "is not to be approved yet: of 8")])
def test_the_answer_stands_in_the_first_five_lines(bench: Workbench, name: str, answer: str) -> None:
    report = written(bench, PACK / f"{name}.yml", bench.workspace.reports / f"first_{name}.md")
    assert answer in "\n".join(report.read_text(encoding="utf-8").splitlines()[:5])

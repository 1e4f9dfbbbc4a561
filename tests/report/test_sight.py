"""Sight: from recorded evidence to the two reports of its agents, which verify, read well and equal their golden files."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

from perfkit import Selection
from perfkit.packs.model import FOLDER
from perfkit.report.lint import lint
from perfkit.workbench import Workbench
from tests.command_line import perfkit
from tests.report.recorded import MOST_BYTES, RECORDED, difference, disagreeing, hard_to_read, headings, workspace_of, written

PACK = FOLDER / "sight"
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


@pytest.mark.parametrize("label", ["baseline", "optimized"])
def test_no_part_of_a_request_exceeds_it(bench: Workbench, label: str) -> None:
    def times(part: str) -> dict[str, float]:
        return {item.subject: item.value for item in bench.measure(f"time.{part}", Selection(label=label))}

    totals = times("total")
    assert "GET /dashboard" in totals
    for endpoint, total in totals.items():
        parts = [times(part)[endpoint] for part in ("db", "cache", "llm", "http", "own")]
        assert max(parts) <= total * (1 + 1e-9), endpoint


def test_the_picture_of_the_requests_shows_the_numbers_of_the_table(bench: Workbench, report: Path) -> None:
    table = report.read_text(encoding="utf-8").partition("| endpoint | total |")[2].partition("\n\n")[0]
    totals = re.findall(r"^\| `([^`]+)` \| ([^[]+)\[", table, re.MULTILINE)
    assert len(totals) > 5
    picture = (report.parent / report.stem / "time.svg").read_text(encoding="utf-8")
    drawn = [f"{title}: {total}" for title, total in totals if html.escape(total) not in picture and total not in picture]
    assert drawn == []


def test_every_gate_is_judged_by_evidence(review: str) -> None:
    rows = {cells[1].strip(): cells[2].strip(" *") for line in review.splitlines() if len(cells := line.split("|")) == 5}
    answers = {gate: rows[gate] for gate in GATES}
    assert answers[GATES[0]] == answers[GATES[1]] == answers[GATES[2]] == answers[GATES[6]] == "failed"
    assert {answers[gate] for gate in (GATES[3], GATES[4], GATES[5], GATES[7])} == {"not examined"}


def test_what_no_tool_looked_at_says_so(review: str) -> None:
    issues = review.split("### ARCHITECTURAL ISSUES")[1].split("### OPTIMIZATION RECOMMENDATIONS", maxsplit=1)[0]
    assert "whether type hints are complete (to find out, run `mypy --strict app`)" in issues
    assert "There are N+1 query problems: at `perfkit/demo/listing.py:" in issues
    assert "Independent operations run one after another: at `perfkit/demo/" in issues
    assert "Indexes on WHERE/JOIN columns are missing: in `Seq Scan on personas" in issues
    assert "Expensive reads are repeated and no cache answers them: at `perfkit/demo/dashboard.py:" in issues


def test_recommendations_follow_the_hierarchy_of_the_document(review: str) -> None:
    text = review.split("### OPTIMIZATION RECOMMENDATIONS")[1].split("### REFACTORING PLAN", maxsplit=1)[0]
    places = [text.index(words) for words in ("**P0", "*Low-Hanging Fruit", "*Async Parallelization", "*Smart Caching")]
    assert places == sorted(places)


def test_a_review_of_two_labels_says_what_each_step_saved(bench: Workbench, tmp_path: Path) -> None:
    both = tmp_path / "both.yml"
    text = (PACK / "optimization.yml").read_text(encoding="utf-8")
    both.write_text(text.replace("template: optimization", "template: architecture"), encoding="utf-8")
    report = written(bench, both, bench.workspace.reports / "both.md")
    assert disagreeing(bench, report) == []
    assert headings(report) == HEADINGS["architecture"]
    assert hard_to_read(report) == []
    said = report.read_text(encoding="utf-8")
    assert "| problem | endpoint | predicted | measured |" in said
    assert f"| {GATES[0]} | passed |" in said


def test_a_forged_number_is_found(bench: Workbench, tmp_path: Path) -> None:
    report = written(bench, PACK / "architecture.yml", bench.workspace.reports / "forged.md")
    text = report.read_text(encoding="utf-8")
    report.write_text(text.replace("it fails 4[^", "it fails 3[^", 1), encoding="utf-8")
    assert len(disagreeing(bench, report)) == 1


@pytest.mark.parametrize(("label", "exit_code"), [("baseline", 1), ("optimized", 1)])
def test_check_judges_every_target_of_the_pack(bench: Workbench, label: str, exit_code: int) -> None:
    answer = perfkit(bench.workspace.root, "check", "--system", "sight", "--label", label, "--json")
    judged = json.loads(answer.stdout)
    pack = bench.pack("sight")
    assert {item["target"] for item in judged} == {target.name for target in pack.targets}
    for item in judged:
        if item["verdict"] == "no_data":
            assert item["why"] and item["value"] is None
        else:
            assert item["value"] is not None and item["n"] > 0 and item["runs"]
        assert item["verdict"] == "no_data" or item["lo"] is not None or item["why"]
    assert answer.returncode == exit_code, answer.stdout

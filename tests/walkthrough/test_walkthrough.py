"""One honest path: from a running application to a report whose every number can be recomputed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from perfkit.analyses.known_runs import Selection
from perfkit.report.lint import lint
from tests.command_line import perfkit
from tests.walkthrough.conftest import Walked

pytestmark = pytest.mark.alone

FAULTS = {"n-plus-one", "vector-search-without-index", "sequential-llm-calls", "uncached-reads", "hot-function"}
TRUE_OF_A_BUSY_MACHINE = {"pool-wait"}
"""A thread that the machine stops does wait for its connection."""
PLACES = {
    "n-plus-one": "perfkit/demo/listing.py",
    "sequential-llm-calls": "perfkit/demo/",
    "uncached-reads": "perfkit/demo/dashboard.py",
    "hot-function": "perfkit/demo/matching.py",
    "vector-search-without-index": "Seq Scan on personas",
}


def test_the_report_is_archived_verifies_and_is_short_enough(walked: Walked) -> None:
    report = walked.outcome.report
    assert report.parent == walked.bench.workspace.archive
    assert re.fullmatch(r"performance_persona_research_\d{4}-\d\d-\d\d\.md", report.name)
    assert lint(report) == []
    assert [item for item in walked.outcome.checked if not item.agrees] == []
    assert perfkit(walked.bench.workspace.root, "verify", str(report)).returncode == 0


def test_all_five_faults_are_found_in_the_slow_variant_with_place_and_prediction(walked: Walked) -> None:
    found = [finding for finding in walked.bench.diagnose(Selection(label="baseline")) if finding.rule not in TRUE_OF_A_BUSY_MACHINE]
    assert {finding.rule for finding in found} == FAULTS
    for finding in found:
        assert finding.place.startswith(PLACES[finding.rule])
        assert finding.subject is not None
        assert (finding.saves_ms or 0) > 0


def test_nothing_is_found_in_the_fixed_variant(walked: Walked) -> None:
    assert [finding for finding in walked.bench.diagnose(Selection(label="optimized")) if finding.rule not in TRUE_OF_A_BUSY_MACHINE] == []


def test_every_fault_has_a_predicted_and_a_measured_saving_in_the_report(walked: Walked) -> None:
    text = walked.outcome.report.read_text(encoding="utf-8")
    table = text.split("| problem | endpoint | predicted | measured |")[1].split("\n\n")[0]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert len(rows) == len(walked.bench.diagnose(Selection(label="baseline")))
    assert "not measured" not in table


def test_the_slow_variant_misses_targets_and_the_fixed_one_meets_all(walked: Walked) -> None:
    baseline = perfkit(walked.bench.workspace.root, "check", "--system", "demo", "--label", "baseline")
    optimized = perfkit(walked.bench.workspace.root, "check", "--system", "demo", "--label", "optimized")
    assert (baseline.returncode, optimized.returncode) == (1, 0), baseline.stdout + optimized.stdout


CITED_DIGIT = re.compile(r"\d(?=[^\d\n|]{0,6}\[\^\d+\])")


def forged(report: str, places: Sequence[int], path: Path) -> list[int]:
    """Writes the report with the digits at these places one higher; the lines where they are."""
    letters = list(report)
    for place in places:
        letters[place] = str((int(letters[place]) + 1) % 10)
    path.write_text("".join(letters), encoding="utf-8")
    return [report.count("\n", 0, place) + 1 for place in places]


def test_a_changed_digit_fails_verify_and_is_named(walked: Walked, tmp_path: Path) -> None:
    report, path = walked.outcome.report.read_text(encoding="utf-8"), tmp_path / "forged.md"
    cited = [match.start() for match in CITED_DIGIT.finditer(report)]
    for places in (cited, cited[:1], cited[-1:]):
        lines = forged(report, places, path)
        wrong = [item.line for item in walked.bench.verify(path) if not item.agrees]
        assert sorted(wrong) == lines


def test_a_number_without_a_run_behind_it_fails_verify(walked: Walked, tmp_path: Path) -> None:
    report = walked.outcome.report.read_text(encoding="utf-8").replace("### Next Steps", "It is now 12 times faster.\n\n### Next Steps")
    (tmp_path / "boasting.md").write_text(report, encoding="utf-8")
    done = perfkit(walked.bench.workspace.root, "verify", str(tmp_path / "boasting.md"))
    assert done.returncode == 1
    assert "12" in done.stdout
    assert "without a run" in done.stdout


def test_a_report_of_runs_that_are_not_in_the_store_is_refused(walked: Walked, tmp_path: Path) -> None:
    run_id = walked.bench.runs(Selection(label="baseline", kind="load"))[0].run_id
    (tmp_path / "other.md").write_text(walked.outcome.report.read_text(encoding="utf-8").replace(run_id, "0" * 12), encoding="utf-8")
    done = perfkit(walked.bench.workspace.root, "verify", str(tmp_path / "other.md"))
    assert done.returncode == 2
    assert "0" * 12 in done.stderr


def test_the_headings_are_those_of_the_template_in_order(walked: Walked) -> None:
    headings = re.findall(r"^#+ .*$", walked.outcome.report.read_text(encoding="utf-8").split("### Code Changes")[0], re.MULTILINE)
    assert headings == [
        "## Performance Optimization: Persona research",
        "### Problem Identified",
        "### Profiling Results",
        "### Optimization Strategy",
    ]


def test_every_notebook_of_the_demo_ran_and_left_its_copy(walked: Walked) -> None:
    names = [path.name.split("-")[0] for path in walked.outcome.notebooks]
    assert set(names) == {"collect_load", "collect_profile", "where_does_the_time_go", "compare_two_labels", "write_the_report"}
    assert all(path.exists() for path in walked.outcome.notebooks)


def test_progress_names_its_steps_and_never_goes_back(walked: Walked) -> None:
    shares = [done for _, done in walked.said]
    assert shares == sorted(shares)
    assert any(text.startswith("trace of optimized") for text, _ in walked.said)


@pytest.mark.parametrize("metric", ["latency.p95", "latency.mean"])
def test_compare_finds_the_fixed_endpoints_faster(walked: Walked, metric: str) -> None:
    compared = walked.bench.compare(Selection(label="baseline"), Selection(label="optimized"), [metric])
    verdicts = {item.subject: item.verdict for item in compared}
    assert verdicts["POST /focus-groups/{group_id}/responses"] == "faster"
    assert verdicts["GET /dashboard"] == "faster"
    assert verdicts["GET /projects/{project_id}/personas"] == "faster"


def test_each_fix_shows_where_one_request_runs_at_a_time(walked: Walked) -> None:
    quickest = "select label, name, min(duration_ms) from spans join runs using (run_id) where spans.kind = 'server' group by all"
    took = {(label, name): milliseconds for label, name, milliseconds in walked.bench.store.query(quickest)[1]}
    for name in ("GET /projects/{project_id}/personas", "POST /focus-groups/{group_id}/responses", "GET /dashboard"):
        assert took["baseline", name] > 2 * took["optimized", name]

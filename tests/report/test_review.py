"""What evidence answers to a reviewer: no by a finding, nothing against it, or that nobody looked."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfkit.model.run import Manifest
from perfkit.packs.investigation import Investigation
from perfkit.report.evidence import Evidence, gather
from perfkit.report.review import areas, gates, recommended
from perfkit.workbench import Workbench
from tests.conftest import request_log

PACK = """\
name: shop
title: A shop
targets:
  - {label: "Items answer in time", metric: latency.p95, subject: "GET /items", must_be: "<", limit: LIMIT}
gates:
  - {label: Requests succeed, rules: [failing-requests], evidence: [load]}
  - {label: Operations run together, rules: ["sequential-*"], evidence: [trace]}
  - {label: Nothing is written twice}
  - {label: Targets are met, targets: true}
review:
  - label: Errors
    checks:
      - {label: requests fail, rules: [failing-requests], evidence: [load]}
      - {label: anything fails, rules: ["failing-*"], evidence: [load]}
hierarchy:
  - {label: First, rules: [nothing-of-this]}
"""
QUESTION = Investigation(name="visitors", system="shop", feature="The shop", question="Is it fast enough?", candidate=None)


def evidence_of(bench: Workbench, folder: Path, limit: str, failed: float) -> Evidence:
    place = bench.workspace.packs / "shop"
    place.mkdir(parents=True)
    (place / "pack.yml").write_text(PACK.replace("LIMIT", limit), encoding="utf-8")
    logs = [request_log(folder / f"{seed}.csv", seed=seed, failed=failed) for seed in range(5)]
    bench.ingest(logs, Manifest(label="baseline", system="shop", scenario="visitors"))
    return gather(bench.store, bench.pack("shop"), QUESTION)


@pytest.mark.parametrize(("limit", "failed", "answers"), [("900 ms", 0.0, ("passed", "passed")), ("10 ms", 0.3, ("failed", "failed"))])
def test_gates_are_answered_by_findings_and_by_the_scorecard(
    bench: Workbench, tmp_path: Path, limit: str, failed: float, answers: tuple[str, str]
) -> None:
    found = gates(evidence_of(bench, tmp_path, limit, failed), "baseline")
    assert (found[0].answer, found[3].answer) == answers
    assert bool(found[0].findings) == (failed > 0)


def test_without_evidence_nothing_passes(bench: Workbench, tmp_path: Path) -> None:
    found = gates(evidence_of(bench, tmp_path, "900 ms", 0.0), "baseline")
    assert [(one.answer, list(one.lacks)) for one in found[1:3]] == [("not examined", ["trace"]), ("not examined", [])]


def test_a_finding_is_told_once(bench: Workbench, tmp_path: Path) -> None:
    [area] = areas(evidence_of(bench, tmp_path, "900 ms", 0.3), "baseline")
    assert [(one.answer, one.known) for one in area.reviewed] == [("failed", False), ("failed", True)]


def test_what_no_step_names_comes_last(bench: Workbench, tmp_path: Path) -> None:
    evidence = evidence_of(bench, tmp_path, "900 ms", 0.3)
    assert [group.step for group in recommended(evidence, evidence.findings)] == [""]

"""Accepting findings and checking for new ones, from the command line to the exit code; a farther database as a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from perfkit.model.run import Manifest
from perfkit.trace import record, span
from perfkit.trace.sqlalchemy import install
from perfkit.workbench import Workbench
from tests.command_line import perfkit

PACK = """
name: shop
title: A shop
targets:
  - {label: Items answer in time, metric: latency.p95, subject: GET /items, must_be: "<", limit: 1 s}
"""


def printed(bench: Workbench, *arguments: str) -> Any:
    return json.loads(perfkit(bench.workspace.root, *arguments, "--json").stdout)


def traced(bench: Workbench, path: Path, *tables: str, label: str = "baseline") -> None:
    """Two requests, each with one loop of eight statements a table."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"create table {table} (item integer)"))
    uninstall = install(engine)
    with record(path), engine.connect() as connection:
        for _ in range(2):
            with span("server", "GET /items"):
                for table in tables:
                    for item in range(8):
                        connection.execute(text(f"select * from {table} where item = :item"), {"item": item}).all()
    uninstall()
    engine.dispose()
    bench.ingest([path], Manifest(label=label))


@pytest.fixture
def slow(bench: Workbench, tmp_path: Path) -> Workbench:
    traced(bench, tmp_path / "first.ndjson", "prices", "stocks")
    return bench


def test_what_is_accepted_passes_and_what_is_new_fails(slow: Workbench, tmp_path: Path) -> None:
    failed = perfkit(slow.workspace.root, "check", "--new-only", "--json")
    new = json.loads(failed.stdout)
    assert failed.returncode == 1
    assert {finding["rule"] for finding in new} == {"n-plus-one"} and len(new) == 2
    one = perfkit(slow.workspace.root, "accept", new[0]["finding_id"], "--reason", "eight at most")
    assert one.returncode == 0 and "1 accepted" in one.stderr
    assert [finding.identity for finding in slow.new_findings()] == [new[1]["identity"]]
    rest = perfkit(slow.workspace.root, "accept", "--label", "baseline", "--reason", "known")
    assert "1 accepted" in rest.stderr and "1 were accepted before" in rest.stderr
    passed = perfkit(slow.workspace.root, "check", "--new-only", "--label", "baseline")
    assert (passed.returncode, passed.stdout.strip()) == (0, "No finding is new.")
    assert [entry["reason"] for entry in printed(slow, "accept", "--list")] == ["eight at most", "known"]
    traced(slow, tmp_path / "second.ndjson", "prices", "stocks", "reviews")
    assert ["reviews" in finding.title for finding in slow.new_findings()] == [True]
    assert perfkit(slow.workspace.root, "accept", "--remove", new[0]["identity"]).returncode == 0
    assert len(slow.new_findings()) == 2


def test_with_a_system_its_targets_are_judged_as_well(slow: Workbench, tmp_path: Path) -> None:
    pack = tmp_path / "shop"
    pack.mkdir()
    (pack / "pack.yml").write_text(PACK)
    perfkit(slow.workspace.root, "accept", "--label", "baseline", "--reason", "known")
    both = perfkit(slow.workspace.root, "check", "--new-only", "--system", str(pack), "--json")
    document = json.loads(both.stdout)
    assert (document["new_findings"], [item["verdict"] for item in document["verdicts"]], both.returncode) == ([], ["no_data"], 3)
    assert isinstance(printed(slow, "check", "--system", str(pack)), list)


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("check",), 2, "--system"),
        (("accept",), 2, "--reason"),
        (("accept", "--reason", "why"), 2, "Name findings, or a label"),
        (("accept", "nothing", "--reason", "why"), 2, "There is no finding nothing"),
        (("accept", "--remove", "nothing"), 2, "has no entry nothing"),
        (("check", "--new-only"), 3, "nothing is decided"),
        (("diagnose", "--rtt", "2 MB"), 2, "no time"),
        (("diagnose", "--rtt", "soon"), 2, "no quantity"),
    ],
)
def test_what_cannot_be_done_is_said(bench: Workbench, arguments: tuple[str, ...], code: int, complaint: str) -> None:
    said = perfkit(bench.workspace.root, *arguments)
    assert (said.returncode, complaint in said.stderr) == (code, True), said.stderr


def test_a_farther_database_is_a_model_beside_the_findings(slow: Workbench) -> None:
    plain, far = printed(slow, "diagnose"), printed(slow, "diagnose", "--rtt", "2ms")
    assert [list(finding) for finding in far] == [[*finding, "rtt_ms", "saves_with_rtt_ms", "request_ms", "request_with_rtt_ms"] for finding in plain]
    for before, after in zip(plain, far, strict=True):
        assert after["saves_with_rtt_ms"] == pytest.approx(before["saves_ms"] + 7 * 2)
        assert after["request_with_rtt_ms"] == pytest.approx(after["request_ms"] + 16 * 2)
    shown = perfkit(slow.workspace.root, "diagnose", "--rtt", "2ms").stdout
    assert "a model, not a measurement: every statement waits 2.00 ms longer" in " ".join(shown.split())
    assert "16" in shown

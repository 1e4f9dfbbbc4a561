"""perfkit figure: select, analyse, draw, print the path."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from tests.command_line import perfkit
from tests.conftest import WriteLog

PNG, SVG = b"\x89PNG", b"<?xml"


def figure(bench: Workbench, *arguments: str) -> subprocess.CompletedProcess[str]:
    return perfkit(bench.workspace.root, "figure", *arguments)


@pytest.fixture
def filled(bench: Workbench, locust_log: WriteLog) -> Workbench:
    """Three runs each of two labels; the steps of a ladder are those of their seconds."""
    for label, median_ms in (("slow", 100.0), ("fast", 50.0)):
        logs = [locust_log(f"{label}{seed}.csv", median_ms=median_ms, seed=seed + int(median_ms), requests=200) for seed in range(3)]
        bench.ingest(logs, Manifest(label=label, scenario="test"))
    with bench.store.writing() as connection:
        connection.execute("update requests set stage = 10 + second(started_at) // 2 * 10")
    return bench


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["latency-over-time", "--label", "slow"], "requests that started within"),
        (["latency-distribution", "--label", "slow", "--label", "fast"], "1200 requests"),
        (["throughput", "--label", "fast"], "not tested above"),
        (["ratios", "slow", "fast"], "ratio of latency.p95 in ms"),
        (["history", "latency.p50", "--label", "slow"], "3 runs"),
    ],
)
def test_every_picture_is_drawn_from_the_store(filled: Workbench, tmp_path: Path, arguments: list[str], said: str) -> None:
    path = tmp_path / "out.svg"
    done = figure(filled, *arguments, "-o", str(path))
    assert (done.returncode, done.stdout) == (0, f"{path}\n"), done.stderr
    drawn = path.read_bytes()
    assert drawn.startswith(SVG)
    words = " ".join(drawn.decode().replace("\u00a0", " ").replace("\u202f", "").split())
    assert said in words


def test_the_suffix_decides_the_format_and_json_names_the_file(filled: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    done = figure(filled, "latency-over-time", "-o", str(path), "--json")
    assert json.loads(done.stdout) == {"figure": str(path)}
    assert path.read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["latency-over-time", "-o", "out.jpg"], ".png or .svg"),
        (["latency-over-time", "--label", "nope", "-o", "out.png"], "fast, slow"),
        (["latency-over-time", "--subject", "GET /nowhere", "-o", "out.png"], "nothing to draw"),
        (["history", "latency.p96", "-o", "out.png"], "latency.p95"),
        (["history", "latency.p95", "-o", "no/such/out.png"], "no/such/out.png cannot be written: there is no folder"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(filled: Workbench, arguments: list[str], why: str) -> None:
    done = figure(filled, *arguments)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert why in done.stderr


def test_a_run_that_is_not_valid_says_so_in_its_title(bench: Workbench, locust_log: WriteLog, tmp_path: Path) -> None:
    reason = "the load generator was starved"
    [stored] = bench.ingest([locust_log()], Manifest(label="a", valid=False, invalid_because=reason))
    path = tmp_path / "out.svg"
    assert figure(bench, "latency-over-time", "-o", str(path)).returncode == 2
    assert figure(bench, "latency-over-time", "--run", stored.run_id, "-o", str(path)).returncode == 0
    assert reason in path.read_text(encoding="utf-8")

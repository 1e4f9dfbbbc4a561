"""The report of a store with 1 million requests, 500 000 spans and 2 000 findings, and its verification, as commands."""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.inputs import FOLDER
from benchmarks.jobs import Cost, Job, held, measure_all, save, table
from perfkit.analyses.known_runs import Selection
from perfkit.model.run import MANIFEST_SUFFIX, Manifest
from perfkit.workbench import open_workbench

LABELS = ("baseline", "optimized")
SYSTEM = "big"
ENDPOINTS = 500
RUNS_A_LABEL = 5
REQUESTS_A_RUN = 100_000
TRACED_A_RUN = 2
"""Traced requests of each endpoint in each of the rounds, of which the newest is looked at closely."""
LOOPS, TURNS = 4, 12
"""Statements that a traced request repeats, and how often: 50 spans a request with the request itself and one read before them."""
START_US = 1_790_000_000_000_000
REPORT_CPU_S, VERIFY_CPU_S, MOST_LINES = 3.0, 5.0, 700

PACK = """\
name: big
title: A service with 500 endpoints
reports: {optimization: sight/optimization.md.j2}
targets:
  - {label: "Every endpoint answers in time", metric: latency.p95, subject: "*", must_be: "<", limit: 300 ms}
  - {label: "Requests succeed", metric: error.rate, subject: all requests, must_be: "<", limit: 1 %}
"""
INVESTIGATION = """\
name: big
system: big
feature: Everything at once
question: Where does the time of 500 endpoints go?
base: baseline
candidate: optimized
"""


def workspace() -> Path:
    """Made once: the files of the tools are ingested as a user's are, and findings come from the rules alone."""
    folder = FOLDER / "big-report"
    if folder.exists():
        return folder
    unfinished = folder.with_name(".big-report.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    _written(unfinished / "packs" / SYSTEM / "pack.yml", PACK)
    _written(unfinished / "big.yml", INVESTIGATION)
    noise, bench = random.Random(20260101), open_workbench(unfinished)
    for label in LABELS:
        logs = [_log(unfinished / "raw" / f"{label}-{number}.csv", label, noise) for number in range(RUNS_A_LABEL)]
        traces = [_traced(unfinished / "raw" / f"{label}-{number}.ndjson", label, number, noise) for number in range(RUNS_A_LABEL)]
        bench.ingest([*logs, *traces])
    shutil.rmtree(unfinished / "raw")
    return unfinished.replace(folder)


def _log(path: Path, label: str, noise: random.Random) -> Path:
    """As Locust's requests are logged: every endpoint as often, the faster half of them under the second label."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.write("timestamp,request_type,name,response_time_ms,response_length,status_code,exception\n")
        for number in range(REQUESTS_A_RUN):
            endpoint = number % ENDPOINTS
            median_ms = (40 + endpoint) * (0.6 if label == "optimized" and endpoint % 2 else 1.0)
            at_s = 1_790_000_000 + number * 600 / REQUESTS_A_RUN
            file.write(f"{at_s:.6f},GET,/api/e{endpoint:03d}x,{median_ms * noise.lognormvariate(0, 0.3):.2f},128,200,\n")
    return _described(path, Manifest(label=label, system=SYSTEM, scenario="visitors"))


def _traced(path: Path, label: str, number: int, noise: random.Random) -> Path:
    trace = _written(path, "".join(_trace(label, START_US + number * 600_000_000, noise)))
    return _described(trace, Manifest(label=label, system=SYSTEM, scenario="traced"))


def _trace(label: str, at_us: int, noise: random.Random) -> Iterator[str]:
    """As the recorder writes it. The baseline sends each statement again and again; the second label as many, each for itself."""
    yield json.dumps({"perfkit_trace": 2, "clock": "unix_us", "started_at": at_us, "tool_version": "0", "attributes": {}}) + "\n"
    for turn in range(TRACED_A_RUN):
        for endpoint in range(ENDPOINTS):
            yield from _request(label, endpoint, turn, f"{turn:08x}{endpoint:08x}", at_us, noise)
            at_us += 200_000


def _request(label: str, endpoint: int, turn: int, trace_id: str, at_us: int, noise: random.Random) -> Iterator[str]:
    server, now_us = f"{trace_id}00", at_us + 200
    for number in range(1 + LOOPS * TURNS):
        took_us = int(400 * noise.lognormvariate(0, 0.3))
        loop = 0 if number == 0 else 1 + (number - 1) // TURNS
        site = loop if label == "baseline" else number
        yield _statement(endpoint, turn, site, number, trace_id, now_us, took_us)
        now_us += took_us + 100
    span = {"trace_id": trace_id, "span_id": server, "parent_id": None, "kind": "server", "name": f"GET /api/e{endpoint:03d}x"}
    yield json.dumps({**span, "started_at": at_us, "duration_ms": (now_us - at_us) / 1000, "status": "ok", "attributes": {}}) + "\n"


def _statement(endpoint: int, turn: int, site: int, number: int, trace_id: str, at_us: int, took_us: int) -> str:
    file, line = f"app/e{endpoint:03d}.py", 10 + site
    attributes = {
        "statement": f"SELECT c{site}.* FROM t{endpoint % 40}_{site} AS c{site} WHERE c{site}.owner_id = %s",
        "params_hash": f"{turn:x}{endpoint:x}{number:x}",
        "rows": 1,
        "call_chain": [f"{file}:load_{site}:{line}", f"{file}:view:9"],
    }
    span = {"trace_id": trace_id, "span_id": f"{trace_id}{number + 1:02x}", "parent_id": f"{trace_id}00", "kind": "db", "name": "SELECT"}
    place = {"file": file, "line": line, "attributes": attributes}
    return json.dumps({**span, "started_at": at_us, "duration_ms": took_us / 1000, "status": "ok", **place}) + "\n"


def _described(artefact: Path, manifest: Manifest) -> Path:
    _written(artefact.with_name(artefact.name + MANIFEST_SUFFIX), manifest.to_json())
    return artefact


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def run() -> None:
    """Measure both commands and print."""
    root = workspace()
    report = root / "reports" / "big.md"
    perfkit = [sys.executable, "-m", "perfkit", "--workspace", str(root)]
    jobs = [
        Job("perfkit report", [*perfkit, "report", str(root / "big.yml"), "--output", str(report)]),
        Job("perfkit verify", [*perfkit, "verify", str(report)]),
        Job("perfkit --help", [*perfkit, "--help"]),
    ]
    costs = measure_all(jobs)
    title = f"A report of {len(LABELS) * RUNS_A_LABEL * REQUESTS_A_RUN} requests, {_count(root, 'spans')} spans and {_findings(root)} findings"
    lines = len(report.read_text(encoding="utf-8").splitlines())
    said = [_held("perfkit report", costs["perfkit report"], REPORT_CPU_S), _held("perfkit verify", costs["perfkit verify"], VERIFY_CPU_S)]
    said.append(f"- the report has at most {MOST_LINES} lines: {lines}, {held(lines <= MOST_LINES)}.\n")
    save("big_report", table(title, costs, "perfkit report", []) + "".join(said))


def _held(job: str, cost: Cost, at_most_s: float) -> str:
    return f"- {job} takes at most {at_most_s:g} s of CPU: {cost.cpu_s:.2f}, {held(cost.cpu_s <= at_most_s)}.\n"


def _count(root: Path, rows: str) -> int:
    [(count,)] = open_workbench(root).store.query(f"select count(*) from {rows}")[1]
    return int(count)


def _findings(root: Path) -> int:
    bench = open_workbench(root)
    return sum(len(bench.diagnose(Selection(label=label), SYSTEM)) for label in LABELS)

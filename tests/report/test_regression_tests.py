"""A generated test runs as it is, holds on unchanged code, and fails when the fault is put back."""

from __future__ import annotations

import csv
import http.client
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from perfkit.collectors.bench import BenchOptions
from perfkit.collectors.caller import Function
from perfkit.collectors.host import host
from perfkit.collectors.traced import TracedOptions
from perfkit.errors import DocumentError
from perfkit.model.run import Manifest, run_from
from perfkit.packs.investigation import Investigation, Label
from perfkit.report.baselines import TIMINGS, How
from perfkit.report.evidence import gather
from perfkit.report.regression_tests import RegressionTest, regression_test
from perfkit.report.work import Work, work_of
from perfkit.stats.comparison import FLOOR
from perfkit.stats.next_run import between, next_run_bound
from perfkit.workbench import Workbench
from tests.command_line import perfkit
from tests.conftest import HEADER, START, described

QUESTION = Investigation(name="gate", system="demo", feature="Gate latency", question="Why is the gate slow?")
PROGRAM = """import time

FAULT = {fault}


def gate():
    time.sleep(0.2 if FAULT else 0.005)


if __name__ == "__main__":
    gate()
"""
SERVICE = """import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULT = {fault}


class Gate(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # else headers and body are two packets, and the second one waits for an acknowledgement

    def do_GET(self):
        time.sleep(0.04 if FAULT else 0.002)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Gate).serve_forever()
"""
SCRIPT = """FAULT={fault}
[ $FAULT = True ] && sleep 0.25
sleep 0.05
"""
TRACED = """import sqlite3

from perfkit import trace

FAULT = {fault}
rows = sqlite3.connect(":memory:")
rows.execute("create table personas (id)")
with trace.request("GET /personas"):
    for number in range(20 if FAULT else 1):
        rows.execute("select * from personas where id = ?", (number,)).fetchall()
"""


def test_the_fixed_label_says_what_a_test_starts() -> None:
    label = Label(command=("python", "gate.py", "{label}"), serve=("python", "serve.py", "{port}"), url="http://127.0.0.1:{port}/gate")
    question = QUESTION.model_copy(update={"labels": {"optimized": label}})
    assert work_of(question) == Work(("python", "gate.py", "optimized"), None, "http://127.0.0.1:{port}/gate", ("python", "serve.py", "{port}"))
    elsewhere = QUESTION.model_copy(update={"labels": {"optimized": Label(url="https://shop.example/gate")}})
    assert work_of(elsewhere) == Work()


def test_a_test_that_somebody_else_wrote_is_not_replaced_and_the_command_line_says_what_it_did(bench: Workbench, repo: Path) -> None:
    for label, fault in (("baseline", True), ("optimized", False)):
        write(repo, TRACED, fault=fault)
        bench.collect(TracedOptions(("python", "gate.py"), hooks=("sqlite3",), stated=stated(label), cwd=repo, project=repo))
    question, root = repo / "gate.yml", bench.workspace.root
    question.write_text("name: gate\nsystem: demo\nfeature: Gate latency\nquestion: Why is the gate slow?\n")
    shown = perfkit(root, "regression-test", str(question), "--into", str(repo), "--print")
    assert "STATEMENTS_PER_REQUEST" in shown.stdout
    place = repo / "tests" / "performance" / "test_gate_latency.py"
    assert not place.exists()
    written = perfkit(root, "regression-test", str(question), "--into", str(repo))
    assert (written.returncode, written.stdout.strip()) == (0, str(place.resolve()))
    assert place.read_text(encoding="utf-8").strip() == shown.stdout.strip()
    evidence, today = gather(bench.store, bench.pack("demo"), QUESTION), datetime.now(UTC).date()
    assert regression_test(evidence, QUESTION, today) == f"```python\n{place.read_text(encoding='utf-8')}```"
    alone = QUESTION.model_copy(update={"base": "optimized", "candidate": None})
    assert regression_test(gather(bench.store, bench.pack("demo"), alone), alone, today).startswith("*Not generated: no ")
    linted = [sys.executable, "-m", "ruff", "check", "--isolated", "--line-length", "160", "--select", "E,F,I,UP,B", str(place)]
    assert subprocess.run(linted, check=False, capture_output=True).returncode == 0
    assert perfkit(root, "regression-test", str(question), "--into", str(repo)).returncode == 0
    place.write_text("def test_mine(): ...\n")
    refused = perfkit(root, "regression-test", str(question), "--into", str(repo))
    assert (refused.returncode, place.read_text()) == (2, "def test_mine(): ...\n")
    assert "perfkit did not write it" in refused.stderr
    for url in ("http://example.com", "http://[::1", "http://127.0.0.1:x", "ftp://127.0.0.1"):
        remote = perfkit(root, "regression-test", str(question), "--into", str(repo), "--url", url)
        assert "is not on this machine" in remote.stderr
    assert "names no function" in perfkit(root, "regression-test", str(question), "--into", str(repo), "--call", "shop").stderr


def pytested(made: RegressionTest, repo: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The generated file, run as its user would."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs", "--rootdir", str(repo), str(made.change.path), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=repo, timeout=120)


def stated(label: str) -> Manifest:
    return Manifest(label=label, system="demo", scenario="gate")


def write(repo: Path, program: str, *, fault: bool) -> None:
    (repo / "gate.py").write_text(program.replace("{fault}", str(fault)))


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    return root


@pytest.mark.alone
def test_a_command_is_measured_again_and_fails_when_the_fault_is_put_back(bench: Workbench, repo: Path) -> None:
    command = ("sh", "gate.py")
    for label, fault in (("baseline", True), ("optimized", False)):
        write(repo, SCRIPT, fault=fault)
        for _ in range(3 if fault else 5):
            bench.collect(BenchOptions(command=command, rounds=3, warmup=1, stated=stated(label), cwd=repo, project=repo))
    made = bench.regression_test(QUESTION, repo, Work(command=command))
    made.apply()
    assert made.change.path == repo.resolve() / "tests" / "performance" / "test_gate_latency.py"
    fine = pytested(made, repo)
    assert (fine.returncode, "1 passed" in fine.stdout) == (0, True), fine.stdout
    write(repo, SCRIPT, fault=True)
    broken = pytested(made, repo)
    assert broken.returncode == 1
    assert re.search(r"bench\.median of .*gate\.py: .* ms in 3 of 3 runs; the limit is .*Fixed code had .*\(runs [0-9a-f]{12}", broken.stdout)


@pytest.mark.alone
def test_a_function_is_called_again_and_fails_when_the_fault_is_put_back(bench: Workbench, repo: Path) -> None:
    for label, fault in (("baseline", True), ("optimized", False)):
        write(repo, PROGRAM, fault=fault)
        for _ in range(3 if fault else 5):
            bench.collect(BenchOptions(function=Function("gate:gate"), rounds=3, warmup=1, stated=stated(label), cwd=repo, project=repo))
    made = bench.regression_test(QUESTION, repo, Work(call="gate:gate"))
    made.apply()
    assert pytested(made, repo).returncode == 0
    write(repo, PROGRAM, fault=True)
    assert pytested(made, repo).returncode == 1


@contextmanager
def served(repo: Path) -> Iterator[str]:
    """The program as a service, until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "gate.py", str(port)], cwd=repo)
    try:
        for _ in range(200):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def load_log(path: Path, address: str, requests: int = 30) -> Path:
    """What one user measured, as Locust writes it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        connection = http.client.HTTPConnection(address)
        for number in range(requests):
            began = time.perf_counter()
            connection.request("GET", "/gate")
            connection.getresponse().read()
            rows.writerow([START + number * 0.1, "GET", "/gate", round((time.perf_counter() - began) * 1000, 3), 2, 200, ""])
        connection.close()
    return path


@pytest.mark.alone
def test_a_service_is_loaded_again_and_fails_when_the_fault_is_put_back(bench: Workbench, repo: Path, tmp_path: Path) -> None:
    for label, fault in (("baseline", True), ("optimized", False)):
        write(repo, SERVICE, fault=fault)
        with served(repo) as address:
            for number in range(3):
                log = load_log(tmp_path / f"{label}-{number}.csv", address)
                described(log, Manifest(label=label, system="demo", scenario="gate", host=host(), parameters={"users": 2}))
    bench.ingest([tmp_path])
    service = Label(serve=("python", "gate.py", "{port}"), url="http://127.0.0.1:{port}")
    made = bench.regression_test(QUESTION.model_copy(update={"labels": {"optimized": service}}), repo)
    made.apply()
    fine = pytested(made, repo)
    assert (fine.returncode, "1 passed" in fine.stdout) == (0, True), fine.stdout
    write(repo, SERVICE, fault=True)
    broken = pytested(made, repo)
    assert broken.returncode == 1
    assert re.search(r"latency\.p\d+ of GET /gate: .* ms in 3 of 3 runs", broken.stdout), broken.stdout
    write(repo, "raise SystemExit('no such table')  # {fault}", fault=False)
    assert re.search("does not answer: no such table", pytested(made, repo).stdout)


def test_statements_are_counted_again_and_fail_when_the_loop_is_put_back(bench: Workbench, repo: Path) -> None:
    command = ("python", "gate.py")
    for label, fault in (("baseline", True), ("optimized", False)):
        write(repo, TRACED, fault=fault)
        bench.collect(TracedOptions(command, hooks=("sqlite3",), stated=stated(label), cwd=repo, project=repo))
    made = bench.regression_test(QUESTION, repo)
    made.apply()
    fine = pytested(made, repo)
    assert (fine.returncode, "1 passed" in fine.stdout) == (0, True), fine.stdout
    write(repo, TRACED, fault=True)
    broken = pytested(made, repo)
    assert broken.returncode == 1
    assert "statements.per_request of GET /personas" in broken.stdout


def test_without_a_shown_improvement_there_is_no_test_and_nothing_is_written(bench: Workbench, repo: Path) -> None:
    write(repo, PROGRAM, fault=False)
    for label in ("baseline", "optimized"):
        for _ in range(3):
            bench.collect(BenchOptions(command=(sys.executable, "gate.py"), rounds=3, warmup=0, stated=stated(label), cwd=repo, project=repo))
    with pytest.raises(DocumentError, match=r"No regression test of 'Gate latency' can be generated: .*Measure both labels"):
        bench.regression_test(QUESTION, repo, Work(command=(sys.executable, "gate.py")))
    assert not (repo / "tests").exists()


def test_unchanged_code_fails_in_at_most_one_run_of_a_hundred_and_a_fault_does_not_pass() -> None:
    """Runs of one machine, about which the baseline knows only five: the share beyond the limit over many baselines."""
    noise, beyond, missed = np.random.default_rng(7), 0, 0
    rounds = 4000
    for _ in range(rounds):
        *fixed, again = np.exp(noise.normal(0, 0.08, 6))
        limit = next_run_bound(fixed)
        beyond += again > limit
        missed += all(np.exp(noise.normal(np.log(2), 0.08, 1)) <= limit)
    assert beyond / rounds <= 0.015
    assert missed / rounds <= 0.01


def test_the_noise_floor_widens_a_baseline_whose_runs_happen_to_agree() -> None:
    calm = [100.0, 100.1, 99.9, 100.0, 100.05]
    assert next_run_bound(calm) == pytest.approx(100.01 * (1 + FLOOR), rel=1e-3)
    assert next_run_bound(calm, noise=0.1) > 140
    assert between([10.0, 10.0], [1000.0], 0.5) == pytest.approx(100)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("command", {"rounds": "1) or __import__('os')", "warmup": 0}),
        ("command", {"rounds": 3}),
        ("command", {"rounds": 3, "warmup": 0, "workload": []}),
        ("url", {"users": 2.5}),
        ("url", {"users": "2"}),
        ("trace", {"command": "echo '"}),
        ("trace", {"command": "echo", "hooks": "all"}),
        ("trace", {"command": "echo --password '***'", "hooks": []}),
        ("trace", {"command": "echo", "limit_ms": "5"}),
        ("trace", {}),
    ],
)
def test_what_a_run_says_of_itself_does_not_become_a_program(how: How, said: dict[str, object]) -> None:
    work = Work(command=("true",), url="http://127.0.0.1:1")
    run = run_from(Manifest(parameters={"workload": next(iter(work.marks)), **said}, started_at=datetime(2026, 1, 1)), "0" * 64, "bench", "x")
    assert TIMINGS[how].settings(run, "GET /items", work) is None

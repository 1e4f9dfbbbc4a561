"""A sweep names what grows, tells exact laws of counts, and finds by growing to it the size that breaks a limit."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from perfkit.analyses.known_runs import Selection
from perfkit.analyses.sweep_growth import Sweep, sweep_growth
from perfkit.cli.collect.sweep import pack_limit
from perfkit.collectors.caller import Function
from perfkit.collectors.sizes import made_text
from perfkit.collectors.sweep import SweepOptions, collect
from perfkit.collectors.workloads import UrlTemplate
from perfkit.errors import CollectionFailed, UsageError
from perfkit.model.finding import Finding
from perfkit.packs import load_pack
from perfkit.workbench import Workbench

SHOP = """\
import os, re, sqlite3, sys, time
from perfkit.trace import record, span, timed

SHOUT = re.compile(r"[a-z ]+ [a-z]*!")

def quiet(text):
    return SHOUT.sub("", text)

def clean(text):
    return len(quiet(text).split())

def order(n):
    with sqlite3.connect(":memory:") as database:
        for number in range(23 + 8 * n):
            with span("db", "SELECT items"):
                database.execute("select ?", (number,)).fetchall()

def report(n):
    database = sqlite3.connect(":memory:")
    database.create_function("fetch", 1, lambda number: time.sleep(0.0005))
    numbers = "with recursive numbers(x) as (select 1 union all select x + 1 from numbers where x < ?)"
    database.execute(numbers + " select fetch(x) from numbers", (n,)).fetchall()

def picky(n):
    if n > 300:
        raise MemoryError("too much")

def stuck(n):
    time.sleep(60 if n >= 30 else 0.001)

if __name__ == "__main__":
    with record(os.environ["PERFKIT_TRACE"]):
        order(int(sys.argv[1]))
"""
SERVICE = """\
import json, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from perfkit.trace import record, timed
import shop

tidy = timed(shop.quiet)
one_at_a_time = threading.Lock()

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *said):
        pass
    def do_GET(self):
        self.answer(200)
    def do_POST(self):
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
        if len(text) > 30_000:
            return self.answer(413)
        if self.path == "/search":
            tidy(text)
        else:
            with one_at_a_time:
                time.sleep(4 if len(text) > 20_000 else 0)
        self.answer(200)
    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

with record("trace.ndjson"):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
"""
TARGET_S = 1.5
QUIET_LINE = SHOP.splitlines().index("def quiet(text):") + 1


@dataclass(frozen=True)
class Running:
    port: int
    trace: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "shop.py").write_text(SHOP)
    (folder / "service.py").write_text(SERVICE)
    return folder


@pytest.fixture
def service(shop: Path) -> Iterator[Running]:
    with subprocess.Popen([sys.executable, "service.py"], cwd=shop, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Running(int(process.stdout.readline()), shop / "trace.ndjson")
        finally:
            process.terminate()


def swept(bench: Workbench, options: SweepOptions) -> tuple[Sweep, dict[str, Finding]]:
    stored = bench.collect(options)
    [sweep] = sweep_growth(bench.store, [stored.run_id])
    return sweep, {finding.rule: finding for finding in bench.diagnose()}


def predicted(bench: Workbench, options: SweepOptions) -> tuple[Sweep, dict[str, Finding]]:
    """The first sweep of three that a busy machine leaves decided: without a law of growth nothing is predicted, and rightly so."""
    for _ in range(3):
        run_id = bench.collect(options).run_id
        [sweep] = sweep_growth(bench.store, [run_id])
        if sweep.breaking is not None and sweep.breaking.predicted is not None:
            break
    return sweep, {finding.rule: finding for finding in bench.diagnose(Selection(run_ids=(run_id,)))}


@pytest.mark.alone
def test_what_passes_a_load_test_at_4_kb_is_found_by_sweeping_and_named(service: Running, bench: Workbench) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port)
    for number in range(20):
        began = time.perf_counter()
        connection.request("POST", "/search", json.dumps({"text": made_text(4_000, str(number))}))
        assert connection.getresponse().read() == b""
        assert time.perf_counter() - began < TARGET_S
    connection.close()
    url = UrlTemplate(f"{service.url}/search", body='{"text": "{text:size}"}', trace=service.trace)
    options = SweepOptions((1_000, 4_000, 10_000, 20_000, 40_000), url=url, repeats=2, watch=f"{service.url}/health")
    sweep, findings = swept(bench, options)
    assert sweep.subject == "POST /search"
    assert sweep.total.largest.size == 20_000
    assert sweep.total.largest.median > 10 * {item.size: item.median for item in sweep.total.sizes}[4_000]
    assert sweep.total.growth is not None
    assert 1.5 < sweep.total.growth.exponent < 2.5
    growing = findings["grows-faster-than-linear"]
    assert (growing.place, growing.priority) == (f"shop.py:{QUIET_LINE}", "P0")
    assert growing.title.startswith("quiet grows as n^")
    assert [(failure.size, failure.problem, failure.times) for failure in sweep.failures] == [(40_000, "status 413", 2)]
    assert findings["fails-at-size"].title == "POST /search fails from size 40\u202f000 on: status 413 (sizes 40\u202f000)"
    assert sweep.watched is not None
    assert sweep.watched.name == "watch GET /health"
    assert findings["holds-up-others"].cost_ms == sweep.watched.worst_ms > sweep.total.largest.median / 3


@pytest.mark.alone
def test_a_regular_expression_is_named_by_the_function_that_calls_it(shop: Path, bench: Workbench) -> None:
    function = Function("shop:clean", ("{text:size}",))
    _, findings = swept(bench, SweepOptions((1_000, 2_000, 4_000, 8_000), function, repeats=3, cwd=shop))
    assert findings["grows-faster-than-linear"].place == f"shop.py:{QUIET_LINE}"


@pytest.mark.parametrize("form", ["function", "command"])
def test_planted_statements_follow_exactly_their_law(form: str, shop: Path, bench: Workbench) -> None:
    sizes = (2, 5, 11, 20)
    command = (sys.executable, "shop.py", "{size}") if form == "command" else ()
    function = None if command else Function("shop:order")
    sweep, findings = swept(bench, SweepOptions(sizes, function, command, repeats=2, cwd=shop, profile=False))
    laws = {part.component: part.law.text for part in sweep.parts if part.law is not None}
    line = SHOP.splitlines().index('            with span("db", "SELECT items"):') + 1
    assert laws == {"statements": "23 + 8·n", f"db SELECT items (shop.py:{line})": "23 + 8·n"}
    finding = findings["asks-for-each-item"]
    assert (finding.place, finding.title) == (f"shop.py:{line}", "23 + 8·n calls of db SELECT items at size n")


@pytest.mark.alone
def test_the_break_of_a_linear_query_is_predicted_and_verified_by_growing_to_it(shop: Path, bench: Workbench) -> None:
    options = SweepOptions((10, 20, 40, 80), Function("shop:report"), repeats=5, limit_ms=150, cwd=shop, profile=False)
    sweep, findings = predicted(bench, options)
    assert sweep.breaking is not None
    assert sweep.breaking.found is not None
    assert sweep.breaking.error is not None
    assert abs(sweep.breaking.error) < 0.2
    assert sweep.breaking.extrapolated
    medians = {item.size: item.median for item in sweep.verified}
    below = [size for size, median in medians.items() if median < 150]
    assert max(below) <= sweep.breaking.found <= min(set(medians) - set(below))
    assert "grows-faster-than-linear" not in findings
    assert findings["breaks-limit-at-size"].title.startswith("150 ms is broken from size ")


@pytest.mark.alone
def test_growing_to_the_break_stops_at_the_largest_size_allowed(shop: Path, bench: Workbench) -> None:
    options = SweepOptions((10, 20, 40), Function("shop:report"), repeats=2, limit_ms=5_000, max_size=60, cwd=shop, profile=False)
    sweep, findings = predicted(bench, options)
    assert sweep.breaking is not None
    assert sweep.breaking.found is None
    assert sweep.breaking.predicted is not None
    assert max(item.size for item in sweep.verified) == 60
    assert "predicted, no measured size broke it" in findings["breaks-limit-at-size"].title


def test_a_command_without_a_trace_is_swept_and_its_function_profiled(shop: Path, bench: Workbench) -> None:
    (shop / "pairs.py").write_text(
        "import sys\ndef pairs(n):\n    return sum(1 for a in range(n) for b in range(n) if a < b)\npairs(int(sys.argv[1]))\n"
    )
    options = SweepOptions((300, 600, 1200, 2400), command=(sys.executable, "pairs.py", "{size}"), repeats=2, cwd=shop)
    sweep, _ = swept(bench, options)
    assert any(name.endswith("(pairs.py:3)") for name in sweep.profiled)
    assert sweep.subject == f"{Path(sys.executable).name} pairs.py {{size}}"


def test_sizes_that_fail_are_kept_apart(shop: Path, bench: Workbench) -> None:
    sweep, _ = swept(bench, SweepOptions((1, 10, 100, 1000), Function("shop:picky"), repeats=2, cwd=shop, profile=False))
    assert [item.size for item in sweep.total.sizes] == [1, 10, 100]
    assert [(item.size, item.problem, item.times) for item in sweep.failures] == [(1000, "MemoryError", 2)]


def test_a_size_without_an_answer_is_tried_once_and_larger_ones_never(shop: Path, bench: Workbench) -> None:
    sizes = (1, 2, 3, 30, 300)
    sweep, _ = swept(bench, SweepOptions(sizes, Function("shop:stuck"), repeats=3, timeout_s=1.5, cwd=shop, profile=False))
    assert [(item.size, item.n) for item in sweep.total.sizes] == [(1, 3), (2, 3), (3, 3)]
    assert [(item.size, item.problem, item.times) for item in sweep.failures] == [(30, "no answer", 1)]


def test_a_server_that_answers_too_late_is_waited_for_before_the_next_size(service: Running, bench: Workbench) -> None:
    url = UrlTemplate(f"{service.url}/queue", body='{"text": "{text:size}"}')
    sweep, _ = swept(bench, SweepOptions((200, 400, 800, 28_000, 29_000), url=url, repeats=2, timeout_s=2))
    assert [(item.size, item.n) for item in sweep.total.sizes] == [(200, 2), (400, 2), (800, 2)]
    assert [(item.size, item.problem, item.times) for item in sweep.failures] == [(28_000, "no answer", 1)]


def test_the_target_of_a_system_is_the_limit(tmp_path: Path) -> None:
    target = 'targets: [{label: Search, metric: latency.p95, subject: "POST /*", must_be: "<", limit: 80 ms}]'
    (tmp_path / "pack.yml").write_text(f"name: shop\ntitle: A shop\n{target}\n")
    pack = load_pack(str(tmp_path))
    assert pack_limit(pack, UrlTemplate("http://127.0.0.1/search", body="{size}")) == 80
    assert pack_limit(pack, UrlTemplate("http://127.0.0.1/search?n={size}")) is None


@pytest.mark.parametrize(("name", "complaint"), [("picky", "failed at its smallest size, 400"), ("missing", "no attribute 'missing'")])
def test_what_fails_from_the_start_leaves_nothing(name: str, complaint: str, shop: Path, tmp_path: Path) -> None:
    with pytest.raises((CollectionFailed, UsageError), match=complaint):
        collect(SweepOptions((400, 500, 600), Function(f"shop:{name}"), cwd=shop), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"command": ("ls", "-l")},
        {"function": Function("shop:clean", ("fixed",))},
        {"url": UrlTemplate("http://127.0.0.1:9/")},
        {},
        {"sizes": (1, 2), "command": ("ls", "{size}")},
    ],
)
def test_what_cannot_be_swept_is_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        collect(SweepOptions(**{"sizes": (1, 2, 3), **wrong}), tmp_path)


def test_the_command_line_prints_laws_growth_and_findings(shop: Path, tmp_path: Path) -> None:
    asked = ["--sizes", "2,5,11,20", "--repeats", "2", "--call", "shop:order"]
    command = [sys.executable, "-m", "perfkit", "--workspace", str(tmp_path / "w"), "collect", "sweep", *asked]
    shown = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=True).stdout
    for said in (
        "shop:order · run ",
        "Law: 23 + 8·n statements.",
        "Growth: ",
        "log-log slope",
        "family undecidable",
        "23 + 8·n calls of db SELECT items",
    ):
        assert said in shown
    document = json.loads(subprocess.run([*command, "--json"], cwd=shop, capture_output=True, text=True, check=True).stdout)
    assert document["sweep"]["total"]["sizes"][-1]["size"] == 20
    assert "asks-for-each-item" in [finding["rule"] for finding in document["findings"]]

"""Servers start, end cleanly, and leave nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from perfkit.demo.exercise import exercise
from perfkit.demo.server import serving
from perfkit.demo.services import SERVICES_FILE, services
from perfkit.demo.settings import VARIANTS, Backends, Fixes
from perfkit.demo.statements import statements
from perfkit.demo.traffic import REQUESTS
from perfkit.errors import UsageError
from perfkit.trace.unpacked import spans_in


def test_a_variant_is_named_by_what_it_fixes() -> None:
    assert [Fixes.named(name).vector_index for name in VARIANTS] == [False, True, False, True, False, False, False]
    with pytest.raises(UsageError, match="no variant 'fast'"):
        Fixes.named("fast")


def test_sigterm_closes_the_trace(backends: Backends, home: Path) -> None:
    trace = home / "served.ndjson"
    with serving(home, "optimized", trace) as url:
        assert all(httpx.request(one.method, url + one.paths[0], content=one.body).is_success for one in REQUESTS)
    lines = [json.loads(line) for line in trace.read_text("utf-8").splitlines()]
    assert lines[-1] == {"perfkit_trace_end": len(list(spans_in(trace)))}
    assert {one["name"] for one in spans_in(trace) if one["kind"] == "server"} == {one.name for one in REQUESTS}


def test_the_exercise_runs_as_a_command_under_cprofile(backends: Backends, home: Path) -> None:
    options = ["-m", "perfkit.demo.exercise", "--services", str(home / SERVICES_FILE), "--rounds", "1"]
    answer = subprocess.check_output([sys.executable, "-m", "cProfile", "-o", str(home / "profile"), *options], text=True)
    assert set(json.loads(answer)["median_ms"]) == {one.name for one in REQUESTS}
    functions = subprocess.check_output([sys.executable, "-m", "pstats", str(home / "profile")], input="stats quadratic\n", text=True)
    assert "matches_quadratic" in functions


def test_services_leave_no_process_and_no_file_behind(tmp_path: Path) -> None:
    before = set(psutil.Process().children(recursive=True))
    with services(tmp_path, personas=200) as running:
        socket = Path(running.redis_socket)
        assert socket.exists()
        started = set(psutil.Process().children(recursive=True)) - before
        servers = {process for process in psutil.process_iter(["cmdline"]) if str(socket.parent) in " ".join(process.info["cmdline"] or ())}
        assert started | servers
    assert not [process for process in started | servers if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert not socket.parent.exists()


def test_servers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom perfkit.demo.services import services\n"
        f"with services(Path({str(tmp_path)!r}), personas=200) as running:\n    print(running.redis_socket, flush=True)\n    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        socket = Path(owner.stdout.readline().strip())
        started = psutil.Process(owner.pid).children(recursive=True)
        owner.terminate()
    assert started
    assert not [process for process in started if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    assert not socket.parent.exists()


def test_without_postgres_the_service_answers_from_sqlite(tmp_path: Path) -> None:
    said: list[str] = []
    with services(tmp_path, said.append, personas=500, sqlite_only=True) as running:
        answers = [exercise(running.settings(variant), 2) for variant in ("baseline", "optimized")]
        texts = {one.name for one in statements(running, "baseline")}
    assert [json.loads(one.body) for one in answers[0]] == [json.loads(one.body) for one in answers[1]]
    assert texts == {"dashboard", "personas"}
    assert any("SQLite" in line for line in said)

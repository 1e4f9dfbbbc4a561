"""Commands of a workflow share one set of servers, which end by themselves when nobody uses them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from perfkit.demo.exercise import Answer
from perfkit.demo.processes import child
from perfkit.demo.stand import SEARCH, different

SMALL = ("--personas", "300", "--outlive", "1")


@pytest.mark.alone
def test_commands_share_the_servers_which_end_after_the_last(tmp_path: Path) -> None:
    folder = tmp_path / "stand"
    with child("perfkit.demo.stand", ["serve", "--folder", str(folder), *SMALL], tmp_path / "serve.log") as served:
        before = (folder / "services.json").read_bytes()
        command = [sys.executable, "-m", "perfkit.demo.stand", "exercise", "--folder", str(folder), "--rounds", "1", "--variant", "optimized", *SMALL]
        said = json.loads(subprocess.check_output(command, text=True))
        answer = httpx.get(f"http://127.0.0.1:{served.announced['port']}/health")
        assert answer.is_success
        assert (folder / "services.json").read_bytes() == before
        assert "POST /focus-groups/{group_id}/discussion" in said["median_ms"]
        assert {file.name for file in folder.iterdir()} >= {"baseline.dsn", "baseline.sql", "optimized.dsn", "visitors.json"}
        [keeper] = [process for process in psutil.process_iter(["cmdline"]) if {"keep", str(folder)} <= set(process.info["cmdline"] or ())]
    deadline = time.monotonic() + 60
    while keeper.is_running() and keeper.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not keeper.is_running() or keeper.status() == psutil.STATUS_ZOMBIE


def test_a_keeper_that_is_told_to_end_closes_its_servers(tmp_path: Path) -> None:
    closing = "contextlib.ExitStack(); servers.callback((folder / 'closed').touch)"
    code = f"import contextlib, pathlib, sys; from perfkit.demo import keeper; folder = pathlib.Path(sys.argv[1]); servers = {closing}; "
    command = [sys.executable, "-c", f"{code}keeper.keep(folder, servers)", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and json.loads(process.stdout.readline()) == {"folder": str(tmp_path)}
        process.terminate()
        assert process.wait(10) == 0
    assert (tmp_path / "closed").exists()


def answers(*bodies: object, name: str = "GET /dashboard") -> list[Answer]:
    return [Answer(name, f"/{number}", 1.0, json.dumps(body).encode()) for number, body in enumerate(bodies)]


def test_other_answers_are_named() -> None:
    assert different(answers(1, 2), answers(1, 2)) == []
    assert different(answers(1, 2), answers(1, 3)) == ["/1"]


@pytest.mark.parametrize(("found", "wrong"), [(20, []), (19, []), (18, [SEARCH])])
def test_a_search_must_find_nearly_all_neighbours(found: int, wrong: list[str]) -> None:
    exact = answers([{"id": number} for number in range(20)], name=SEARCH)
    near = answers([{"id": number if number < found else number + 100} for number in range(20)], name=SEARCH)
    assert different(exact, near) == wrong

"""Processes that write at once lose nothing; one that is killed leaves all of a run or none."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.conftest import WriteLog

REQUESTS = 60_000


def ingesting(bench: Workbench, *paths: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "perfkit", "--workspace", str(bench.workspace.root), "ingest", *map(str, paths)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def test_three_processes_writing_at_once_lose_nothing(bench: Workbench, locust_log: WriteLog) -> None:
    logs = [locust_log(f"{seed}.csv", seed=seed) for seed in range(9)]
    writers = [ingesting(bench, *logs[start::3]) for start in range(3)]
    said = [writer.communicate()[1].decode() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0], said
    assert bench.store.query("select count(distinct run_id), count(*) from requests")[1] == [(9, 9 * 400)]


def test_a_killed_ingest_leaves_the_whole_run_or_none(bench: Workbench, locust_log: WriteLog, tmp_path: Path) -> None:
    log, began = locust_log(requests=REQUESTS), time.monotonic()
    assert ingesting(Workbench(Workspace(tmp_path / "other")), log).wait() == 0
    whole_s = time.monotonic() - began
    for share in (0.5, 0.65, 0.8, 0.95):
        writer = ingesting(bench, log)
        time.sleep(share * whole_s)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        runs, requests = bench.store.query("select (select count(*) from runs), (select count(*) from requests)")[1][0]
        assert (runs, requests) in ((0, 0), (1, REQUESTS))
    bench.ingest([log])
    assert bench.store.query("select count(*) from requests")[1] == [(REQUESTS,)]

"""Whoever makes the load, each request is in the store once; a run that lost a worker is not valid, and nobody is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import psutil
import pytest

from perfkit.collectors.load import LoadOptions, RequestSpec, collect
from perfkit.collectors.load_child import free_port
from perfkit.collectors.load_options import Generators
from perfkit.collectors.load_worker import WorkerOptions, work
from perfkit.errors import CollectionFailed, UsageError
from perfkit.workbench import Workbench
from tests.collectors.load_site import Site, manifest_of, rows_of, serving, weighty

CATS = RequestSpec("/cats", ("/cats",))


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


def started_in(folder: Path) -> list[psutil.Process]:
    """Processes that a collector started for this folder."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and str(folder) in process.environ().get("PERFKIT_LOAD", ""):
                found.append(process)
    return found


def start(workspace: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "perfkit", "--workspace", str(workspace), "collect", "load", *arguments]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_master_and_its_workers_store_what_the_server_heard(bench: Workbench, site: Site, tmp_path: Path) -> None:
    site.answer_s, port = 0.02, ("--master-port", str(free_port()))
    root, log = bench.workspace.root, tmp_path / "first.csv"
    workers = [start(root, "--worker", *port, "--log", str(log)), start(root, "--worker", *port)]
    amount = ("--users", "6", "--duration", "2", "--warmup", "0", "--path", "/cats", "--path", "/dogs")
    master = start(root, site.url, "--master", "--expect-workers", "2", *port, *amount)
    ends = [process.communicate(timeout=60) for process in (master, *workers)]
    assert [process.returncode for process in (master, *workers)] == [0, 0, 0], ends
    stored = dict(bench.store.query("select endpoint, count(*) from requests group by all")[1])
    assert stored == {path: site.asked(path) for path in ("/cats", "/dogs")}
    shares = dict(bench.store.query("select worker, count(*) from requests group by all")[1])
    assert set(shares) == {"worker-1", "worker-2"} and len(rows_of(log)) in shares.values()
    [run] = bench.runs()
    assert weighty(run.invalid_because) == []


def test_a_killed_worker_makes_the_run_invalid(site: Site, tmp_path: Path) -> None:
    site.answer_s, killed = 0.02, []

    def kill_one() -> None:
        while len(site.heard) < 40:
            time.sleep(0.05)
        master = min(started_in(tmp_path), key=lambda process: process.create_time())
        killed.append(master.children()[0])
        os.kill(killed[0].pid, signal.SIGKILL)

    killing = Thread(target=kill_one)
    killing.start()
    options = LoadOptions(site.url, (CATS,), users=4, spawn_rate=4, duration_s=3, generators=Generators(processes=2))
    artefact = collect(options, tmp_path)
    killing.join()
    manifest = manifest_of(artefact)
    assert not manifest.valid and "1 of 2 workers were lost: worker-" in (manifest.invalid_because or "")
    assert {row["worker"] for row in rows_of(artefact)} <= {"worker-1", "worker-2"} and killed
    assert started_in(tmp_path) == []


def test_processes_of_one_machine_store_what_the_server_heard(site: Site, tmp_path: Path) -> None:
    site.answer_s = 0.02
    options = LoadOptions(site.url, (CATS,), users=4, spawn_rate=4, duration_s=2, warmup_s=0.5, generators=Generators(processes=2))
    artefact = collect(options, tmp_path)
    rows = rows_of(artefact)
    assert len(rows) == len(site.heard) and {row["worker"] for row in rows} == {"worker-1", "worker-2"}
    assert weighty(manifest_of(artefact).invalid_because) == []
    assert started_in(tmp_path) == []


def test_a_worker_that_never_comes_is_not_awaited_for_ever(site: Site, tmp_path: Path) -> None:
    generators = Generators(expected=2, max_wait_s=1, port=free_port())
    with pytest.raises(CollectionFailed, match=r"0 of 2 workers were there after 1 s.*--worker --master-host 127.0.0.1"):
        collect(LoadOptions(site.url, (CATS,), users=2, spawn_rate=2, generators=generators), tmp_path)
    assert not site.heard and started_in(tmp_path) == []


def test_a_worker_takes_no_code_from_another_machine_unasked() -> None:
    with pytest.raises(UsageError, match=r"another machine.*--allow-remote"):
        work(WorkerOptions("192.0.2.7"))

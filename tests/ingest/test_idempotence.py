"""The same file is stored once, whatever it is called; a folder is one write."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any

import pytest

from perfkit.store import Store
from perfkit.workbench import Workbench
from tests.conftest import WriteLog


def test_the_same_file_again_is_reported_as_already_there(bench: Workbench, locust_log: WriteLog) -> None:
    log = locust_log()
    [first] = bench.ingest([log])
    [second] = bench.ingest([log.rename(log.with_name("renamed.csv"))])
    assert (first.already_there, second.already_there) == (False, True)
    assert first.run_id == second.run_id
    assert second.rows == {"requests": 400}
    assert bench.store.query("select count(*) from requests")[1] == [(400,)]


def test_equal_files_given_together_are_one_run(bench: Workbench, locust_log: WriteLog) -> None:
    log = locust_log()
    twin = Path(shutil.copy(log, log.with_name("twin.csv")))
    stored = bench.ingest([log, twin])
    assert len({item.run_id for item in stored}) == 1
    assert bench.store.query("select count(*) from requests")[1] == [(400,)]


def test_gzip_is_seen_by_content_not_by_name(bench: Workbench, locust_log: WriteLog) -> None:
    log = locust_log()
    packed = log.with_name("no-suffix")
    packed.write_bytes(gzip.compress(log.read_bytes()))
    [stored] = bench.ingest([packed])
    assert (stored.format, stored.rows) == ("locust-requests", {"requests": 400})


def test_a_folder_is_one_write_session(bench: Workbench, locust_log: WriteLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(60):
        locust_log(f"{seed}.csv", seed=seed, requests=5)
    sessions: list[Store] = []
    receiving = Store.receiving

    def counted(store: Store, giver: Any) -> Any:
        sessions.append(store)
        return receiving(store, giver)

    monkeypatch.setattr(Store, "receiving", counted)
    stored = bench.ingest([tmp_path])
    assert (len(stored), len(sessions)) == (60, 1)


def test_the_vault_returns_the_artefact_byte_for_byte(bench: Workbench, locust_log: WriteLog) -> None:
    log = locust_log(requests=5000)
    original = log.read_bytes()
    [stored] = bench.ingest([log])
    sha256 = bench.runs()[0].artefact_sha256
    assert sha256.startswith(stored.run_id)
    assert len(list(bench.workspace.vault.iterdir())) == 2, "the artefact and its manifest, nothing half"
    with bench.vault.opened(sha256) as path:
        assert path.read_bytes() == original

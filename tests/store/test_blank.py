"""New stores are copies of one empty store: equal to those that are made, independent of each other, and nothing of a deleted one comes back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perfkit.store import Store, blank

DESCRIBED = """
    select table_name, column_name, data_type, is_nullable, comment from duckdb_columns() where not internal
    union all select view_name, sql, null, null, comment from duckdb_views() where not internal
    union all select table_name, constraint_type, constraint_text, null, null from duckdb_constraints()
    union all select name, null, null, null, null from migrations order by all"""
CRASH = """
import os, sys
from pathlib import Path
from perfkit.store import Store
with Store(Path(sys.argv[1])).writing() as connection:
    connection.execute("set wal_autocheckpoint = '1GB'; insert into investigations (investigation) values ('gone'); commit")
    os._exit(0)
"""


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for the empty store."""
    folder = tmp_path / "kept"
    folder.mkdir()
    monkeypatch.setattr(blank, "FOLDER", folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return folder


def test_a_copy_is_what_would_have_been_made(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = Store(tmp_path / "copied" / "perfkit.duckdb").query(DESCRIBED)[1]
    assert [path.suffix for path in kept.iterdir()] == [".duckdb"]
    monkeypatch.setattr(blank, "FOLDER", tmp_path / "not there")
    assert copied == Store(tmp_path / "made" / "perfkit.duckdb").query(DESCRIBED)[1]


def test_where_nothing_may_be_kept_a_store_is_made(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert Store(tmp_path / "perfkit.duckdb").query("select count(*) from runs")[1] == [(0,)]
    assert list(kept.iterdir()) == []


def test_the_empty_store_of_another_schema_is_removed(kept: Path, tmp_path: Path) -> None:
    (kept / "empty-0123456789abcdef.duckdb").touch()
    Store(tmp_path / "perfkit.duckdb").query("select 1")
    assert [path.stat().st_size > 0 for path in kept.iterdir()] == [True]


def test_what_one_store_gets_no_other_has(kept: Path, tmp_path: Path) -> None:
    stores = [Store(tmp_path / name / "perfkit.duckdb") for name in "abc"]
    for store in stores[:2]:
        store.append("investigations", [(str(store.path),)], ["investigation"])
    assert [store.query("select investigation from investigations")[1] for store in stores] == [
        *([(str(store.path),)] for store in stores[:2]),
        [],
    ]
    assert len(list(kept.iterdir())) == 1


def test_what_was_not_written_out_of_a_deleted_store_does_not_come_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "perfkit.duckdb")
    subprocess.run([sys.executable, "-c", CRASH, str(store.path)], check=True)
    assert store.path.with_name("perfkit.duckdb.wal").stat().st_size > 0
    store.path.unlink()
    assert store.query("select investigation from investigations")[1] == []

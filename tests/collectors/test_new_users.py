"""What goes wrong on a first day is said in words that lead on."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from perfkit.cli import program
from perfkit.collectors.databases import REFUSED, conninfo_of
from perfkit.collectors.statements import explainable
from perfkit.collectors.vector_options import MOST_EF_SEARCH, Grid
from perfkit.collectors.vector_queries import queries_from
from perfkit.errors import Exit, UsageError

SLOW = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"


GRID_WITH: dict[str, Callable[[int], Grid]] = {
    "m": lambda value: Grid(m=(value,)),
    "lists": lambda value: Grid(lists=(value,)),
    "ef_search": lambda value: Grid(ef_search=(value,)),
    "ef_construction": lambda value: Grid(ef_construction=(value,)),
}


def perfkit(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(program, ["--workspace", str(folder), *words])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    database = tmp_path / "shop.db"
    with sqlite3.connect(database) as connection:
        connection.execute("create table items(id integer primary key, kind int)")
        connection.executemany("insert into items(kind) values (?)", ((row % 50,) for row in range(5000)))
    return database


@pytest.mark.parametrize("url", ["sqlite:///shop.db", "duckdb:///sales.duckdb"])
def test_a_file_is_no_server(url: str) -> None:
    with pytest.raises(UsageError, match=r"needs a PostgreSQL server, not (sqlite|duckdb)"):
        conninfo_of(url)


def test_who_is_refused_is_not_told_to_start_the_server() -> None:
    signs = [sign for sign in REFUSED if sign in 'FATAL: password authentication failed for user "reader"']
    assert [REFUSED[sign] for sign in signs] == ["Give the right one in the DSN, in PGPASSWORD or in ~/.pgpass."]


@pytest.mark.parametrize(("sql", "said"), [("selct 1", "it begins with SELCT"), ("vacuum a", "it begins with VACUUM"), ("", "no statement in ''")])
def test_what_is_no_question_is_named(sql: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        explainable(sql)


def test_an_empty_file_of_statements_is_named(tmp_path: Path, file: Path) -> None:
    empty = tmp_path / "empty.sql"
    empty.write_text("-- nothing yet\n")
    got = perfkit(tmp_path, "collect", "plans", "--dsn", str(file), str(empty))
    assert isinstance(got.exception, UsageError) and "empty.sql holds no statement" in str(got.exception)


def test_indexes_are_tried_on_postgresql_only(tmp_path: Path, file: Path) -> None:
    assert (
        perfkit(tmp_path, "collect", "plans", "--dsn", str(file), "--label", "lite", "--statement", "select * from items where kind = 7").exit_code
        == 0
    )
    got = perfkit(tmp_path, "diagnose", "--label", "lite", "--try-indexes", "--dsn", f"sqlite:///{file}")
    assert isinstance(got.exception, UsageError) and "PostgreSQL only, and these plans are of sqlite" in str(got.exception)


def test_a_step_of_sqlite_is_shown_in_its_words(tmp_path: Path, file: Path) -> None:
    perfkit(tmp_path, "collect", "plans", "--dsn", str(file), "--label", "lite", "--statement", "select * from items where id = 7")
    assert "SEARCH items USING INTEGER PRIMARY KEY (rowid=?)" in perfkit(tmp_path, "plan", "lite").output


def test_ctrl_c_ends_a_statement_of_sqlite_as_interrupted(tmp_path: Path, file: Path) -> None:
    words = [sys.executable, "-m", "perfkit", "--workspace", str(tmp_path), "collect", "plans", "--dsn", str(file), "--statement", SLOW]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ}) as process:
        time.sleep(5)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=20)
    assert process.returncode == Exit.INTERRUPTED and "perfkit: interrupted" in said and "cannot explain" not in said


def test_the_candidates_follow_the_limit() -> None:
    assert Grid().ef_for(10) == (10, 20, 40, 80, 120, 200, 400)
    assert Grid().ef_for(100) == (40, 100, 120, 200, 400)
    assert Grid().ef_for(5000) == (40, MOST_EF_SEARCH)
    assert Grid(ef_search=(7,)).ef_for(100) == (7,)


@pytest.mark.parametrize(("name", "value"), [("m", 500), ("lists", 40_000), ("ef_search", 1001), ("ef_construction", 2)])
def test_what_pgvector_refuses_is_said_before_anything_is_built(name: str, value: int) -> None:
    with pytest.raises(UsageError, match=f"{name} = {value} is refused by pgvector: it lies between"):
        GRID_WITH[name](value)


def test_a_file_that_holds_no_vectors_is_named_without_codecs(tmp_path: Path) -> None:
    path = tmp_path / "index.faiss"
    path.write_bytes(np.arange(200, dtype=np.float32).tobytes())
    with pytest.raises(UsageError, match=r"index\.faiss cannot be read as vectors\. Expected \.npy"):
        queries_from(path)

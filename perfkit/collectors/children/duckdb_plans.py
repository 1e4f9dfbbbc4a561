"""Explains statements in a DuckDB file that is opened read-only: questions come as lines of JSON, so do the answers."""

from __future__ import annotations

import json
import sys
import time
from threading import Timer
from typing import Any

import duckdb

ANALYZED = "explain (analyze, format json) "
PLANNED = "explain (format json) "
TREE = {"operator", "children"}
"""Where 2.x and 1.x have the operators of a profile."""
FROM_STATISTICS = "DuckDB answers it from the table's statistics, of which it makes no profile"
SIZES = "select table_name, estimated_size from duckdb_tables() where not internal and contains(lower($1), lower(table_name)) order by all"


def main() -> None:
    """The first question names the file."""
    path = json.loads(sys.stdin.readline())["path"]
    try:
        _connected(path).close()
    except duckdb.Error as error:
        _answer({"cannot_open": _line(error)})
        return
    _answer({"version": duckdb.__version__})
    for line in sys.stdin:
        try:
            _answer(explained(path, **json.loads(line)))
        except duckdb.InterruptException:
            _answer({"late": True})
        except duckdb.Error as error:
            _answer({"error": _line(error)})


def explained(path: str, statement: str, values: list[Any], executions: int, timeout_s: float) -> dict[str, Any]:
    """On a database opened for this statement alone, so that its first execution finds nothing in memory."""
    with _connected(path) as connection:
        sizes = dict(connection.execute(SIZES, [statement]).fetchall())
        if not executions:
            return {"profile": _planned(connection, statement, values, timeout_s), "table_rows": sizes}
        runs = [_run(connection, statement, values, timeout_s) for _ in range(executions)]
        if not runs[-1][0].keys() & TREE:
            return {"profile": _planned(connection, statement, values, timeout_s), "table_rows": sizes, "not_executed": FROM_STATISTICS}
    cold_ms = runs[0][1] if executions > 1 else None
    return {"profile": runs[-1][0], "execution_ms": runs[-1][1], "cold_ms": cold_ms, "table_rows": sizes}


def _run(connection: duckdb.DuckDBPyConnection, statement: str, values: list[Any], timeout_s: float) -> tuple[dict[str, Any], float]:
    """The profile, and milliseconds as DuckDB itself counts them, whichever version."""
    began = time.perf_counter()
    [(_, text)] = _limited(connection, ANALYZED + statement, values, timeout_s)
    seconds = time.perf_counter() - began
    profile = json.loads(text)
    counted = profile.get("query", {}).get("total_time", profile.get("latency"))
    return profile, (counted if isinstance(counted, int | float) else seconds) * 1000


def _planned(connection: duckdb.DuckDBPyConnection, statement: str, values: list[Any], timeout_s: float) -> Any:
    [(_, text)] = _limited(connection, PLANNED + statement, values, timeout_s)
    return json.loads(text)


def _limited(connection: duckdb.DuckDBPyConnection, sql: str, values: list[Any], timeout_s: float) -> list[Any]:
    late = Timer(timeout_s, connection.interrupt)
    late.daemon = True
    late.start()
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        late.cancel()


def _connected(path: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(path, read_only=True)


def _line(error: duckdb.Error) -> str:
    return " ".join(str(error).split("\nLINE ")[0].split()).rstrip(".") + "."


def _answer(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

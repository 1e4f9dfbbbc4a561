"""One index, proved on a table of 300 000 rows of an own PostgreSQL, against a limit: what it costs to know instead of guessing."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.jobs import held, save

LIMIT_S = 2.0
ROUNDS = 5
TABLE = """
create table items as select n as id, n % 1000 as kind, n * 0.5 as price, md5(n::text) as note from generate_series(1, 300000) as n;
analyze items
"""
STATEMENT = "select * from items where kind = 7 and price > 140000"


def run() -> None:
    """Measure and print: plans, then trials, each with the connection that it makes."""
    import psycopg

    from perfkit.demo.postgres import postgres

    folder = Path(tempfile.mkdtemp(prefix="pk"))
    folder.chmod(0o755)  # the server has a user of its own
    try:
        with postgres(folder / "db") as address:
            dsn = address.replace("{database}", "postgres")
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute(TABLE.encode())
            save("index_trials", _text(_seconds(dsn, folder)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _seconds(dsn: str, folder: Path) -> list[float]:
    from perfkit.collectors.index_trials import IndexTrialOptions, collect
    from perfkit.collectors.plans import PlanOptions
    from perfkit.workbench import Workbench
    from perfkit.workspace import Workspace

    bench = Workbench(Workspace(folder / "workspace"))
    bench.collect(PlanOptions(dsn, (STATEMENT,)))
    [plans] = bench.runs()
    candidates = tuple(bench.index_candidates(plans))
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        collect(IndexTrialOptions(dsn, candidates), folder / "trials")
        seconds.append(time.perf_counter() - began)
    return seconds


def _text(seconds: list[float]) -> str:
    worst, median = max(seconds), statistics.median(seconds)
    verdict = held(worst <= LIMIT_S)
    lines = ["### One index proved on 300 000 rows", "", "| rounds | median s | slowest s |", "|---:|---:|---:|"]
    lines += [f"| {len(seconds)} | {median:.2f} | {worst:.2f} |", ""]
    return "\n".join([*lines, f"- A proof takes at most {LIMIT_S:g} s: {worst:.2f} in the slowest round, {verdict}.", ""])

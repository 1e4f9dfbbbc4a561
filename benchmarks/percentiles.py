"""P50, P95 and P99 for each endpoint and second: the store against pandas on the same rows."""

from __future__ import annotations

import sys

from benchmarks.ingest_points import POINTS, WORKSPACE, clean
from benchmarks.inputs import FOLDER, points
from benchmarks.jobs import Job, Limit, measure, measure_all, python, save, table

CSV = FOLDER / "requests.csv"
QUERY = """
select endpoint, date_trunc('second', started_at) as second, quantile_cont(duration_ms, [0.5, 0.95, 0.99]) as quantiles
from requests group by all order by all
"""
STORE_SCRIPT = """
import sys
from pathlib import Path
from perfkit.store import Store
Store(Path(sys.argv[1])).query(sys.argv[2])
"""
PANDAS_SCRIPT = """
import pandas, sys
rows = pandas.read_csv(sys.argv[1], usecols=["endpoint", "started_at", "duration_ms"], dtype={"endpoint": "category"})
rows["second"] = pandas.to_datetime(rows["started_at"], format="ISO8601").dt.floor("s")
rows.groupby(["endpoint", "second"], observed=True)["duration_ms"].quantile([0.5, 0.95, 0.99])
"""


def run() -> None:
    """Measure and print."""
    database = WORKSPACE / "data" / "perfkit.duckdb"
    clean()  # other benchmarks leave other rows in this workspace
    measure(Job("fill", [sys.executable, "-m", "perfkit", "--workspace", str(WORKSPACE), "ingest", str(points(POINTS))]))
    export = f"copy (select endpoint, started_at, duration_ms from requests) to '{CSV}' (header)"
    measure(Job("export", python("import duckdb, sys; duckdb.connect(sys.argv[1], read_only=True).execute(sys.argv[2])", str(database), export)))
    jobs = [
        Job("the store", python(STORE_SCRIPT, str(database), QUERY)),
        Job("pandas on the CSV", python(PANDAS_SCRIPT, str(CSV))),
    ]
    costs = measure_all(jobs, rounds=9)
    save(
        "percentiles",
        table(f"Percentiles an endpoint and second over {POINTS} requests", costs, "the store", [Limit("the store", "pandas on the CSV", 0.125)]),
    )

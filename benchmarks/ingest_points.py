"""5 million request points into the store, hashed and kept, against a bare DuckDB script, pandas and wc."""

from __future__ import annotations

import shutil
import sys

from benchmarks.inputs import FOLDER, points, slice_of
from benchmarks.jobs import Job, Limit, held, measure_all, python, save, table

POINTS = 5_000_000
PANDAS_LINES = 200_000
WORKSPACE = FOLDER / "workspace"
BARE = FOLDER / "bare.duckdb"

BARE_SCRIPT = """
import duckdb, sys
connection = duckdb.connect(sys.argv[2])
connection.execute("set preserve_insertion_order = false; set TimeZone = 'UTC'")
connection.execute('''
    create table requests as
    select (data.time at time zone 'UTC') - to_microseconds((data.value * 1000)::bigint) as started_at, data.value as duration_ms,
        data.tags.name as endpoint, data.tags.method as method, data.tags.status::usmallint as status,
        data.tags.expected_response = 'true' as ok, data.tags.error as error
    from read_json($path, format = 'newline_delimited', columns = {type: 'varchar', metric: 'varchar', data: 'struct("time" timestamptz, value double,
        tags struct(name varchar, method varchar, status varchar, expected_response varchar, error varchar))'})
    where type = 'Point' and metric = 'http_req_duration' ''', {"path": sys.argv[1]})
"""
PANDAS_SCRIPT = """
import pandas, sys
for chunk in pandas.read_json(sys.argv[1], lines=True, chunksize=100_000):
    pandas.json_normalize(chunk["data"])
"""


def clean() -> None:
    """Every ingest is into a new workspace."""
    shutil.rmtree(WORKSPACE, ignore_errors=True)
    WORKSPACE.mkdir(parents=True)
    BARE.unlink(missing_ok=True)


def run() -> None:
    """Measure and print."""
    log = points(POINTS)
    part = slice_of(log, PANDAS_LINES)
    jobs = [
        Job("perfkit ingest", [sys.executable, "-m", "perfkit", "--workspace", str(WORKSPACE), "ingest", str(log)], clean),
        Job("bare DuckDB", python(BARE_SCRIPT, str(log), str(BARE)), clean),
        Job(f"pandas.read_json, from {PANDAS_LINES} lines", python(PANDAS_SCRIPT, str(part)), scale=POINTS / PANDAS_LINES),
        Job("wc -l", ["wc", "-l", str(log)]),
    ]
    costs = measure_all(jobs)
    limits = [Limit("perfkit ingest", "bare DuckDB", 2.0), Limit("perfkit ingest", jobs[2].name, 0.1)]
    text = table(f"Ingest of {POINTS} request points ({log.stat().st_size / 1e6:.0f} MB)", costs, "bare DuckDB", limits)
    peak = costs["perfkit ingest"].peak_mb
    save("ingest_points", text + f"- perfkit ingest needs at most 1024 MB: {peak:.0f}, {held(peak <= 1024)}.\n")

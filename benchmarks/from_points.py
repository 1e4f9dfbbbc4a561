"""5 million request points to P50, P95 and P99 of each endpoint and second: straight from the file and by way of the store, against pandas."""

from __future__ import annotations

import sys

from benchmarks.ingest_points import POINTS, WORKSPACE, clean
from benchmarks.inputs import points
from benchmarks.jobs import Job, Limit, measure_all, python, save, table
from benchmarks.percentiles import QUERY

STORED_SCRIPT = """
import sys
from pathlib import Path
from perfkit.workbench import open_workbench
bench = open_workbench(sys.argv[1])
bench.ingest([Path(sys.argv[2])])
bench.store.query(sys.argv[3])
"""
ARROW_SCRIPT = """
import sys
import pandas, pyarrow.compute, pyarrow.json
rows = pyarrow.json.read_json(sys.argv[1], read_options=pyarrow.json.ReadOptions(block_size=16 << 20))
rows = rows.filter(pyarrow.compute.equal(rows["metric"], "http_req_duration")).flatten().select(["data.time", "data.value", "data.tags"]).flatten()
frame = rows.select(["data.time", "data.value", "data.tags.name"]).to_pandas()
frame["second"] = pandas.to_datetime(frame["data.time"], format="ISO8601").dt.floor("s")
frame.groupby(["data.tags.name", "second"])["data.value"].quantile([0.5, 0.95, 0.99])
"""
JSON_SCRIPT = """
import json, sys
import pandas
names, times, values = [], [], []
for line in open(sys.argv[1], encoding="utf-8"):
    item = json.loads(line)
    if item["type"] == "Point" and item["metric"] == "http_req_duration":
        data = item["data"]
        names.append(data["tags"]["name"]); times.append(data["time"]); values.append(data["value"])
frame = pandas.DataFrame({"name": names, "time": times, "value": values})
frame["second"] = pandas.to_datetime(frame["time"], format="ISO8601").dt.floor("s")
frame.groupby(["name", "second"])["value"].quantile([0.5, 0.95, 0.99])
"""


def run() -> None:
    """Measure and print."""
    log = points(POINTS)
    jobs = [
        Job("perfkit look", [sys.executable, "-m", "perfkit", "look", str(log), "--sql", QUERY, "--json"]),
        Job("pyarrow.json and pandas", python(ARROW_SCRIPT, str(log))),
        Job("json.loads and pandas", python(JSON_SCRIPT, str(log))),
        Job("perfkit, hashed, kept and stored first", python(STORED_SCRIPT, str(WORKSPACE), str(log), QUERY), clean),
    ]
    costs = measure_all(jobs)
    limits = [
        Limit("perfkit look", jobs[1].name, 1 / 1.5),
        Limit("perfkit look", jobs[2].name, 1 / 8),
        Limit("perfkit look", jobs[1].name, 1 / 3, of="peak_mb"),
        Limit("perfkit look", jobs[2].name, 1 / 3, of="peak_mb"),
    ]
    save("from_points", table(f"Percentiles from {POINTS} request points ({log.stat().st_size / 1e6:.0f} MB)", costs, "perfkit look", limits))

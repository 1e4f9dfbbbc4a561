"""A .prof of 20 000 functions and 100 000 edges into the store, against opening it with the standard library."""

from __future__ import annotations

from benchmarks.ingest_points import WORKSPACE, clean
from benchmarks.inputs import profile
from benchmarks.jobs import Job, measure_all, python, save, table

INGEST_SCRIPT = """
import sys
from pathlib import Path
from perfkit.workbench import open_workbench
import pyarrow
bench = open_workbench(sys.argv[1])
bench.store.query("select 1")
bench.ingest([Path(sys.argv[2])])
"""
PSTATS_SCRIPT = "import pstats, sys; pstats.Stats(sys.argv[1])"
IMPORTS_SCRIPT = """
import sys
from perfkit.workbench import open_workbench
import pyarrow
open_workbench(sys.argv[1]).store.query("select 1")
"""


def run() -> None:
    """Measure and print; starting Python and the store is a job of its own, so that it can be subtracted."""
    path = profile()
    jobs = [
        Job("ingest of the .prof", python(INGEST_SCRIPT, str(WORKSPACE), str(path)), clean),
        Job("start of Python and store", python(IMPORTS_SCRIPT, str(WORKSPACE)), clean),
        Job("pstats.Stats(file)", python(PSTATS_SCRIPT, str(path))),
        Job("bare Python", python("import pstats")),
    ]
    costs = measure_all(jobs, rounds=5)
    ours = costs["ingest of the .prof"].wall_s - costs["start of Python and store"].wall_s
    theirs = costs["pstats.Stats(file)"].wall_s - costs["bare Python"].wall_s
    text = table("Opening a profile of 20 000 functions and 100 000 edges", costs, "pstats.Stats(file)", [])
    save("open_profile", text + f"- without starting up, ingest takes {ours / theirs:.2f} times pstats.Stats ({ours:.2f} s and {theirs:.2f} s).\n")

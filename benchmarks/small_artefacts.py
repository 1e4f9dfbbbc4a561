"""A folder of 1 000 small request logs: one write session, not a thousand."""

from __future__ import annotations

from benchmarks.ingest_points import WORKSPACE, clean
from benchmarks.inputs import small_logs
from benchmarks.jobs import Job, measure_all, python, save, table

TOGETHER = """
import sys
from pathlib import Path
from perfkit.store import Store
from perfkit.workbench import open_workbench
sessions, receiving = [], Store.receiving
Store.receiving = lambda store, giver: (sessions.append(1), receiving(store, giver))[1]
stored = open_workbench(sys.argv[1]).ingest([Path(sys.argv[2])])
sys.exit(not (len(stored) == 1000 and len(sessions) == 1))
"""
ONE_BY_ONE = """
import sys
from pathlib import Path
from perfkit.workbench import open_workbench
bench = open_workbench(sys.argv[1])
for path in sorted(Path(sys.argv[2]).iterdir())[:100]:
    bench.ingest([path])
"""


def run() -> None:
    """Measure and print; the first job fails unless it wrote once."""
    folder = str(small_logs())
    jobs = [
        Job("1 000 files together, one write", python(TOGETHER, str(WORKSPACE), folder), clean),
        Job("one by one, from 100 files", python(ONE_BY_ONE, str(WORKSPACE), folder), clean, scale=10),
    ]
    save("small_artefacts", table("A folder of 1 000 small artefacts", measure_all(jobs), jobs[0].name, []))

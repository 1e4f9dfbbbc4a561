"""How long the command line takes to answer --help, against papermill and a bare interpreter."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.jobs import Job, Limit, measure_all, python, save, table


def run() -> None:
    """Measure and print."""
    folder = Path(sys.executable).parent
    jobs = [
        Job("perfkit --help", [str(folder / "perfkit"), "--help"]),
        Job("papermill --help", [str(folder / "papermill"), "--help"]),
        Job("bare Python", python("pass")),
    ]
    costs = measure_all(jobs, rounds=7)
    save("start_up", table("Answering --help", costs, "papermill --help", [Limit("perfkit --help", "papermill --help", 0.2)]))

"""A real report from small evidence: load runs of two labels whose endpoints became faster, slower, or stayed the same."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from pathlib import Path

from perfkit.model.run import Manifest
from perfkit.packs.investigation import Investigation
from perfkit.workbench import Workbench
from tests.conftest import HEADER, START, described

RUNS = 5
FASTER, SLOWER = ("apples", "bread", "cheese", "dates", "eggs"), ("figs", "grapes", "honey", "ice", "jam")
MEDIANS = {
    "baseline": dict.fromkeys(("/same", *(f"/{name}" for name in (*FASTER, *SLOWER))), 100.0),
    "optimized": {
        "/same": 100.0,
        **{f"/{name}": 80.0 - 10 * place for place, name in enumerate(FASTER)},
        **{f"/{name}": 130.0 + 30 * place for place, name in enumerate(SLOWER)},
    },
}
"""Label → route → milliseconds: the last of the slower and of the faster ones changed most."""
INVESTIGATION = Investigation(name="shop", system="demo", feature="The shop", question="Did it get faster?")


def stored(bench: Workbench, folder: Path, medians: Mapping[str, Mapping[str, float]] = MEDIANS) -> None:
    """Runs of every label, taken in turns."""
    folder.mkdir(exist_ok=True)
    logs = [
        described(
            _log(folder / f"{label}-{number}.csv", routes, number * len(medians) + turn),
            Manifest(tool="locust", label=label, system="demo", scenario="shop"),
        )
        for number in range(RUNS)
        for turn, (label, routes) in enumerate(medians.items())
    ]
    bench.ingest(logs)


def _log(path: Path, routes: Mapping[str, float], turn: int) -> Path:
    noise, start = random.Random(turn), START + 600 * turn
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for number in range(100):
            for route, median_ms in routes.items():
                duration_ms = round(median_ms * noise.lognormvariate(0, 0.1), 2)
                rows.writerow([start + number * 0.2, "GET", route, duration_ms, 128, 200, ""])
    return path

"""Writes oha's CSV, JSON and SQLite files as its printers define them: closed runs, a corrected open one, and answers of every status."""

from __future__ import annotations

import json
import math
import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
RUN = 1_790_000_000
BASE = "http://127.0.0.1:8080"
PERCENTS = ("10", "25", "50", "75", "90", "95", "99", "99.9", "99.99")
BINS = 11


@dataclass(frozen=True)
class Answer:
    """One answer, in seconds since oha began."""

    url: str
    planned: float | None
    start: float
    first_byte: float
    end: float
    dialup: float
    status: int
    size: int

    @property
    def duration(self) -> float:
        """oha counts from the planned start where there is one."""
        return self.end - (self.start if self.planned is None else self.planned)


def answers(amount: int, statuses: Sequence[int], *, planned: bool = False) -> list[Answer]:
    """One connection that asks again when it is answered; a plan of 100 a second that a stall of half a second holds up."""
    noise, clock, made = random.Random(23), 0.000812345, []
    for number in range(amount):
        intended = number * 0.01 if planned else None
        start = max(clock, intended or 0.0)
        took = 0.5 if planned and number == 40 else noise.lognormvariate(-5.5, 0.5)
        clock = round(start + took, 9)
        status = statuses[noise.randrange(len(statuses))]
        dialup = 0.000198765 if number == 0 else 0.0
        made.append(Answer(f"{BASE}/items/{number % 7}", intended, start, start + took * 0.9, clock, dialup, status, 64))
    return made


def plain(value: float) -> str:
    """Rust prints a number with all its digits and without an exponent."""
    return f"{value:.9f}".rstrip("0").rstrip(".")


def write_csv(path: Path, rows: list[Answer]) -> None:
    lines = ["request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status"]
    for row in rows:
        times = (row.start, row.dialup / 4, row.dialup, row.first_byte - row.start, row.duration)
        lines.append(",".join([*map(plain, times), str(row.size), str(row.status)]))
    path.write_text("\n".join(lines) + "\n")


def write_sqlite(path: Path, runs: dict[int, list[Answer]], *, old: bool = False) -> None:
    """Old tables have neither the URL nor the run."""
    path.unlink(missing_ok=True)
    names = ["start", "start_latency_correction", "end", "duration", "status", "len_bytes"]
    types = ["REAL NOT NULL", "REAL", "REAL NOT NULL", "REAL NOT NULL", "INTEGER NOT NULL", "INTEGER NOT NULL"]
    if not old:
        names, types = ["url", *names, "run"], ["TEXT NOT NULL", *types, "INTEGER NOT NULL"]
    with closing(sqlite3.connect(path)) as database, database:
        table = ",\n            ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True))
        database.execute(f"CREATE TABLE IF NOT EXISTS oha (\n            {table}\n        )")
        for run, rows in runs.items():
            for row in rows:
                values: list[Any] = [row.start, row.planned, row.end, row.duration, row.status, row.size]
                database.execute(f"INSERT INTO oha VALUES ({', '.join('?' * len(names))})", values if old else [row.url, *values, run])


def percentiles(values: list[float]) -> dict[str, float | None]:
    """The sample at rank floor(pn) + 1; null where there is none."""
    ranked = sorted(values)
    ranks = {percent: int(float(percent) / 100 * len(ranked)) for percent in PERCENTS}
    return {f"p{percent}": ranked[rank] if rank < len(ranked) else None for percent, rank in ranks.items()}


def histogram(values: list[float], *, old: bool) -> dict[str, int]:
    """Bins that include their upper edge and reach from the fastest to the slowest; old versions counted widths from nought."""
    lowest = min(values)
    step = (min(max(values), 3 * sum(values) / len(values)) - lowest) / BINS if old else (max(values) - lowest) / (BINS - 1)
    places = Counter(min(int((value - lowest) / step) if old else math.ceil((value - lowest) / step), BINS - 1) for value in values)
    return {repr(step * (place + 1) if old else lowest + step * place): places[place] for place in range(BINS)}


def write_json(path: Path, rows: list[Answer], errors: dict[str, int], *, old: bool = False) -> None:
    """The summary; old is before the histogram's edges were true and before metrics were added."""
    durations = [row.duration for row in rows]
    total, refused = rows[-1].end if rows else 0.02, sum(errors.values())
    size = sum(row.size for row in rows)
    slowest, fastest, average = (max(durations), min(durations), sum(durations) / len(rows)) if rows else (None, None, None)
    triple = {"average": 0.000198765, "fastest": 0.000198765, "slowest": 0.000198765}
    report: dict[str, Any] = {
        "summary": {
            "successRate": len(rows) / (len(rows) + refused),
            "total": total,
            "slowest": slowest,
            "fastest": fastest,
            "average": average,
            "requestsPerSec": (len(rows) + refused) / total,
            "totalData": size,
            "sizePerRequest": size // len(rows) if rows else None,
            "sizePerSec": size / total,
        },
        "responseTimeHistogram": histogram(durations, old=old) if rows else {"NaN": 0},
        "latencyPercentiles": percentiles(durations),
        "rps": {"mean": 101.5, "stddev": 12.25, "max": 140.0, "min": 60.5, "percentiles": percentiles([100.0, 101.0, 102.0])},
        "details": {"DNSDialup": triple, "DNSLookup": triple},
        "statusCodeDistribution": {str(status): count for status, count in sorted(Counter(row.status for row in rows).items())},
        "errorDistribution": errors,
    }
    if rows and not old:
        good = [row.duration for row in rows if 200 <= row.status < 300]
        report["latencyPercentilesSuccessful"] = percentiles(good)
        report["metrics"] = {"latency_ms": {"mean": (average or 0) * 1000}}
    path.write_text(json.dumps(report, indent=2))


def main() -> None:
    good, mixed = answers(200, (200,)), answers(150, (200, 200, 200, 404, 429, 500))
    corrected = answers(120, (200,), planned=True)
    refused = {"connection refused": 7, "aborted due to deadline": 2}
    for name in ("oha_csv", "oha_json", "oha_sqlite"):
        (FOLDER / name).mkdir(exist_ok=True)
    write_csv(FOLDER / "oha_csv" / "ok.csv", good)
    write_csv(FOLDER / "oha_csv" / "mixed_statuses.csv", mixed)
    write_json(FOLDER / "oha_json" / "mixed_statuses.json", mixed, refused)
    write_json(FOLDER / "oha_json" / "old_histogram.json", good, {}, old=True)
    write_json(FOLDER / "oha_json" / "nothing_answered.json", [], {"connection refused": 50})
    write_sqlite(FOLDER / "oha_sqlite" / "mixed_statuses.db", {RUN: mixed})
    write_sqlite(FOLDER / "oha_sqlite" / "latency_correction.db", {RUN: corrected})
    write_sqlite(FOLDER / "oha_sqlite" / "two_runs.db", {RUN: good[:60], RUN + 100: good[:60]})
    write_sqlite(FOLDER / "oha_sqlite" / "old_table.db", {RUN: good[:100]}, old=True)


if __name__ == "__main__":
    main()

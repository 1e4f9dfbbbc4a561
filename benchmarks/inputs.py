"""Inputs of the benchmarks: generated once from fixed seeds, as large as real ones, kept for the next run."""

from __future__ import annotations

import csv
import marshal
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "data" / "benchmarks"
ENDPOINTS = tuple(f"/api/e{number}" for number in range(8))
SECONDS = 600
BLOCK = 20_000

LINE = (
    '{{"metric":"http_req_duration","type":"Point","data":{{"time":"{time}Z","value":{value:.6f},"tags":{{"expected_response":"true","group":"",'
    '"method":"GET","name":"{name}","proto":"HTTP/1.1","scenario":"default","status":"200","url":"http://127.0.0.1{name}"}}}}}}\n'
)


def made_once(path: Path, write: Callable[[Path], object]) -> Path:
    """The file or folder, whole or not at all: what was begun under another name is not found."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.part")
        write(unfinished)
        unfinished.replace(path)
    return path


def points(count: int) -> Path:
    """k6 points, one for each request."""

    def write(path: Path) -> None:
        noise, start = random.Random(20260101), datetime(2026, 1, 1)  # noqa: DTZ001  written with its zone below
        with path.open("w", encoding="utf-8") as file:
            for first in range(0, count, BLOCK):
                block = range(first, min(first + BLOCK, count))
                file.writelines(_point(number, count, start, noise) for number in block)

    return made_once(FOLDER / f"points-{count}.json", write)


def slice_of(path: Path, lines: int) -> Path:
    """The first lines of a file, for peers that would take minutes for all of it."""

    def write(part: Path) -> None:
        with path.open(encoding="utf-8") as file, part.open("w", encoding="utf-8") as out:
            out.writelines(line for _, line in zip(range(lines), file, strict=False))

    return made_once(path.with_name(f"{path.stem}-first-{lines}{path.suffix}"), write)


def profile(functions: int = 20_000, edges: int = 100_000, layers: int = 0) -> Path:
    """A call graph as cProfile leaves it. With layers each function is called by those of the layer above; without, anything calls anything."""
    path = FOLDER / f"profile-{functions}-{edges}{f'-in-{layers}' if layers else ''}.prof"
    return made_once(path, lambda unfinished: unfinished.write_bytes(_call_graph(functions, edges, layers)))


def _call_graph(functions: int, edges: int, layers: int) -> bytes:
    noise = random.Random(20240601)
    keys = [(f"package_{number % 400}/module_{number % 2000}.py", number % 900 + 1, f"func_{number}") for number in range(functions)]
    callers: dict[int, dict[tuple[str, int, str], tuple[int, int, float, float]]] = {number: {} for number in range(functions)}
    for _ in range(edges):
        caller, callee = noise.randrange(functions), noise.randrange(functions)
        if layers:
            wide = functions // layers
            callee = wide + callee % (functions - wide)
            caller = callee // wide * wide - wide + caller % wide
        calls = noise.randint(1, 1000)
        callers[callee][keys[caller]] = (calls, calls, noise.random(), noise.random() * 2)
    stats = {key: (number % 50 + 1, number % 50 + 1, noise.random(), noise.random() * 2, callers[number]) for number, key in enumerate(keys)}
    return marshal.dumps(stats)


def small_logs(count: int = 1000) -> Path:
    """A folder of small request logs."""

    def write(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for seed in range(count):
            _log(folder / f"{seed}.csv", random.Random(seed))

    return made_once(FOLDER / f"logs-{count}", write)


def _log(path: Path, noise: random.Random) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("timestamp", "request_type", "name", "response_time_ms", "response_length", "status_code", "exception"))
        for number in range(50):
            rows.writerow((1_790_000_000 + number, "GET", "/items", round(noise.lognormvariate(4, 0.3), 2), 128, 200, ""))


def _point(number: int, count: int, start: datetime, noise: random.Random) -> str:
    time = start + timedelta(microseconds=number * SECONDS * 1_000_000 // count)
    return LINE.format(time=time.isoformat(timespec="microseconds"), value=noise.lognormvariate(5, 0.5), name=ENDPOINTS[number % 8])

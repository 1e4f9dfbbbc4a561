"""Profiles of 100 MB, narrow and wide, into the store: megabytes a CPU second and memory, against json.loads of the same file."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from benchmarks.inputs import FOLDER, made_once
from benchmarks.jobs import Job, held, measure_all, python, save, table
from benchmarks.wide_profiles import wide_events, wide_folded, wide_speedscope

BYTES = 100_000_000
MOST_MB = 1024
LEAST_MB_A_SECOND = 20
READ_SCRIPT = """
import sys
from pathlib import Path
from perfkit.readers import reader_named
for batch in reader_named(sys.argv[1]).read(Path(sys.argv[2])):
    pass
"""
INGEST_SCRIPT = """
import sys, tempfile
from pathlib import Path
from perfkit.workbench import open_workbench
with tempfile.TemporaryDirectory() as folder:
    open_workbench(folder).ingest([Path(sys.argv[1])])
"""
JSON_SCRIPT = "import json, sys; json.loads(open(sys.argv[1], 'rb').read())"
SPLIT_SCRIPT = "import sys; [line.rpartition(b' ')[0].split(b';') for line in open(sys.argv[1], 'rb')]"


def run() -> None:
    """Measure and print; what Python, the libraries and an empty store need to start is taken off."""
    small = _small()
    for name, path, peer in _cases():
        jobs = [
            Job("ingest", python(INGEST_SCRIPT, str(path))),
            Job("reading alone", python(READ_SCRIPT, name, str(path))),
            Job(peer, python(JSON_SCRIPT if peer == "json.loads" else SPLIT_SCRIPT, str(path))),
            Job("ingest of a small file", python(INGEST_SCRIPT, str(small))),
        ]
        costs = measure_all(jobs)
        ours, megabytes = costs["ingest"], path.stat().st_size / 1e6
        rate = megabytes / (ours.cpu_s - costs["ingest of a small file"].cpu_s)
        text = table(f"{path.name}, {megabytes:.0f} MB of {name}", costs, peer, [])
        text += f"- CPU of the ingest: {ours.cpu_s / costs[peer].cpu_s:.2f} times that of {peer}.\n"
        text += f"- {megabytes / ours.cpu_s:.0f} MB a CPU second with the start of Python, the libraries and an empty store.\n"
        text += f"- {rate:.0f} MB a CPU second without, at least {LEAST_MB_A_SECOND}: {held(rate >= LEAST_MB_A_SECOND)}.\n"
        text += f"- {ours.peak_mb:.0f} MB of memory, at most {MOST_MB}: {held(ours.peak_mb <= MOST_MB)}.\n"
        save(f"trace_files_{path.stem}", text)


def _cases() -> Iterator[tuple[str, Path, str]]:
    """Format, file and what it is compared with; the wide ones have a new path in every stack or event."""
    yield "speedscope", _speedscope(), "json.loads"
    yield "speedscope", wide_speedscope(), "json.loads"
    yield "devtools_trace", _trace("trace-100.json", _events()), "json.loads"
    yield "devtools_trace", _trace("trace-wide-100.json", wide_events()), "json.loads"
    yield "folded", wide_folded(), "splitting the lines"


def _small() -> Path:
    path = FOLDER / "small.folded"
    FOLDER.mkdir(parents=True, exist_ok=True)
    path.write_text("main;work 3\nmain 1\n")
    return path


def _speedscope() -> Path:
    """Four threads as py-spy writes them: stacks of 5 to 40 calls, some much more often than others."""

    def write(made: Path) -> None:
        noise = random.Random(20260301)
        frames = [{"name": f"function_{number}", "file": f"/srv/shop/module_{number % 500}.py", "line": number % 900 + 1} for number in range(5000)]
        stacks = [[noise.randrange(3) + 40 * depth for depth in range(noise.randint(5, 40))] for _ in range(4000)]
        count = 260_000
        with made.open("w", encoding="utf-8") as file:
            file.write('{"$schema":"https://www.speedscope.app/file-format-schema.json","profiles":[')
            for thread in range(4):
                head = {"type": "sampled", "name": f'Thread {thread} "worker"', "unit": "seconds", "startValue": 0.0, "endValue": count * 0.01}
                samples = [stacks[int(noise.random() ** 3 * len(stacks))] for _ in range(count)]
                profile = {**head, "samples": samples, "weights": [0.01] * count}
                file.write(("," if thread else "") + json.dumps(profile, separators=(",", ":")))
            file.write('],"shared":' + json.dumps({"frames": frames}) + ',"exporter":"py-spy@0.4.3"}')

    return made_once(FOLDER / "speedscope-100.json", write)


def _trace(name: str, events: Iterator[dict[str, object]]) -> Path:
    def write(made: Path) -> None:
        size = 0
        with made.open("w", encoding="utf-8") as file:
            size += file.write('{"schemaVersion":1,"traceEvents":[\n')
            for number, event in enumerate(events):
                size += file.write((",\n" if number else "") + json.dumps(event))
                if size >= BYTES:
                    break
            file.write('\n],"displayTimeUnit":"ms"}')

    return made_once(FOLDER / name, write)


def _events() -> Iterator[dict[str, object]]:
    """Calls of eight threads as PyTorch writes them, the same hundred call paths again and again."""
    noise, now = random.Random(20260302), 1_700_000_000_000_000
    paths = [[noise.randrange(300) for _ in range(noise.randint(2, 9))] for _ in range(100)]
    while True:
        length, thread = noise.randint(300, 2000), noise.randint(1, 8)
        for depth, function in enumerate(noise.choice(paths)):
            arguments = {"External id": now % 100_000, "Record function id": 0, "Concrete Inputs": ["", "[64, 128]", ""], "Ev Idx": depth}
            yield {"ph": "X", "cat": "cpu_op", "name": f"aten::op_{function}", "pid": 7, "tid": thread, "ts": now + depth, "dur": length - 3 * depth,
                   "args": arguments}  # fmt: skip
        now += 2000

"""Profiles whose trees are wide: nearly every stack ends in a path of calls that no other has."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from benchmarks.inputs import FOLDER, made_once

SAMPLES = 830_000
LINES = 1_000_000


def wide_speedscope() -> Path:
    """Two million nodes."""

    def write(made: Path) -> None:
        noise = random.Random(20260303)
        frames = [{"name": f"function_{number}", "file": f"/srv/shop/module_{number % 500}.py", "line": number % 900 + 1} for number in range(5000)]
        bases = [[noise.randrange(3) + 40 * depth for depth in range(noise.randint(10, 40))] for _ in range(4000)]
        with made.open("w", encoding="utf-8") as file:
            head = {"type": "sampled", "name": "run", "unit": "seconds", "startValue": 0.0, "endValue": SAMPLES * 0.01, "weights": [0.01] * SAMPLES}
            file.write('{"$schema":"https://www.speedscope.app/file-format-schema.json","profiles":[' + json.dumps(head, separators=(",", ":"))[:-1])
            file.write(',"samples":[')
            for number in range(SAMPLES):
                base = bases[int(noise.random() ** 3 * len(bases))]
                stack = [*base, *(noise.randrange(5000) for _ in range(noise.randint(1, 4)))]
                file.write(("," if number else "") + json.dumps(stack, separators=(",", ":")))
            file.write(']}],"shared":' + json.dumps({"frames": frames}) + ',"exporter":"py-spy@0.4.3"}')

    return made_once(FOLDER / "speedscope-wide-100.json", write)


def wide_folded() -> Path:
    """A million different lines."""

    def write(made: Path) -> None:
        noise = random.Random(20260304)
        paths = [
            [f"/srv/shop/module_{noise.randrange(300)}.py:handle_{noise.randrange(40)}" for _ in range(noise.randint(1, 4))] for _ in range(2000)
        ]
        with made.open("w", encoding="utf-8") as file:
            for number in range(LINES):
                callers = ";".join(["main (app.py)", *noise.choice(paths)])[:70]
                file.write(
                    f"{callers};step_number_{noise.randrange(30)};leaf_below_it_{noise.randrange(3)};call_{number % 20_000} {noise.randint(1, 50)}\n"
                )

    return made_once(FOLDER / "wide-105.folded", write)


def wide_events() -> Iterator[dict[str, object]]:
    """Calls of eight threads as PyTorch writes them, hardly ever on the same path."""
    noise, now = random.Random(20260305), 1_700_000_000_000_000
    while True:
        length, thread = noise.randint(300, 2000), noise.randint(1, 8)
        for depth in range(noise.randint(3, 12)):
            arguments = {"External id": now % 100_000, "Record function id": 0, "Concrete Inputs": ["", "[64, 128]", ""], "Ev Idx": depth}
            yield {"ph": "X", "cat": "cpu_op", "name": f"aten::op_{noise.randrange(2000)}", "pid": 7, "tid": thread, "ts": now + depth,
                   "dur": length - 3 * depth, "args": arguments}  # fmt: skip
        now += 2000

"""1 000 execution plans of 20 nodes: ingested and diagnosed within 2 s of CPU, both commands as a user types them."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

from benchmarks.ingest_points import WORKSPACE, clean
from benchmarks.inputs import FOLDER, made_once
from benchmarks.jobs import Job, held, measure_all, save

PLANS, NODES = 1000, 20
LIMIT_S = 2.0
JOIN = {"Parallel Aware": False, "Async Capable": False, "Disabled": False, "Join Type": "Inner", "Inner Unique": False}
SCAN = {"Parallel Aware": False, "Async Capable": False, "Disabled": False, "Schema": "public"}
BUFFERS = tuple(f"{kind} {what} Blocks" for kind in ("Shared", "Local", "Temp") for what in ("Hit", "Read", "Dirtied", "Written"))
Node = dict[str, Any]


def run() -> None:
    """Measure and print; the CPU of a process and of all that it started. The same commands on one plan show what is not the plans' own."""
    costs = {name: cost for count in (PLANS, 1) for name, cost in measure_all(_jobs(count)).items()}
    cpu_s, start_s = (costs[f"ingest {count}"].cpu_s + costs[f"diagnose {count}"].cpu_s for count in (PLANS, 1))
    verdict = held(cpu_s <= LIMIT_S)
    lines = ["### 1 000 plans of 20 nodes", "", "| job | wall s | CPU s | peak MB |", "|---|---:|---:|---:|"]
    lines += [f"| {name} | {cost.wall_s:.2f} | {cost.cpu_s:.2f} | {cost.peak_mb:.0f} |" for name, cost in costs.items()]
    own_s = cpu_s - start_s
    said = f"{cpu_s:.2f} s, {cpu_s / LIMIT_S:.2f} of the limit, {verdict}."
    lines += ["", f"- ingest and diagnose together need at most {LIMIT_S:g} s of CPU: {said}"]
    lines += [
        f"- of that the plans themselves, beyond what one plan costs: {own_s:.2f} s, {own_s / LIMIT_S:.2f} of the limit.",
        "",
    ]
    save("plans", "\n".join(lines))


def _jobs(count: int) -> list[Job]:
    perfkit = [sys.executable, "-m", "perfkit", "--workspace", str(WORKSPACE)]
    ingest, diagnose = ([*perfkit, "ingest", str(plans(count))], [*perfkit, "diagnose", "--json"])
    return [Job(f"ingest {count}", ingest, clean), Job(f"diagnose {count}", diagnose)]


def plans(count: int) -> Path:
    """Plans with the facts that EXPLAIN (ANALYZE, BUFFERS, VERBOSE) writes, from a fixed seed."""

    def write(path: Path) -> None:
        noise = random.Random(20260401)
        path.write_text(json.dumps([_explained(number, noise) for number in range(count)], indent=1), encoding="utf-8")

    return made_once(FOLDER / f"plans-{count}-{NODES}.json", write)


def _explained(number: int, noise: random.Random) -> Node:
    statement = f"select * from table_{number % 60} a join other b on a.id = b.id where a.price < {noise.randint(1, 999)} and b.kind = 'x{number}'"
    root = _scan(0, noise)
    for position in range(1, NODES // 2):
        root = _join(root, _scan(position, noise), noise)
    return {"Query Text": statement, "Plan": _above(root), "Planning Time": 0.4, "Triggers": [], "Execution Time": root["Actual Total Time"] + 0.1}


def _scan(position: int, noise: random.Random) -> Node:
    kind = noise.choice(("Seq Scan", "Index Scan", "Bitmap Heap Scan"))
    facts = {"Relation Name": f"table_{position}", "Alias": f"t{position}", "Filter": f"(t{position}.price < '{noise.randint(1, 99)}'::numeric)"}
    return {
        "Node Type": kind,
        "Parent Relationship": "Outer",
        **SCAN,
        **facts,
        **_measured(noise, noise.uniform(0.1, 9)),
        "Rows Removed by Filter": 40,
    }


def _join(outer: Node, inner: Node, noise: random.Random) -> Node:
    inner = {**inner, "Parent Relationship": "Inner"}
    total_ms = outer["Actual Total Time"] + inner["Actual Total Time"] + noise.uniform(0.1, 3)
    facts = {"Hash Cond": "(a.id = b.id)", "Plans": [outer, inner]}
    return {"Node Type": "Hash Join", "Parent Relationship": "Outer", **JOIN, **_measured(noise, total_ms, outer, inner), **facts}


def _above(root: Node) -> Node:
    return {**root, "Node Type": "Sort", "Sort Key": ["a.id"], "Plans": [root]}


def _measured(noise: random.Random, total_ms: float, *below: Node) -> Node:
    rows = noise.randint(1, 5000)
    estimates = {"Startup Cost": 0.29, "Total Cost": 1234.56, "Plan Rows": rows + noise.randint(0, 500), "Plan Width": 44}
    times = {"Actual Startup Time": 0.01, "Actual Total Time": round(total_ms, 3), "Actual Rows": float(rows), "Actual Loops": 1}
    buffers = {key: sum(node[key] for node in below) + (noise.randint(0, 900) if key.startswith("Shared Hit") else 0) for key in BUFFERS}
    return {**estimates, **times, "Output": ["a.id", "a.price", "b.kind"], **buffers}

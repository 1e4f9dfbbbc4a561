"""A .prof of 20 000 functions and 100 000 edges into the store, against opening it with the standard library and with snakeviz."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from benchmarks.ingest_points import WORKSPACE, clean
from benchmarks.inputs import profile
from benchmarks.jobs import held, save

ROUNDS = 9
AT_MOST, AIM = 1.0, 0.7
SCRIPT = """
import json, pstats, resource, shutil, sys, time
from pathlib import Path
from perfkit.workbench import open_workbench
import numpy, pyarrow
from snakeviz.stats import json_stats, table_rows

def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(item.ru_utime + item.ru_stime for item in used)

def measured(work, *arguments):
    begun, worked = time.perf_counter(), cpu()
    work(*arguments)
    return [time.perf_counter() - begun, cpu() - worked]

def snakeviz(path):
    stats = pstats.Stats(path)
    return table_rows(stats), json_stats(stats)

path, workspace, rounds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
found = []
for _ in range(rounds + 1):
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir(parents=True)
    bench = open_workbench(workspace)
    bench.store.query("select 1")
    found.append({
        "pstats": measured(pstats.Stats, path),
        "perfkit": measured(bench.ingest, [Path(path)]),
        "snakeviz": measured(snakeviz, path),
    })
own = bench.store.query("select sum(self) from profile_functions")[1][0][0]
print(json.dumps({"rounds": found[1:], "own": own, "truth": pstats.Stats(path).total_tt}))
"""


def run() -> None:
    """One warm process, where every round opens the file in all three ways; a store is new in every round."""
    clean()
    command = [sys.executable, "-c", SCRIPT, str(profile()), str(WORKSPACE), str(ROUNDS)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    lines = [
        "### Opening a profile of 20 000 functions and 100 000 edges",
        "",
        "| tool | s | CPU s | pstats.Stats = 1 | CPU |",
        "|---|---:|---:|---:|---:|",
    ]
    rounds = told["rounds"]
    for tool in rounds[0]:
        seconds, cpu, ratio, cpu_ratio = (
            statistics.median(values)
            for values in (
                [item[tool][0] for item in rounds],
                [item[tool][1] for item in rounds],
                [item[tool][0] / item["pstats"][0] for item in rounds],
                [item[tool][1] / item["pstats"][1] for item in rounds],
            )
        )
        lines.append(f"| {tool} | {seconds:.3f} | {cpu:.3f} | {ratio:.2f} | {cpu_ratio:.2f} |")
        if tool == "perfkit":
            ours = ratio
    verdict = held(ours <= AT_MOST)
    lines += [
        "",
        f"- Reading it safely and storing it takes at most {AT_MOST:.0f} times pstats.Stats (wanted {AIM}): {ours:.2f}, {verdict}.",
        f"- The sum of own times differs from the file's by {abs(told['own'] - told['truth']):.1e} s.",
        "",
    ]
    save("open_profile", "\n".join(lines))

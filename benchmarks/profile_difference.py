"""The difference of two .prof of 20 000 functions and 100 000 edges, and a query of paths, against pstats and llnl-hatchet."""

from __future__ import annotations

import json
import marshal
import random
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.ingest_points import WORKSPACE, clean
from benchmarks.inputs import FOLDER, made_once, profile
from benchmarks.jobs import held, save

ROUNDS = 5
MOST_DIFFERENCE_S, MOST_QUERY_S = 0.2, 0.5
PEER_LIMIT_S = 120
LAYERS = 20
"""llnl-hatchet recurses without end where functions call each other in a circle."""
FAILED = f"no answer: it cannot be installed here, or took over {PEER_LIMIT_S} s"
VENV = FOLDER / "hatchet"
"""llnl-hatchet wants an old pandas, so it lives apart."""

OURS = """
import json, sys, time
from pathlib import Path
from perfkit.model.run import Manifest
from perfkit.workbench import open_workbench
bench = open_workbench(sys.argv[1])
for label, path in zip(("base", "candidate"), sys.argv[2:4]):
    bench.ingest([Path(path)], Manifest(label=label))
def timed(ask):
    began = time.perf_counter(), time.process_time()
    ask()
    return time.perf_counter() - began[0], time.process_time() - began[1]
with bench.store.sitting():
    compared, profiled = bench.profile_change("base", "candidate"), bench.profile("base")
    compared.functions(most=30), profiled.calls("func_199*")
    told = {"difference": timed(lambda: compared.functions(most=30)), "query": timed(lambda: profiled.calls("package_1.* > **/func_199*"))}
print(json.dumps(told))
"""
PSTATS = """
import json, pstats, sys, time
began = time.perf_counter(), time.process_time()
pstats.Stats(sys.argv[1])
print(json.dumps({"open": (time.perf_counter() - began[0], time.process_time() - began[1])}))
"""
HATCHET = """
import json, sys, time
import hatchet
g, h = (hatchet.GraphFrame.from_cprofile(path) for path in sys.argv[1:3])
began = time.perf_counter(), time.process_time()
g.copy() - h.copy() if sys.argv[3] == "difference" else g.filter([{"name": "func_199.*"}], squash=False)
print(json.dumps({sys.argv[3]: (time.perf_counter() - began[0], time.process_time() - began[1])}))
"""


def run() -> None:
    """Measure in turns and print medians of CPU seconds: other work on the machine makes wall time longer."""
    paths = profile(layers=LAYERS), _like(profile(layers=LAYERS))
    found: dict[str, list[tuple[float, float]]] = {}
    peer = _peer()
    for _ in range(ROUNDS):
        clean()
        _add(found, "perfkit", _told([sys.executable, "-c", OURS, str(WORKSPACE), *map(str, paths)]))
        _add(found, "pstats", _told([sys.executable, "-c", PSTATS, str(paths[0])]))
    for what in ("difference", "query"):
        _add(found, "hatchet", _told([str(peer), "-c", HATCHET, *map(str, paths), what]) if peer else {})
    medians = {name: tuple(statistics.median(part) for part in zip(*values, strict=True)) for name, values in found.items()}
    unit = medians["pstats open"][1]
    lines = ["### The difference of two profiles of 20 000 functions and 100 000 edges", "", "| what | wall s | CPU s | pstats.Stats(file) = 1 |"]
    lines += ["|---|---:|---:|---:|"]
    lines += [f"| {name} | {wall:.3f} | {cpu:.3f} | {cpu / unit:.2f} |" for name, (wall, cpu) in medians.items()]
    lines += [""]
    for name, most in (("difference", MOST_DIFFERENCE_S), ("query", MOST_QUERY_S)):
        cpu = medians[f"perfkit {name}"][1]
        lines.append(f"- the {name} takes at most {most} s of CPU time: {cpu:.3f} s, {held(cpu <= most)}.")
        theirs = medians.get(f"hatchet {name}")
        said = f"{theirs[1] / cpu:.0f} times as long" if theirs else FAILED
        lines.append(f"- llnl-hatchet's {name}: {said}.")
    save("profile_difference", "\n".join([*lines, ""]))


def _like(path: Path) -> Path:
    """The same functions with times that are a few percent off."""

    def write(other: Path) -> None:
        noise = random.Random(20240602)
        stats = marshal.loads(path.read_bytes()).items()
        changed = {key: (calls, primitive, own * noise.uniform(0.95, 1.05), *rest) for key, (calls, primitive, own, *rest) in stats}
        other.write_bytes(marshal.dumps(changed))

    return made_once(path.with_name(f"like-{path.name}"), write)


def _add(found: dict[str, list[tuple[float, float]]], who: str, told: dict[str, tuple[float, float]]) -> None:
    for what, seconds in told.items():
        found.setdefault(f"{who} {what}", []).append(seconds)


def _told(command: list[str]) -> dict[str, tuple[float, float]]:
    """Nothing where a peer fails or takes too long."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=PEER_LIMIT_S, check=True).stdout
    except (subprocess.SubprocessError, OSError):
        return {}
    return {name: (wall, cpu) for name, (wall, cpu) in json.loads(said.splitlines()[-1]).items()}


def _peer() -> Path | None:
    """An interpreter with llnl-hatchet; None where it cannot be installed."""
    interpreter = VENV / "bin" / "python"
    try:
        if not interpreter.exists():
            subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        if subprocess.run([str(interpreter), "-c", "import hatchet"], check=False, capture_output=True).returncode:
            subprocess.run([str(interpreter), "-m", "pip", "install", "--quiet", "llnl-hatchet", "setuptools<80"], check=True)
    except (subprocess.SubprocessError, OSError):
        return None
    return interpreter

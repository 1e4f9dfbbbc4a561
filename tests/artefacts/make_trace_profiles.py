"""Makes the profiles of py-spy, pyinstrument, Node, scalene and line_profiler by running them; those of Firefox, PyTorch and Chrome from their definition.

Run: python tests/artefacts/make_trace_profiles.py. The Firefox files follow profiler.firefox.com's processed format (versions 32 and 57) and its
raw one, as CPython 3.15's profiling.sampling --gecko and Firefox write them; PyTorch's and Chrome's traces follow the Trace Event Format.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
TOOLS = Path(sys.executable).parent
PYTHON_APP = """
import json
import sys
import threading


def hot(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total


def middle(n):
    total = 0
    for i in range(n):
        total += i % 3
    return json.dumps({"total": total})


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def main(rounds):
    for _ in range(rounds):
        hot(60_000)
        middle(30_000)
        fib(12)


if __name__ == "__main__":
    rounds = int(sys.argv[1])
    worker = threading.Thread(target=main, args=(rounds // 2,), name="worker")
    worker.start()
    main(rounds)
    worker.join()
"""
NODE_APP = """
function hot(n) { let t = 0; for (let i = 0; i < n; i++) t += Math.sqrt(i) % 7; return t; }
function mild(n) { let t = ""; for (let i = 0; i < n; i++) t += String.fromCharCode(65 + i % 26); return t.length; }
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
function main() { for (let i = 0; i < 6; i++) { hot(400000); mild(60000); fib(18); } }
main();
setTimeout(main, 30);
"""
LINES_APP = """
from line_profiler import profile
import app
app.hot = profile(app.hot); app.middle = profile(app.middle); app.fib = profile(app.fib)
app.main(2)
"""


def main() -> None:
    """Into tests/artefacts/<format>/."""
    work = Path(tempfile.mkdtemp(prefix="traces"))
    (work / "app.py").write_text(PYTHON_APP, encoding="utf-8")
    (work / "app.js").write_text(NODE_APP, encoding="utf-8")
    (work / "lines.py").write_text(LINES_APP, encoding="utf-8")
    for name in ("speedscope", "cpuprofile", "devtools_trace", "gecko", "scalene", "line_profiler"):
        (FOLDER / name).mkdir(exist_ok=True)
    sampled(work)
    node(work)
    python_lines(work)
    defined()
    shutil.rmtree(work)


def run(work: Path, *command: str) -> str:
    """The tool's output."""
    return subprocess.run(command, cwd=work, check=True, capture_output=True, text=True).stdout


def kept(source: Path, folder: str, name: str) -> None:
    """A copy that names neither this machine's folders nor its user."""
    text = source.read_text(encoding="utf-8")
    for here, there in ((str(source.parent), "/srv/shop"), (sys.base_prefix, "/usr/local"), (sys.prefix, "/srv/venv")):
        text = text.replace(here, there)
    target = FOLDER / folder / name
    target.write_bytes(gzip.compress(text.encode(), mtime=0) if name.endswith(".gz") else text.encode())


def sampled(work: Path) -> None:
    """py-spy writes samples, pyinstrument calls."""
    spy = (str(TOOLS / "py-spy"), "record", "-r", "100", "-t", "-s")
    run(work, *spy, "-f", "speedscope", "-o", "spy.json", "--", sys.executable, "app.py", "30")
    run(work, *spy, "-f", "chrometrace", "-o", "spy-chrome.json", "--", sys.executable, "app.py", "30")
    run(work, str(TOOLS / "pyinstrument"), "-r", "speedscope", "-o", "instrument.json", "app.py", "20")
    kept(work / "spy.json", "speedscope", "py-spy.json")
    kept(work / "instrument.json", "speedscope", "pyinstrument.json")
    kept(work / "spy-chrome.json", "devtools_trace", "py-spy.json")


def node(work: Path) -> None:
    """The same program's own profile, and a trace that holds samples, and one that does not."""
    run(work, "node", "--cpu-prof", "--cpu-prof-name=node.cpuprofile", "app.js")
    kept(work / "node.cpuprofile", "cpuprofile", "node.cpuprofile")
    kept(work / "node.cpuprofile", "cpuprofile", "node.cpuprofile.gz")
    run(work, "node", "--trace-event-categories", "v8,disabled-by-default-v8.cpu_profiler", "--cpu-prof", "app.js")
    kept(work / "node_trace.1.log", "devtools_trace", "node-samples.json")
    run(work, "node", "--trace-event-categories", "v8,node", "app.js")
    kept(work / "node_trace.1.log", "devtools_trace", "node-events.json.gz")


def python_lines(work: Path) -> None:
    """scalene and line_profiler."""
    run(work, str(TOOLS / "scalene"), "run", "-o", "scalene.json", "app.py", "40")
    document = json.loads((work / "scalene.json").read_text(encoding="utf-8"))
    kept(work / "scalene.json", "scalene", "scalene-2.json.gz")
    old = {key: document[key] for key in ("alloc_samples", "elapsed_time_sec", "files", "growth_rate", "max_footprint_mb", "samples", "stacks")}
    old["stacks"] = [[steps, [told["count"], told["python_time"], told["c_time"], told["cpu_samples"]]] for steps, told in old["stacks"]]
    (work / "scalene-1.json").write_text(json.dumps(old), encoding="utf-8")
    kept(work / "scalene-1.json", "scalene", "scalene-1-keys.json")
    run(work, str(TOOLS / "kernprof"), "-l", "-o", "lines.lprof", "lines.py")
    content = (work / "lines.lprof").read_bytes()
    (FOLDER / "line_profiler" / "lines.lprof").write_bytes(content)
    (work / "lines.txt").write_text(run(work, sys.executable, "-m", "line_profiler", "lines.lprof"), encoding="utf-8")
    kept(work / "lines.txt", "line_profiler", "lines.txt")


def defined() -> None:
    """What no tool here writes."""
    written("gecko", "cpython-sampler.json", gecko_processed())
    written("gecko", "firefox-raw.json", gecko_raw())
    written("devtools_trace", "pytorch.json", {"schemaVersion": 1, "displayTimeUnit": "ms", "traceEvents": kineto_events()})
    whole = json.dumps(kineto_events(), indent=0)
    (FOLDER / "devtools_trace" / "crashed.json").write_text(whole[: whole.rindex("},") + 3], encoding="utf-8")


def written(folder: str, name: str, document: Any) -> None:
    """JSON as the tools write it."""
    (FOLDER / folder / name).write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")


def gecko_processed() -> dict[str, Any]:
    """Two threads of one process; the texts are shared, a function's line is one that was executed."""
    texts = ["(root)", "<module>", "app.py", "main", "hot", "middle"]
    tables = {
        "stackTable": {"frame": [0, 1, 2, 3], "prefix": [None, 0, 1, 1], "category": [1] * 4, "subcategory": [0] * 4, "length": 4},
        "frameTable": {"func": [0, 1, 2, 3], "line": [40, 31, 10, 17], "column": [None] * 4, "address": [-1] * 4, "length": 4},
        "funcTable": {
            "name": [1, 3, 4, 5],
            "fileName": [2] * 4,
            "lineNumber": [40, 31, 10, 17],
            "resource": [0] * 4,
            "isJS": [True] * 4,
            "length": 4,
        },
    }
    threads = [
        {"name": f"Thread-{tid}", "tid": tid, "pid": "4242", "processType": "default", "processName": "Python Process", **tables,
         "samples": {"stack": stacks, "time": [float(at) for at in range(len(stacks))], "eventDelay": [None] * len(stacks), "weight": None,
                     "weightType": "samples", "length": len(stacks)}}
        for tid, stacks in ((7001, [2, 2, 2, 3, 2, 3]), (7002, [2, 3, None, 2]))
    ]  # fmt: skip
    meta = {"interval": 1.0, "startTime": 1000.5, "product": "Python", "importedFrom": "Tachyon Sampling Profiler", "processType": 0, "stackwalk": 0,
            "version": 32, "preprocessedProfileVersion": 57, "markerSchema": [], "physicalCPUs": 2}  # fmt: skip
    return {"meta": meta, "libs": [], "threads": threads, "pages": [], "shared": {"stringArray": texts}}


def gecko_raw() -> dict[str, Any]:
    """Rows with a schema, CPU time in nanoseconds, and a second process inside the first."""
    texts = ["(root)", "run (https://shop.example/app.js:12:3)", "layout", "0x7f00dead"]
    thread = {
        "name": "GeckoMain", "tid": 100, "processType": "default", "stringTable": texts,
        "stackTable": {"schema": {"prefix": 0, "frame": 1}, "data": [[None, 0], [0, 1], [1, 2], [1, 3]]},
        "frameTable": {"schema": {"location": 0, "relevantForJS": 1, "line": 5}, "data": [[0], [1, True, None, None, None, 14], [2], [3]]},
        "samples": {"schema": {"stack": 0, "time": 1, "responsiveness": 2, "threadCPUDelta": 3},
                    "data": [[1, 0.5, 0, 0], [2, 1.5, 0, 900_000], [2, 2.5, 0, 400_000], [3, 3.5, 0, 1_000_000]]},
    }  # fmt: skip
    meta = {"interval": 1, "product": "Firefox", "version": 27, "processType": 0, "stackwalk": 1, "sampleUnits": {"threadCPUDelta": "ns"}}
    child = {"meta": meta, "threads": [{**thread, "name": "Renderer", "pid": 22, "tid": 200}], "processes": []}
    return {"meta": meta, "libs": [], "threads": [{**thread, "pid": 11}], "processes": [child]}


def kineto_events() -> list[dict[str, Any]]:
    """A CPU thread whose calls nest, and a stream of the graphics processor on which two kernels overlap."""
    start = 1_700_000_000_000_000.25
    names = [("python_function", "train.py(10): step", 0, 1000), ("cpu_op", "aten::linear", 100, 300), ("cpu_op", "aten::addmm", 150, 200),
             ("cpu_op", "aten::relu", 500, 100)]  # fmt: skip
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "pid": 7, "tid": 0, "ts": start, "args": {"name": "python"}},
        {"ph": "M", "name": "thread_name", "pid": 0, "tid": 7, "ts": start, "args": {"name": "stream 7"}},
    ]
    events += [
        {"ph": "X", "cat": cat, "name": name, "pid": 7, "tid": 8, "ts": start + at, "dur": dur, "args": {"Ev Idx": 1}} for cat, name, at, dur in names
    ]
    events += [
        {"ph": "X", "cat": "kernel", "name": "sgemm", "pid": 0, "tid": 7, "ts": start + 200, "dur": 300, "args": {"device": 0, "stream": 7}},
        {"ph": "X", "cat": "kernel", "name": "relu_kernel", "pid": 0, "tid": 7, "ts": start + 400, "dur": 200, "args": {"device": 0}},
        {"ph": "s", "id": 1, "pid": 7, "tid": 8, "ts": start + 150, "cat": "ac2g", "name": "ac2g"},
    ]
    return events


if __name__ == "__main__":
    main()

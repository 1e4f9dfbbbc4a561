"""Makes the files of sampling profilers, with the real tools: py-spy, pyinstrument 5 and 4, austin 3 and 4, perf, Go's runtime/pprof.

Each tool runs the same program (stacks_program.py), whose stacks are known. Say where the tools are:

    python tests/artefacts/make_stacks.py TOOL…        # py_spy pyinstrument pyinstrument4 austin3 austin4 perf go

with the environment variables PY_SPY, PYINSTRUMENT, … where a tool is not on the path. Python runs without site-packages, to keep the files small.
austin 4 needs glibc 2.38. perf_script/python_trampolines.txt is no tool's: it is written by hand after CPython's description of -X perf, because
frame pointers are missing from the interpreter that is at hand.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PROGRAM = HERE / "stacks_program.py"
PYTHON = [os.environ.get("PROFILED_PYTHON", sys.executable), "-S", "-E"]
GO_PROGRAM = HERE / "stacks_program.go"


def tool(name: str) -> str:
    """Its place by the environment, else by its name."""
    return os.environ.get(name.upper(), name.rstrip("34").replace("_", "-"))


def run(*command: str, out: Path | None = None, folder: Path) -> None:
    """One command in the program's folder."""
    shown = out.open("wb") if out else subprocess.DEVNULL
    subprocess.run(command, cwd=folder, stdout=shown, stderr=subprocess.DEVNULL, timeout=60, check=False)


def py_spy(folder: Path) -> None:
    target = HERE / "folded"
    cases = {"plain": ("plain",), "threads": ("threads", "-t"), "subprocesses": ("children", "-s", "-F"), "native": ("threads", "-s", "-t", "-n")}
    cases |= {"no_lines": ("threads", "-t", "--nolineno")}
    for case, (what, *options) in cases.items():
        run(tool("py_spy"), "record", "-f", "raw", *options, "-o", str(target / f"py_spy_{case}.txt"), "--", *PYTHON, "shop.py", what, folder=folder)


def pyinstrument(folder: Path) -> None:
    target = HERE / "pyinstrument"
    for what in ("threads", "tasks"):
        run(tool("pyinstrument"), "-i", "0.005", "-r", "pyisession", "-o", str(target / f"session_{what}.json"), "shop.py", what, folder=folder)
    run(tool("pyinstrument"), "-r", "json", "-o", str(target / "rendered.json"), "shop.py", "plain", folder=folder)


def pyinstrument4(folder: Path) -> None:
    target = HERE / "pyinstrument"
    run(tool("pyinstrument4"), "-i", "0.005", "-r", "session", "-o", str(target / "session_4.json"), "shop.py", "plain", folder=folder)


def austin3(folder: Path) -> None:
    target = HERE / "austin"
    cases = {"wall": ("threads",), "full": ("children", "-f", "-C"), "memory": ("threads", "-m"), "cpu": ("threads", "-s", "-g")}
    for case, (what, *options) in cases.items():
        run(tool("austin3"), "-i", "10ms", *options, "-o", str(target / f"text_{case}.txt"), *PYTHON, "shop.py", what, folder=folder)
    for case in ("wall", "full"):
        what, *options = cases[case]
        run(tool("austin3"), "-b", "-i", "10ms", *options, "-o", str(target / f"binary_3_{case}.mojo"), *PYTHON, "shop.py", what, folder=folder)


def austin4(folder: Path) -> None:
    target = HERE / "austin"
    for case, options in {"wall": (), "cpu": ("-c",), "memory": ("-m",)}.items():
        run(tool("austin4"), "-i", "10ms", *options, "-o", str(target / f"binary_4_{case}.mojo"), *PYTHON, "shop.py", "threads", folder=folder)


def perf(folder: Path) -> None:
    target, data = HERE / "perf_script", str(folder / "perf.data")
    run("perf", "record", "-e", "cpu-clock", "-F", "99", "-g", "-o", data, "--", *PYTHON, "shop.py", "threads", folder=folder)
    run("perf", "script", "-i", data, out=target / "python_threads.txt", folder=folder)
    events = "task-clock,page-faults,context-switches"
    run("perf", "record", "-e", events, "-F", "49", "-g", "-o", data, "--", *PYTHON, "shop.py", "plain", folder=folder)
    run("perf", "script", "-i", data, out=target / "events.txt", folder=folder)
    run("perf", "script", "-i", data, "-F", "comm,pid,tid,time,event,ip,sym,dso", "-G", out=target / "no_stacks.txt", folder=folder)
    (folder / "shop.js").write_text("function spin(n){let t=0;for(let i=0;i<n;i++)t+=JSON.stringify([i]).length;return t}\nspin(9e5);spin(9e5);\n")
    run("perf", "record", "-e", "cpu-clock", "-F", "49", "-g", "-o", data, "--", "node", "--perf-basic-prof", "shop.js", folder=folder)
    run("perf", "script", "-i", data, out=target / "node.txt", folder=folder)


def go(folder: Path) -> None:
    shutil.copy(GO_PROGRAM, folder / "main.go")
    run("go", "run", "main.go", str(HERE / "pprof"), folder=folder)


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="stacks-") as parent:
        folder = Path(parent) / "shop"
        folder.mkdir()
        shutil.copy(PROGRAM, folder / "shop.py")
        for format_name in ("folded", "pyinstrument", "austin", "perf_script", "pprof"):
            (HERE / format_name).mkdir(exist_ok=True)
        for name in names:
            {item.__name__: item for item in (py_spy, pyinstrument, pyinstrument4, austin3, austin4, perf, go)}[name](folder)


if __name__ == "__main__":
    main(sys.argv[1:])

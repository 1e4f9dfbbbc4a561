"""Measures small programs with the real tools: python tests/artefacts/make_memory.py INTERPRETER, one that has memray and memory_profiler."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
RUNNER = FOLDER.parents[1] / "perfkit" / "collectors" / "children" / "heap_run.py"
SHOP = """\
import json, sys, time
try:
    profile
except NameError:
    def profile(function): return function
class Order:
    def __init__(self, number):
        self.number, self.lines = number, bytes(2000)
KEPT, CACHE = [], {}
@profile
def take(number):
    KEPT.append(Order(number))
    CACHE[number % 50] = json.loads('{"price": [%d, 2, 3]}' % number)
    time.sleep(0.004)
@profile
def serve(times):
    for number in range(times):
        take(number)
if __name__ == "__main__":
    serve(int(sys.argv[1]))
"""
PARENT = """\
import subprocess, sys
kept = bytes(5_000_000)
children = [subprocess.Popen([sys.executable, "-c", "import time; kept = b'x' * %d; time.sleep(0.5)" % size]) for size in (8_000_000, 16_000_000)]
for child in children: child.wait()
"""
FORKING = """\
import os, time
child = os.fork()
kept = bytes(9_000_000 if child == 0 else 1000)
time.sleep(0.3)
os.waitpid(child, 0) if child else os._exit(0)
"""
SNAPSHOT = """\
import sys, tracemalloc
tracemalloc.start(4)
import shop
shop.serve(40)
tracemalloc.take_snapshot().dump(sys.argv[1])
"""


def main() -> None:
    """Every format, in a folder whose name says nothing of this machine."""
    interpreter = sys.argv[1]
    home = Path(tempfile.gettempdir()) / "shop"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    for name, text in (("shop.py", SHOP), ("parent.py", PARENT), ("forking.py", FORKING), ("snapshot.py", SNAPSHOT)):
        (home / name).write_text(text)

    def run(*arguments: str) -> None:
        subprocess.run([interpreter, *arguments], cwd=home, check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})

    def target(folder: str, name: str) -> str:
        path = FOLDER / folder / name
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        return str(path)

    mprof = ("-m", "mprof", "run", "--exit-code", "--interval", "0.02")
    twice = target("mprof", "two_runs.dat")
    for times in ("30", "60"):
        run(*mprof, "--nopython", "--output", twice, interpreter, "shop.py", times)
    run(*mprof, "--python", "--output", target("mprof", "marked.dat"), str(home / "shop.py"), "40")
    run(*mprof, "--multiprocess", "--output", target("mprof", "children.dat"), interpreter, "parent.py")
    packed = target("mprof", "leaking.dat.gz")
    run(*mprof, "--nopython", "--output", str(home / "leaking.dat"), interpreter, "shop.py", "900")
    Path(packed).write_bytes(gzip.compress((home / "leaking.dat").read_bytes(), mtime=0))

    memray = ("-m", "memray", "run", "--force", "--quiet", "--output")
    run(*memray, "shop.bin", "shop.py", "100")
    run(*memray, "native.bin", "--native", "--trace-python-allocators", "shop.py", "20")
    run(*memray, "aggregated.bin", "--aggregate", "shop.py", "100")
    run(*memray, "forking.bin", "--follow-fork", "forking.py")
    [child] = home.glob("forking.bin.*")
    child.rename(home / "forked.bin")
    run("-m", "memray", "stats", "--json", "--force", "--output", "shop.json", "shop.bin")
    for name, folder in (
        ("shop.bin", "memray_capture"),
        ("native.bin", "memray_capture"),
        ("aggregated.bin", "memray_capture"),
        ("forked.bin", "memray_capture"),
        ("shop.json", "memray_stats"),
    ):
        shutil.move(home / name, target(folder, name))

    run("snapshot.py", target("tracemalloc", "shop.pickle"))
    run(str(RUNNER), "tracemalloc", target("allocation_growth", "shop.json"), "0.1", "6", "script", "shop.py", "700")
    run(str(RUNNER), "objects", target("object_growth", "shop.json"), "0.1", "1", "script", "shop.py", "900")
    (FOLDER / "object_growth" / "objects.jsonl").unlink()


if __name__ == "__main__":
    main()

"""Real programs under real tools: a leak is named with its line or type; a steady one, a full cache and a warm-up are not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from perfkit.collectors.memory import MemoryOptions, collect
from perfkit.errors import CollectionFailed, UsageError
from perfkit.model.finding import Finding
from perfkit.model.run import Manifest
from perfkit.workbench import Workbench

PROGRAM = """\
import sys, time
class Session:
    def __init__(self):
        self.data = bytes(9000)
kept, cache = [], {}
def leaking(number):
    kept.append(Session())
def steady(number):
    bytes(9000)
def filling(number):
    cache[number % 60] = Session()
def numbers(number):
    import numpy
    if number == 0:
        kept.append(numpy.ones(12_000_000))
def main(name, seconds):
    begin, number = time.monotonic(), 0
    while time.monotonic() - begin < seconds:
        globals()[name](number)
        number += 1
        time.sleep(0.004)
    sys.exit(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
main(sys.argv[1], float(sys.argv[2]))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "shop.py").write_text(PROGRAM)
    return folder


def findings(bench: Workbench, project: Path, tool: str, program: str, seconds: float) -> list[Finding]:
    options = MemoryOptions(("python", "shop.py", program, str(seconds)), tool, cwd=project, stated=Manifest(label=program))
    bench.collect(options)
    return bench.diagnose()


def test_a_leak_is_named_with_its_line(bench: Workbench, project: Path) -> None:
    [finding] = findings(bench, project, "tracemalloc", "leaking", 3)
    assert (finding.rule, finding.file, finding.line) == ("memory-leak-site", "shop.py", 4)
    assert bench.memory("leaking").verdict == "leak"


def test_a_leak_is_named_with_its_type(bench: Workbench, project: Path) -> None:
    [finding] = findings(bench, project, "objects", "leaking", 6)
    assert (finding.rule, finding.place) == ("memory-leak-type", "__main__.Session")
    assert "bytes" in finding.saving_basis


@pytest.mark.parametrize(("tool", "seconds"), [("tracemalloc", 2), ("objects", 4)])
@pytest.mark.parametrize("program", ["steady", "filling"])
def test_steady_programs_and_full_caches_are_silent(bench: Workbench, project: Path, tool: str, seconds: float, program: str) -> None:
    assert findings(bench, project, tool, program, seconds) == []


def test_the_peak_of_numpy_is_named_with_its_line(bench: Workbench, project: Path) -> None:
    found = findings(bench, project, "memray", "numbers", 0.5)
    [peak] = [finding for finding in found if finding.rule == "memory-peak"]
    assert (peak.file, peak.line, "96.0 MB" in peak.title) == ("shop.py", 15, True)
    answer = bench.memory("numbers")
    assert answer.peak[0].path[-1] == "numbers (shop.py:15)"


def test_mprof_watches_the_process(bench: Workbench, project: Path) -> None:
    stored = bench.collect(MemoryOptions(("-m", "shop", "steady", "0.5"), "mprof", interval_s=0.05, cwd=project))
    [run] = bench.runs()
    assert stored.rows["samples"] > 5 and (run.kind, run.tool, run.tool_version is not None) == ("memory", "memory_profiler", True)


@pytest.mark.parametrize("tool", ["memray", "mprof", "tracemalloc", "objects"])
def test_a_program_that_fails_leaves_nothing(project: Path, tmp_path: Path, tool: str) -> None:
    with pytest.raises(CollectionFailed, match="status"):
        collect(MemoryOptions(("shop.py", "steady", "0.1", "3"), tool, cwd=project), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("tool", ["memray", "mprof", "tracemalloc", "objects"])
def test_a_program_without_end_is_stopped_and_its_record_kept(bench: Workbench, project: Path, tool: str) -> None:
    stored = bench.collect(MemoryOptions(("shop.py", "steady", "60"), tool, duration_s=2.0, cwd=project))
    assert sum(stored.rows.values()) > 0


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (MemoryOptions(("shop.py",), "mprof", native=True), "--native is an option of memray"),
        (MemoryOptions(("shop.py",), "memray", interval_s=1.0), "--interval is an option of mprof"),
        (MemoryOptions(("shop.py",), "valgrind"), "Available: memray, mprof"),
        (MemoryOptions(("shop.py",), "objects", interval_s=0.0), "between 0.001 and 3600"),
        (MemoryOptions(("make",), "objects"), "Only Python programs"),
    ],
)
def test_what_does_not_fit_is_told_before_the_program_runs(options: MemoryOptions, complaint: str, project: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    with pytest.raises(UsageError, match=complaint):
        collect(replace(options, cwd=project), tmp_path / "out")
    assert sys.executable

"""Programs as people have them: stopped by hand, fed by a pipe, split into processes, started by an installed command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from perfkit.analyses.known_runs import Selection
from perfkit.cli.progress import stepping
from perfkit.collectors import memory, profile
from perfkit.collectors.base import UNKNOWN
from perfkit.collectors.memory import MemoryOptions
from perfkit.collectors.process import ending_of
from perfkit.collectors.profile import ProfileOptions
from perfkit.errors import UsageError
from perfkit.model.run import MANIFEST_SUFFIX
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace

ENDLESS = "import pathlib\npathlib.Path('begun').touch()\nkept = []\nwhile True:\n    kept = [str(number) for number in range(2000)]\n"
READING = "import sys\nlines = sys.stdin.readlines()\nprint(sum(map(len, lines)))\nsys.exit(len(lines) != 3)\n"
SPLIT = """\
import multiprocessing, time
def work(number):
    block, end = bytearray(30_000_000), time.process_time() + 0.8
    while time.process_time() < end:
        pass
    return len(block)
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.map(work, [1])
"""
INSTALLED = (
    "#!{python}\nimport sys\ndef main():\n    return sum(number % 7 for number in range(3_000_000))\nmain()\nsys.exit(sys.argv[1:] != ['other.py'])\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in {"endless": ENDLESS, "reading": READING, "split": SPLIT, "other": "raise SystemExit(9)\n"}.items():
        (folder / f"{name}.py").write_text(text)
    command = folder / "rank"
    command.write_text(INSTALLED.format(python=sys.executable))
    command.chmod(0o755)
    return folder


@pytest.fixture
def bench(project: Path) -> Workbench:
    return Workbench(Workspace(project))


def perfkit(project: Path, *arguments: str) -> subprocess.Popen[str]:
    pipe, ours = subprocess.PIPE, lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # a parent in the background may have it ignored
    command = [sys.executable, "-m", "perfkit", "--workspace", str(project), *arguments]
    return subprocess.Popen(command, cwd=project, stdin=pipe, stdout=pipe, stderr=pipe, text=True, preexec_fn=ours)  # noqa: PLW1509


def soon(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not seen() and time.monotonic() < end:
        time.sleep(0.05)


@pytest.mark.parametrize("tool", [("profile", "cprofile"), ("profile", "py-spy"), ("memory", "tracemalloc"), ("memory", "mprof")])
def test_ctrl_c_stops_the_program_and_keeps_what_was_measured(tool: tuple[str, str], project: Path, bench: Workbench) -> None:
    running = perfkit(project, "collect", tool[0], "--with", tool[1], "--label", "stopped", "--", "python", "endless.py")
    soon((project / "begun").exists)
    time.sleep(1.0)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    [run] = bench.runs(Selection(label="stopped"))
    assert (running.returncode, run.valid, "what was measured until then is kept" in said) == (0, True, True), said
    assert 0.5 < json.loads(run.parameters)["duration_s"] < 60


@pytest.mark.parametrize("kind", [("profile",), ("memory", "--with", "objects")])
def test_a_program_reads_what_is_piped_to_perfkit(kind: tuple[str, ...], project: Path, bench: Workbench) -> None:
    running = perfkit(project, "collect", *kind, "--label", "fed", "--", "python", "reading.py")
    _, said = running.communicate("one\ntwo\nthree\n", timeout=60)
    assert running.returncode == 0, said
    [run] = bench.runs(Selection(label="fed"))
    assert said.splitlines()[-1].startswith(f"Look at it: perfkit {kind[0]} {run.run_id}")


def test_a_file_is_read_from_its_place_by_both_runs(project: Path, tmp_path: Path) -> None:
    given = tmp_path / "given.txt"
    given.write_text("zero\none\ntwo\nthree\n")
    code = (
        "import os; from pathlib import Path; from perfkit.cli.collect.common import input_at; from perfkit.collectors import profile;"
        "os.read(0, 5); options = profile.ProfileOptions(('reading.py',), measure_overhead=True, input_at=input_at(twice=True), say=print);"
        "profile.collect(options, Path('out'))"
    )
    with given.open() as file:
        said = subprocess.run([sys.executable, "-c", code], stdin=file, cwd=project, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "× as long" in said


def test_without_input_a_program_finds_it_empty(project: Path, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="status 1"):
        profile.collect(ProfileOptions(("reading.py",), cwd=project), tmp_path / "out")


def test_processes_that_a_profiler_does_not_see_are_told(project: Path, tmp_path: Path) -> None:
    said: list[str] = []
    artefact = profile.collect(ProfileOptions(("split.py",), cwd=project, say=said.append), tmp_path / "out")
    manifest = json.loads(artefact.with_name(artefact.name + MANIFEST_SUFFIX).read_text())
    assert [line[:15] for line in said] == ["1 child process"] and "py-spy and scalene do" in said[0]
    assert manifest["facts"]["child_processes"][0] == 1


@pytest.mark.parametrize("children", [False, True])
def test_mprof_runs_programs_of_several_processes(children: bool, project: Path, tmp_path: Path) -> None:
    said: list[str] = []
    memory.collect(MemoryOptions(("split.py",), "mprof", children=children, cwd=project, say=said.append), tmp_path / "out")
    assert ["--with mprof --children does" in line for line in said] == [True] * (not children)


@pytest.mark.parametrize("tool", ["scalene", "pyinstrument"])
def test_an_installed_command_is_profiled_and_not_its_argument(tool: str, project: Path, tmp_path: Path) -> None:
    artefact = profile.collect(ProfileOptions((str(project / "rank"), "other.py"), tool=tool, cwd=project), tmp_path / "out")
    assert "main" in artefact.read_text()


@pytest.mark.parametrize("tool", ["mprof", "objects"])
def test_the_memory_of_an_installed_command_is_measured(tool: str, project: Path, tmp_path: Path) -> None:
    assert memory.collect(MemoryOptions((str(project / "rank"), "other.py"), tool, cwd=project), tmp_path / "out").stat().st_size > 0


def test_a_linked_script_finds_the_modules_beside_what_it_leads_to(project: Path, tmp_path: Path) -> None:
    (project / "helper.py").write_text("def helped():\n    return sum(range(1000))\n")
    (project / "main.py").write_text("import helper\nprint(helper.helped())\n")
    (project / "bin").mkdir()
    (project / "bin" / "run.py").symlink_to("../main.py")
    command = ("python", "bin/run.py")
    assert memory.collect(MemoryOptions(command, cwd=project), tmp_path / "memory").stat().st_size
    assert profile.collect(ProfileOptions(command, tool="line", functions=("helper:helped",), cwd=project), tmp_path / "lines").stat().st_size


def test_what_scalene_loses_is_refused(project: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not hand `--` on"):
        profile.collect(ProfileOptions(("reading.py", "--", "x"), tool="scalene", cwd=project), tmp_path / "out")


def test_the_overhead_of_a_memory_tool_is_stored(project: Path, bench: Workbench) -> None:
    said: list[str] = []
    options = MemoryOptions((str(project / "rank"), "other.py"), "objects", cwd=project, measure_overhead=True, say=said.append)
    facts = bench.sql("select stat from profile_facts where run_id = $run", {"run": bench.collect(options).run_id})
    assert {"overhead", "overhead_memory", "wall_without", "peak_rss_without"} <= {*facts["stat"]}
    assert len(said) == 1


def test_what_a_failed_program_said_keeps_its_lines(project: Path) -> None:
    (project / "failing.py").write_text("def pay():\n    raise ValueError('no money')\npay()\n")
    running = perfkit(project, "collect", "profile", "--", "python", "failing.py")
    _, said = running.communicate(timeout=60)
    first, *lines = said.splitlines()
    assert running.returncode == 2 and first.startswith("perfkit: `python failing.py` ended with status 1")
    assert lines[-1] == "  ValueError: no money"


def test_nobody_invents_how_much_of_a_program_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with stepping(quiet_s=0) as step:
        step("3 s · python shop.py", UNKNOWN)
        step("loading · 2 of 4", 0.5)
    assert capsys.readouterr().err.splitlines() == ["3 s · python shop.py", " 50% loading · 2 of 4"]


@pytest.mark.parametrize(
    ("status", "words"), [(3, "ended with status 3"), (-signal.SIGSEGV, "was ended by SIGSEGV"), (-64 - os.EX_OK - 1, "was ended by signal 65")]
)
def test_endings_are_told_in_words(status: int, words: str) -> None:
    assert ending_of(status) == words

"""Every profiler runs a real program: what it takes, what it refuses, what is kept, and what the program cost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from perfkit.analyses.known_runs import Selection
from perfkit.collectors import profile
from perfkit.collectors.measuring import LAUNCHER
from perfkit.collectors.profile import PROFILERS, ProfileOptions, py_spy
from perfkit.collectors.versions import tool_here
from perfkit.errors import CollectionFailed, MissingTool, UsageError
from perfkit.model.run import MANIFEST_SUFFIX, Manifest
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace

COSTS = {"wall", "cpu_user", "cpu_system", "voluntary_switches", "involuntary_switches", "peak_rss"}
BUSY = """\
import time
class Shop:
    @staticmethod
    def busy(seconds):
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            pass
def idle(seconds):
    time.sleep(seconds)
if __name__ == "__main__":
    Shop.busy(0.3)
    idle(0.2)
"""
WAITING = """\
import asyncio
async def fetch():
    await asyncio.sleep(0.3)
async def main():
    await fetch()
    await asyncio.gather(fetch(), fetch())
if __name__ == "__main__":
    asyncio.run(main())
"""
SPEND = "import sys\nblock = bytearray(60_000_000)\nend = sum(range(3_000_000))\n"


def spend(number: int) -> int:
    return len([str(item) for item in range(number)])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in {"busy": BUSY, "waiting": WAITING, "spend": SPEND, "failing": BUSY + "    raise ValueError('the shop is closed')\n"}.items():
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(Workspace(tmp_path))


def facts_of(bench: Workbench, run_id: str) -> dict[str, float]:
    return {fact.stat: fact.value for fact in bench.profile(run_id).facts()}


@pytest.mark.parametrize("tool", PROFILERS)
def test_a_program_that_fails_leaves_nothing_and_says_why(tool: str, project: Path, tmp_path: Path) -> None:
    functions = ("failing:Shop.busy",) if tool == "line" else ()
    with pytest.raises(CollectionFailed, match=r"(?s)ended with status 1.*the shop is closed"):
        profile.collect(ProfileOptions(("python", "failing.py"), tool=tool, functions=functions, cwd=project), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_what_a_program_cost_is_stored_beside_its_profile(project: Path, bench: Workbench) -> None:
    stored = bench.collect(ProfileOptions(("python", "spend.py"), cwd=project))
    facts = facts_of(bench, stored.run_id)
    assert facts.keys() >= COSTS
    assert 60e6 < facts["peak_rss"] < 110e6
    assert facts["cpu_user"] + facts["cpu_system"] <= facts["wall"] * 1.1 + 0.1


def test_peak_memory_is_not_that_of_whoever_starts_the_program(project: Path, bench: Workbench) -> None:
    ours = bytearray(300_000_000)
    ours[::4096] = b"1" * len(ours[::4096])
    stored = bench.collect(ProfileOptions(("python", "busy.py"), cwd=project))
    assert facts_of(bench, stored.run_id)["peak_rss"] < 100e6


def test_overhead_is_the_ratio_of_two_whole_runs(project: Path, bench: Workbench) -> None:
    stored = bench.collect(ProfileOptions(("python", "busy.py"), measure_overhead=True, cwd=project, stated=Manifest(label="slow")))
    facts = facts_of(bench, stored.run_id)
    assert facts["overhead"] == pytest.approx(facts["wall"] / facts["wall_without"])
    assert facts["overhead_cpu"] == pytest.approx((facts["cpu_user"] + facts["cpu_system"]) / facts["cpu_without"])


def test_line_times_methods_of_the_script_and_functions_of_other_modules(project: Path, bench: Workbench) -> None:
    (project / "uses.py").write_text("from busy import Shop, idle\ndef own():\n    Shop.busy(0.1)\n    idle(0.2)\nown()\n")
    stored = bench.collect(ProfileOptions(("python", "uses.py"), tool="line", functions=("uses:own", "busy:idle", "busy:Shop.busy"), cwd=project))
    lines = {(Path(item.file).name, item.line) for item in bench.profile(stored.run_id).lines()}
    assert {("uses.py", 3), ("uses.py", 4), ("busy.py", 9), ("busy.py", 6)} <= lines


def test_line_without_a_function_says_what_to_do(project: Path, tmp_path: Path) -> None:
    for functions, complaint in (((), "--function module:name"), (("busy:Shop.gone",), "no function Shop.gone"), (("busy:",), "not module:name")):
        with pytest.raises((CollectionFailed, UsageError), match=complaint):
            profile.collect(ProfileOptions(("python", "busy.py"), tool="line", functions=functions, cwd=project), tmp_path / "out")


def test_a_coroutine_s_waiting_counts_where_it_is_awaited(project: Path, bench: Workbench) -> None:
    stored = bench.collect(ProfileOptions(("python", "waiting.py"), tool="pyinstrument", asynchronous=True, cwd=project))
    times = {row.function: row.total for row in bench.functions(Selection(run_ids=(stored.run_id,))) if row.unit == "wall_s"}
    assert times["fetch"] > 0.55


def test_py_spy_looks_at_a_process_that_goes_on(project: Path, bench: Workbench) -> None:
    with subprocess.Popen([sys.executable, "-c", f"{BUSY}\n    while True:\n        Shop.busy(1)"], cwd=project) as running:
        time.sleep(0.5)
        stored = bench.collect(ProfileOptions((), tool="py-spy", pid=running.pid, duration_s=1, stated=Manifest(label="live")))
        assert running.poll() is None
        running.kill()
    facts = facts_of(bench, stored.run_id)
    assert facts["samples"] > 30 and facts["lost_samples"] == 0 and facts["cpu_user"] > 0
    assert "Shop.busy" in {row.function for row in bench.functions(Selection(run_ids=(stored.run_id,)))}


def test_an_observer_starts_when_the_program_has_taken_its_place(tmp_path: Path) -> None:
    """py-spy that looks earlier finds the Python that starts the program, and then nothing: seen on busy machines."""
    slow = (
        "import os, sys, time; sys.path.insert(0, os.path.dirname(sys.argv.pop(1))); import measured; become = measured.become;"
        "measured.become = lambda program, watched: (time.sleep(watched), become(program, watched=watched)); measured.main()"
    )
    report, said, observer = tmp_path / "report.json", tmp_path / "said.txt", ("sh", "-c", "tr '\\0' ' ' < /proc/{pid}/cmdline")
    subprocess.run([sys.executable, "-c", slow, str(LAUNCHER), str(report), str(said), str(len(observer)), *observer, "sleep", "1.5"], check=True)
    assert said.read_text() == "sleep 1.5 "


def test_a_profile_without_a_sample_is_told_with_its_reasons() -> None:
    said = "py-spy> Stopped sampling because process exited\npy-spy> Wrote speedscope file to 'a'. Samples: 0 Errors: 0"
    assert py_spy.took_nothing(said) and not py_spy.took_nothing(said.replace("Samples: 0", "Samples: 3"))
    assert "took no sample of `python wrapper.py`. Either it waited" in str(py_spy.failure(said, "`python wrapper.py`"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root, to be somebody else")
def test_py_spy_without_rights_is_told_with_the_ways_out(tmp_path: Path) -> None:
    tool = shutil.copy(tool_here("py-spy"), f"/tmp/py-spy-{os.getpid()}")
    nobody = ("setpriv", "--reuid", "65534", "--clear-groups")
    try:
        refused = subprocess.run(
            [*nobody, tool, "record", "--duration", "1", "-o", "/dev/null", "--pid", str(os.getpid())], capture_output=True, text=True, check=False
        )
    finally:
        Path(tool).unlink()
    error = py_spy.failure(refused.stderr, "process 1")
    assert isinstance(error, MissingTool) and "SYS_PTRACE" in str(error)


WITHOUT = ("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace")
"""As root of a container without the right to look into others."""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root, to be less than it")
def test_a_process_that_may_not_be_read_is_not_called_no_python(project: Path, tmp_path: Path) -> None:
    collect = ("-m", "perfkit", "--workspace", str(tmp_path), "collect", "profile", "--with", "py-spy", "--duration", "1", "--pid")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], cwd=project) as running:
        refused = subprocess.run([*WITHOUT, sys.executable, *collect, str(running.pid)], capture_output=True, text=True, check=False)
        running.kill()
    assert refused.returncode == 4 and "SYS_PTRACE" in refused.stderr, refused.stderr


@pytest.mark.skipif(shutil.which("sleep") is None, reason="needs a program that is not Python")
def test_a_process_that_is_no_python_is_told(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as running:
        with pytest.raises(CollectionFailed, match="found no Python in process"):
            profile.collect(ProfileOptions((), tool="py-spy", pid=running.pid, duration_s=1), tmp_path / "out")
        running.kill()


@pytest.mark.parametrize(("scope", "words"), [("1", "It is 1 here"), ("3", "until the next boot")])
def test_yamas_setting_is_told(scope: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ptrace_scope").write_text(f"{scope}\n")
    monkeypatch.setattr(py_spy, "YAMA", tmp_path / "ptrace_scope")
    assert words in str(py_spy.failure("Error: Permission Denied", "process 1"))


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (ProfileOptions(("python", "busy.py"), native=True), "--native is an option of py-spy, scalene"),
        (ProfileOptions(("python", "busy.py"), tool="py-spy", idle=True, gil=True), "two profiles"),
        (ProfileOptions(("python", "busy.py"), tool="scalene", functions=("a:b",)), "--function is an option of line"),
        (ProfileOptions(("python", "busy.py"), tool="py-spy", rate=0), "--rate 0"),
        (ProfileOptions((), tool="py-spy", pid=1), "--duration"),
        (ProfileOptions((), tool="py-spy", pid=2**22 + 1, duration_s=1), "no such process"),
        (ProfileOptions((), tool="py-spy"), "Say what to profile"),
        (ProfileOptions(("python", "busy.py"), measure_overhead=True, duration_s=1), "two whole runs"),
        (ProfileOptions(("python", "busy.py"), tool="perfume"), "perfume"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_anything_runs(options: ProfileOptions, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=complaint):
        profile.collect(options, tmp_path / "out")
    assert list(tmp_path.rglob("*.json")) == []


def test_an_interpreter_without_the_profiler_is_told_how_to_get_it(project: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare" / "python3"
    bare.parent.mkdir()
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S -I "$@"\n')
    bare.chmod(0o755)
    with pytest.raises(MissingTool, match="-m pip install scalene"):
        profile.collect(ProfileOptions((str(bare), "busy.py"), tool="scalene", cwd=project), tmp_path / "out")


def test_samples_that_py_spy_lost_make_a_profile_invalid() -> None:
    assert not py_spy.told("py-spy> Wrote speedscope file to 'a'. Samples: 80 Errors: 20").valid
    fine = py_spy.told("py-spy> 1.50s behind in sampling, results may be inaccurate.\npy-spy> Wrote speedscope file to 'a'. Samples: 99 Errors: 1")
    assert fine.valid and fine.facts == {"samples": (99, "count"), "lost_samples": (1, "count"), "sampler_late": (1.5, "wall_s")}


def test_an_installed_command_is_profiled_as_the_script_that_it_is(project: Path, tmp_path: Path) -> None:
    command = project / "shop"
    command.write_text(f"#!{sys.executable}\n{BUSY}")
    command.chmod(0o755)
    artefact = profile.collect(ProfileOptions(("./shop",), cwd=project), tmp_path / "out")
    assert Manifest.from_json(artefact.with_name(artefact.name + MANIFEST_SUFFIX).read_text()).parameters["command"] == "./shop"


@pytest.mark.parametrize("tool", ["cprofile", "pyinstrument"])
def test_a_call_in_a_notebook_is_a_profile(tool: str, bench: Workbench) -> None:
    def slow() -> int:
        return sum(number * number for number in range(400_000))

    stored = bench.profile_call(slow, Manifest(label="notebook"), tool=tool)
    assert any(row.function.startswith("slow") for row in bench.functions(Selection(run_ids=(stored.run_id,))))
    assert facts_of(bench, stored.run_id)["cpu_user"] > 0


def test_the_lines_of_a_call_are_timed(bench: Workbench) -> None:
    stored = bench.profile_call(lambda: spend(100_000), tool="line", functions=[spend])
    assert {row.function for row in bench.profile(stored.run_id).lines()} == {"spend"}


@pytest.mark.parametrize("tool", ["memray", "tracemalloc", "objects"])
def test_the_memory_of_a_call_is_measured(tool: str, bench: Workbench) -> None:
    stored = bench.profile_call(lambda: spend(100_000), Manifest(label="memory"), tool=tool)
    [run] = bench.runs(Selection(run_ids=(stored.run_id,)))
    assert (run.kind, run.tool, stored.rows["samples"] > 1) == ("memory", tool, True)


def test_a_call_that_raises_leaves_nothing(bench: Workbench) -> None:
    with pytest.raises(ZeroDivisionError):
        bench.profile_call(lambda: 1 / 0)
    assert bench.runs() == []

"""A profile counts only when its program ended well."""

from __future__ import annotations

import pstats
import sys
from pathlib import Path

import pytest

from perfkit.collectors.profile import ProfileOptions, collect, program_of
from perfkit.errors import CollectionFailed, MissingTool, UsageError
from perfkit.model.run import MANIFEST_SUFFIX, Manifest

PROGRAM = """\
import sys
import neighbour
def busy(times):
    return sum(number * number for number in range(times))
if __name__ == "__main__":
    for _ in range(int(sys.argv[1])):
        busy(1000)
    assert sys.modules["__main__"].busy is busy
    sys.exit(int(sys.argv[2]))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(PROGRAM)
    (folder / "neighbour.py").write_text("")
    return folder


def calls_of(artefact: Path, function: str) -> int:
    stats: dict[tuple[str, int, str], tuple[int, ...]] = pstats.Stats(str(artefact)).stats  # type: ignore[attr-defined]
    return sum(values[1] for (_, _, name), values in stats.items() if name == function)


@pytest.mark.parametrize("start", [("python", "app.py"), ("app.py",), ("python3", "-m", "app"), ("-m", "app"), (sys.executable, "app.py")])
def test_every_call_of_the_program_is_counted(start: tuple[str, ...], project: Path, tmp_path: Path) -> None:
    options = ProfileOptions((*start, "7", "0"), cwd=project, stated=Manifest(label="optimized", scenario="seven"))
    artefact = collect(options, tmp_path / "out")
    manifest = Manifest.from_json(artefact.with_name(artefact.name + MANIFEST_SUFFIX).read_text())
    assert calls_of(artefact, "busy") == 7
    assert (manifest.tool, manifest.label, manifest.scenario) == ("cprofile", "optimized", "seven")
    assert str(manifest.parameters["command"]).endswith("app.py 7 0" if "-m" not in start else "-m app 7 0")


def test_a_program_that_fails_leaves_nothing(project: Path, tmp_path: Path) -> None:
    (project / "bad.py").write_text("raise ValueError('the shop is closed')")
    for command, complaint in ((("app.py", "1", "3"), "status 3"), (("bad.py",), "the shop is closed")):
        with pytest.raises(CollectionFailed, match=complaint):
            collect(ProfileOptions(command, cwd=project), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_program_without_end_is_stopped_and_its_profile_kept(project: Path, tmp_path: Path) -> None:
    (project / "server.py").write_text("import time\ndef serve():\n    time.sleep(0.01)\nwhile True:\n    serve()\n")
    told: list[str] = []
    artefact = collect(ProfileOptions(("server.py",), duration_s=1.0, cwd=project), tmp_path, lambda text, _: told.append(text))
    assert calls_of(artefact, "serve") > 5
    assert told and told[0].endswith("s · server.py")


def test_a_program_that_takes_too_long_is_ended_with_what_it_started(project: Path, tmp_path: Path) -> None:
    (project / "slow.py").write_text(
        "import subprocess, sys\nprint('I wait', file=sys.stderr, flush=True)\n"
        "child = subprocess.Popen(['sleep', '30'])\nopen('pid', 'w').write(str(child.pid))\nchild.wait()\n"
    )
    with pytest.raises(CollectionFailed, match=r"(?s)still ran after 2 s.*I wait"):
        collect(ProfileOptions(("slow.py",), timeout_s=2, cwd=project), tmp_path)
    started = Path("/proc", (project / "pid").read_text(), "stat")
    assert not started.exists() or started.read_text().split()[2] == "Z"


@pytest.mark.parametrize("command", [("make",), ("python",), ("python", "-c", "1"), ("python", "-u", "app.py"), (), ("gone.py",)])
def test_what_is_no_python_program_is_refused_with_what_is(command: tuple[str, ...], project: Path) -> None:
    with pytest.raises(UsageError, match=r"Accepted: `python -m module|There is no script gone\.py"):
        program_of(command, project)


def test_an_interpreter_that_is_not_here_is_a_missing_tool(project: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingTool, match="cannot be started"):
        collect(ProfileOptions(("./nowhere/python", "app.py", "1", "0"), cwd=project), tmp_path)

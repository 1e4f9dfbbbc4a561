"""Every artefact has a manifest that reads back as it was written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perfkit.collectors import collect
from perfkit.collectors.base import described, desk, leave, require
from perfkit.collectors.host import git_state, host
from perfkit.collectors.trace import TraceOptions
from perfkit.errors import CollectionFailed, MissingTool
from perfkit.model.run import MANIFEST_SUFFIX, Manifest

AT_WORK = """\
import sys, time
from pathlib import Path
from perfkit.collectors.base import desk
with desk(Path(sys.argv[1])) as place:
    (place / "half").touch()
    print("there", flush=True)
    time.sleep(20)
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "app.py").write_text("1")
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    for arguments in (("init", "-q"), ("add", "."), (*identity, "commit", "-q", "-m", "first")):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)
    return folder


def test_a_commit_is_dirty_when_a_tracked_file_differs(repository: Path, tmp_path: Path) -> None:
    commit, dirty = git_state(repository)
    assert commit is not None and len(commit) == 40 and dirty is False
    (repository / "new.csv").write_text("data")
    assert git_state(repository) == (commit, False)
    (repository / "app.py").write_text("2")
    assert git_state(repository) == (commit, True)
    assert git_state(tmp_path) == (None, None)


def test_the_host_is_the_same_every_time() -> None:
    assert host() == host() and "cores" in host() and "GiB" in host()


def test_what_the_caller_states_overrides_what_the_collector_knows(repository: Path) -> None:
    measured = Manifest(tool="locust", parameters={"users": 8}, valid=False, invalid_because="starved")
    full = described(measured, Manifest(label="baseline", host="lab", parameters={"cache": "cold"}), repository)
    assert (full.label, full.host, full.valid, full.commit) == ("baseline", "lab", False, git_state(repository)[0])
    assert full.parameters == {"users": 8, "cache": "cold"}
    assert Manifest.from_json(full.to_json()) == full


def test_what_stays_on_the_desk_is_cleared_away(tmp_path: Path) -> None:
    with desk(tmp_path / "out") as place:
        (place / "half.csv").write_text("1")
        (place / "load.csv").write_text("2")
        artefacts = [leave(place / "load.csv", tmp_path / "out", Manifest(tool="locust"))]
        (place / "load.csv").write_text("3")
        artefacts.append(leave(place / "load.csv", tmp_path / "out", Manifest(tool="locust")))
    names = {path.name for artefact in artefacts for path in (artefact, artefact.with_name(artefact.name + MANIFEST_SUFFIX))}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names and len(names) == 4


def test_a_trace_is_taken_and_gets_its_manifest_beside_it(tmp_path: Path) -> None:
    options = TraceOptions(tmp_path / "trace.ndjson", Manifest(label="baseline"))
    with pytest.raises(CollectionFailed, match="left no trace"):
        collect(options, tmp_path / "out")
    options.path.write_text("{}\n")
    artefact = collect(options, tmp_path / "out")
    assert artefact.read_text() == "{}\n" and not options.path.exists()
    manifest = Manifest.from_json(artefact.with_name(artefact.name + MANIFEST_SUFFIX).read_text())
    assert (manifest.tool, manifest.label) == ("perfkit.trace", "baseline")


def test_what_a_killed_process_left_on_its_desk_goes_and_what_others_work_at_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-c", AT_WORK, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as killed, subprocess.Popen(command, stdout=subprocess.PIPE) as working:
        assert [process.stdout.readline() for process in (killed, working) if process.stdout] == [b"there\n", b"there\n"]
        killed.kill()
        killed.wait()
        with desk(tmp_path), desk(tmp_path):
            assert sum((place / "half").exists() for place in tmp_path.iterdir()) == 1
            assert len(list(tmp_path.iterdir())) == 3
        working.kill()
    with desk(tmp_path) as place:
        assert list(tmp_path.iterdir()) == [place]


def test_a_missing_tool_comes_with_its_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingTool, match=r"pip install 'perfkit\[load\]'") as missing:
        require("locust")
    assert missing.value.exit_code == 4


@pytest.mark.parametrize(
    ("command", "label", "kept"),
    [
        ("python serve.py --variant slow", "slow", "python serve.py --variant {label}"),
        ("python serve.py --variant 'very slow'", "very slow", "python serve.py --variant {label}"),
        ("python slow.py", "slow", "python slow.py"),
        ("python serve.py 'slow", "slow", "python serve.py 'slow"),
        ("python serve.py --db postgresql://ann:hush@db/shop slow", "slow", "python serve.py --db 'postgresql://ann:***@db/shop' {label}"),
        ("python serve.py --db-password hush --port 80", "slow", "python serve.py --db-password '***' --port 80"),
        ("python serve.py --password=hush", "slow", "python serve.py '--password=***'"),
        ("python serve.py 'host=db password=hush'", "slow", "python serve.py 'host=db password=***'"),
        ("python serve.py --token hush --max-tokens 5", "slow", "python serve.py --token '***' --max-tokens 5"),
        ("python serve.py --password --quiet 'a b'", "slow", "python serve.py --password --quiet 'a b'"),
    ],
)
def test_a_command_is_told_without_its_label_and_its_passwords(command: str, label: str, kept: str) -> None:
    known = described(Manifest(parameters={"command": command, "limit_ms": 50.0}), Manifest(label=label), None)
    assert known.parameters == {"command": kept, "limit_ms": 50.0}

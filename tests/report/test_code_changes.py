"""Before and after in a report: what git knows of the places of findings."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from perfkit.collectors.code_changes import code_changes
from perfkit.errors import DocumentError
from perfkit.model.finding import Finding
from perfkit.model.run import Manifest, Run, run_from
from perfkit.packs.investigation import Change
from perfkit.report.code_changes import found_changes, named_changes

SLOW = "def list_all(rows):\n    out = []\n    for row in rows:\n        out.append(load(row))\n    return out\n"
FAST = "def list_all(rows):\n    return load_many(rows)\n"
FAR = "\n" * 80


def _git(root: Path, *words: str) -> str:
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    return subprocess.run(("git", "-C", str(root), *identity, *words), check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def commits(tmp_path: Path) -> tuple[str, str]:
    """Of a repository in which a loop went and, far below it, a comment came."""
    _git(tmp_path, "init", "-q")
    found = []
    for body, end in ((SLOW, ""), (FAST, "# the end\n")):
        (tmp_path / "listing.py").write_text(body + FAR + end)
        _git(tmp_path, "add", "listing.py")
        _git(tmp_path, "commit", "-q", "-m", "a step")
        found.append(_git(tmp_path, "rev-parse", "HEAD"))
    return found[0], found[1]


def _run(commit: str | None, *, dirty: bool = False) -> Run:
    manifest = Manifest(tool="test", commit=commit, dirty=dirty, started_at=datetime(2026, 1, 1))
    return run_from(manifest, "0" * 64, "trace", "trace-spans")


def _finding(line: int) -> Finding:
    return Finding("1", "2", "n-plus-one", "P0", "HIGH", "LOW", "N+1", None, f"listing.py:{line}", "app/listing.py", line, 1.0, 1.0, "", "", "i")


def test_a_report_shows_the_hunk_that_touches_a_finding(tmp_path: Path, commits: tuple[str, str]) -> None:
    hunks = code_changes(tmp_path, [_run(commits[0])], [_run(commits[1])], ["listing.py"])
    assert len(hunks) == 2
    finding = replace(_finding(4), file="listing.py")
    [shown] = found_changes(hunks, [finding, replace(finding, finding_id="other")])
    assert shown.language == "diff"
    assert "-        out.append(load(row))" in shown.lines
    assert "+    return load_many(rows)" in shown.lines
    assert not any("the end" in line for line in shown.lines)


def test_a_finding_elsewhere_shows_nothing(tmp_path: Path, commits: tuple[str, str]) -> None:
    hunks = code_changes(tmp_path, [_run(commits[0])], [_run(commits[1])], ["listing.py"])
    assert found_changes(hunks, [_finding(4), replace(_finding(50), file="listing.py")]) == []


@pytest.mark.parametrize("after", ["dirty", "unknown", "the same", "no commit"])
def test_without_two_commits_nothing_is_told(tmp_path: Path, commits: tuple[str, str], after: str) -> None:
    runs = {"dirty": _run(commits[1], dirty=True), "unknown": _run("f" * 40), "the same": _run(commits[0]), "no commit": _run(None)}
    assert code_changes(tmp_path, [_run(commits[0])], [runs[after]], ["listing.py"]) == []


def test_a_commit_is_no_option_of_git(tmp_path: Path, commits: tuple[str, str]) -> None:
    assert code_changes(tmp_path, [_run(commits[0])], [_run("--output=/tmp/written")], ["listing.py"]) == []


def test_hunks_are_those_of_their_file_however_git_is_configured(tmp_path: Path, commits: tuple[str, str]) -> None:
    _git(tmp_path, "config", "diff.noprefix", "true")
    (tmp_path / "listing.py").write_text("# first\n")
    (tmp_path / "new.py").write_text(FAST)
    for name in ("schön [1].py", "schon 1.py"):
        (tmp_path / name).write_text("a\x0c = 1\n")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-q", "-m", "new files")
    before = _git(tmp_path, "rev-parse", "HEAD")
    for name in ("schön [1].py", "schon 1.py"):
        (tmp_path / name).write_text("a\x0c = 2\n")
    _git(tmp_path, "commit", "-q", "-a", "-m", "odd names")
    after = _git(tmp_path, "rev-parse", "HEAD")
    assert {hunk.file for hunk in code_changes(tmp_path, [_run(commits[1])], [_run(before)], ["listing.py", "new.py"])} == {"listing.py"}
    [hunk] = code_changes(tmp_path, [_run(before)], [_run(after)], ["schön [1].py"])
    assert (hunk.file, hunk.lines) == ("schön [1].py", ("-a\x0c = 1", "+a\x0c = 2"))


@pytest.mark.parametrize("reference", ["/etc/passwd", "../outside.py", "away.py", "nowhere.py"])
def test_code_is_shown_of_the_repository_alone(tmp_path: Path, reference: str) -> None:
    (tmp_path / "outside.py").write_text("secret = 1\n")
    (root := tmp_path / "repository").mkdir()
    (root / "away.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(DocumentError, match="names no file in the system's repository"):
        named_changes([Change(rule="n-plus-one", technique="", before=reference, after=reference)], root)


def test_functions_named_by_the_investigation_stand_beside_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SLOW + "\n\n" + FAST.replace("list_all", "list_many"))
    [changed] = named_changes([Change(rule="n-plus-one", technique="Load them at once.", before="a.py::list_all", after="a.py::list_many")], tmp_path)
    assert changed.lines[0] == "# before: a.py::list_all"
    assert "    return load_many(rows)" in changed.lines


@pytest.mark.parametrize(("text", "said"), [("def other(): pass\n", "no function"), ("def (:\n", "no Python"), ("\0", "no Python")])
def test_a_function_that_is_not_there_is_an_error(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.py").write_text(text)
    change = Change(rule="n-plus-one", technique="", before="a.py::list_all", after="a.py::list_all")
    with pytest.raises(DocumentError, match=said):
        named_changes([change], tmp_path)

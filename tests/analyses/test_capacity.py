"""Only steps that were tested and passed count; everything else says why it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perfkit.analyses.known_runs import Selection
from perfkit.errors import UsageError
from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from tests.command_line import perfkit
from tests.conftest import WriteLog, ladder_log

LABEL = Selection(label="ladder")


def climb(bench: Workbench, folder: Path, levels: tuple[int, ...], *, median_ms: float = 20.0, load_model: str = "open", **settings: float) -> None:
    log = ladder_log(folder / "ladder.csv", levels, median_ms=median_ms)
    bench.ingest([log], Manifest(label="ladder", load_model=load_model, parameters=settings))


def test_the_highest_step_that_passes_is_the_capacity(bench: Workbench, tmp_path: Path) -> None:
    climb(bench, tmp_path, (100, 200, 500))
    found = bench.capacity(LABEL, 500.0, 0.01, 500)
    assert (found.users, found.verdict) == (500, "met")
    assert [step.verdict for step in found.steps] == ["met"] * 3


def test_what_was_not_tested_is_not_promised(bench: Workbench, tmp_path: Path) -> None:
    climb(bench, tmp_path, (100, 200))
    found = bench.capacity(LABEL, 500.0, 0.01, 500)
    assert (found.users, found.verdict) == (200, "no_data")
    assert "not tested" in found.why


def test_a_slow_step_ends_the_climb(bench: Workbench, tmp_path: Path) -> None:
    path = ladder_log(tmp_path / "ladder.csv", (100, 200, 500))
    rows = path.read_text().splitlines()
    slow = [",".join([*cells[:3], str(float(cells[3]) * 100), *cells[4:]]) if (cells := row.split(","))[8] == "200" else row for row in rows]
    path.write_text("\n".join(slow) + "\n")
    bench.ingest([path], Manifest(label="ladder", load_model="open"))
    found = bench.capacity(LABEL, 500.0, 0.01, 500)
    assert (found.users, found.verdict) == (100, "missed")
    assert "the step of 200 does not pass" in found.why


def test_users_that_were_not_at_work_leave_a_step_undecided(bench: Workbench, tmp_path: Path) -> None:
    climb(bench, tmp_path, (100, 200), load_model="closed", wait_s=0.0)
    found = bench.capacity(LABEL, 500.0, 0.01, 100)
    assert found.verdict == "inconclusive"
    assert "of 100 users were at work" in found.why


def test_stragglers_after_the_last_user_are_no_step(bench: Workbench, tmp_path: Path) -> None:
    log = ladder_log(tmp_path / "ladder.csv", (10, 20, 30, 40, 50))
    rows = log.read_text().splitlines()
    log.write_text("\n".join([*rows, rows[-1].replace(",50,steady", ",0,steady")]) + "\n")
    bench.ingest([log], Manifest(label="ladder", load_model="closed"))
    found = bench.capacity(LABEL, 500.0, 0.01)
    assert [step.users for step in found.steps] == [10, 20, 30, 40, 50] and found.law is not None
    assert bench.measure("load.scaling", LABEL)[0].value == pytest.approx(1, abs=0.1)


def test_too_few_requests_decide_nothing(bench: Workbench, tmp_path: Path) -> None:
    climb(bench, tmp_path, (20,))
    [step] = bench.capacity(LABEL, 500.0, 0.01).steps
    assert step.verdict == "inconclusive"
    assert "cannot bound P95" in (step.why or "")


def test_runs_without_a_ladder_say_how_to_climb_one(bench: Workbench, locust_log: WriteLog) -> None:
    bench.ingest([locust_log()], Manifest(label="ladder"))
    with pytest.raises(UsageError, match="--stages"):
        bench.capacity(LABEL)


@pytest.mark.parametrize(("users", "code", "verdict"), [(200, 0, "met"), (500, 3, "no_data")])
def test_the_exit_code_is_the_verdict(bench: Workbench, tmp_path: Path, users: int, code: int, verdict: str) -> None:
    climb(bench, tmp_path, (100, 200))
    done = perfkit(bench.workspace.root, "capacity", "--users", str(users), "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["verdict"], document["users"]) == (code, verdict, 200)
    said = perfkit(bench.workspace.root, "capacity", "--users", str(users)).stdout
    assert "Highest step that passes" in said
    assert "NOT VALID" not in said

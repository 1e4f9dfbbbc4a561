"""perfkit profile: the same profile from every side, for people and for programs."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from tests.command_line import perfkit

REPOSITORY = Path(__file__).parents[2]
STACKS = """\
main (shop/app.py:3);view (shop/views.py:10);dumps (/usr/lib/python3.11/json/__init__.py:231) 30
main (shop/app.py:3);view (shop/views.py:12);rows (shop/models.py:7) 50
main (shop/app.py:3);idle (shop/app.py:9) 20
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profiles")
    (folder / "a.folded").write_text(STACKS)
    assert perfkit(folder, "ingest", str(folder / "a.folded"), "--as", "folded", "--label", "before").returncode == 0
    return folder


def printed(workspace: Path, *arguments: str) -> str:
    done = perfkit(workspace, "profile", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_functions_are_listed_by_their_own_weight(workspace: Path) -> None:
    rows = json.loads(printed(workspace, "before", "--json"))
    assert [(row["function"], row["own"], row["total"], row["origin"]) for row in rows[:3]] == [
        ("rows", 50, 50, "application"),
        ("dumps", 30, 30, "standard"),
        ("idle", 20, 20, "application"),
    ]
    assert "50.0 %" in printed(workspace, "before")


def test_paths_stand_below_their_callers(workspace: Path) -> None:
    lines = printed(workspace, "before", "--view", "top-down").splitlines()
    names = [line.split("   ")[-1].strip() for line in lines[3:]]
    assert names == ["main (shop/app.py)", "view (shop/views.py)", "rows (shop/models.py)", "dumps (json/__init__.py)", "idle (shop/app.py)"]
    assert "100 samples in run" in lines[0]


def test_only_the_applications_code_takes_over_what_it_called(workspace: Path) -> None:
    document = json.loads(printed(workspace, "before", "--view", "bottom-up", "--mine", "--json"))
    roots = {row["place"]["function"]: row["total"] for row in document["paths"] if row["depth"] == 0}
    assert roots == {"rows": 50, "view": 30, "idle": 20}


def test_lines_are_those_that_were_being_executed(workspace: Path) -> None:
    rows = json.loads(printed(workspace, "before", "--view", "lines", "--json"))
    assert (rows[0]["file"], rows[0]["line"], rows[0]["own"]) == ("shop/models.py", 7, 50)
    assert {(row["line"], row["total"]) for row in rows if row["file"] == "shop/views.py"} == {(10, 30), (12, 50)}


def test_lines_of_a_line_profile_share_the_time_of_their_function(workspace: Path) -> None:
    recorded = REPOSITORY / "tests/artefacts/line_profiler/lines.lprof"
    assert perfkit(workspace, "ingest", str(recorded), "--label", "lines").returncode == 0
    rows = json.loads(printed(workspace, "lines", "--view", "lines", "--json"))
    shares: dict[str, float] = defaultdict(float)
    for row in rows:
        shares[row["function"]] += row["share"]
    assert max(shares.values()) == pytest.approx(1.0)
    assert len(rows) > len(shares)


def test_one_path_that_is_left_out_is_one_path(workspace: Path) -> None:
    said = printed(workspace, "before", "--view", "top-down", "--most", "4")
    assert "other, 1 path\n" in said


def test_a_query_names_who_calls_whom(workspace: Path) -> None:
    rows = json.loads(printed(workspace, "before", "--path", "shop.* > **/json.*", "--json"))
    assert [(row["name"], row["total"], row["share"]) for row in rows] == [("json.dumps", 30, 0.3)]
    assert "No path of calls matches" in printed(workspace, "before", "--path", "nobody > here")


def test_without_a_name_the_profiles_are_listed(workspace: Path) -> None:
    assert "before" in printed(workspace)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody"], "There is no run"),
        (["before", "--by", "parsecs"], "parsecs"),
        (["before", "--view", "top-down", "--thread", "nobody"], "thread"),
        (["before", "--path", "a > "], "empty step"),
        (["before", "--thread", "nobody"], "--thread says nothing with --view functions"),
        (["before", "--if-faster", "2", "--view", "lines"], "--if-faster says nothing with --view lines"),
        (["before", "--if-faster", "2", "--against", "before"], "--if-faster says nothing with --against"),
        (["before", "--thread", "nobody", "--path", "shop.*"], "--thread says nothing with --path"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(workspace: Path, arguments: list[str], said: str) -> None:
    done = perfkit(workspace, "profile", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and len(done.stderr.strip().splitlines()) == 1

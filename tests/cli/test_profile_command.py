"""perfkit profile: the same profile from every side, for people and for programs."""

from __future__ import annotations

import cProfile
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


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of one profiler, the last of another, and one that is not valid, under three labels."""
    folder = tmp_path_factory.mktemp("several")
    for number, (rows, dumps) in enumerate([(50, 30), (60, 20), (90, 10)]):
        stacks = STACKS.replace(" 50", f" {rows}").replace(" 30", f" {dumps}")
        (folder / f"{number}.folded").write_text(stacks)
        assert perfkit(folder, "ingest", str(folder / f"{number}.folded"), "--as", "folded", "--label", "mixed").returncode == 0
    for artefact, label in (("pyinstrument/session_4.json", "mixed"), ("tracemalloc/shop.pickle", "held"), ("mprof/marked.dat", "sizes")):
        assert perfkit(folder, "ingest", str(REPOSITORY / "tests/artefacts" / artefact), "--label", label).returncode == 0
    return folder


def test_the_runs_of_a_label_are_one_table_by_their_median(several: Path) -> None:
    rows = {row["function"]: row for row in json.loads(printed(several, "mixed", "--tool", "folded", "--json"))}
    assert (rows["rows"]["own"], rows["rows"]["runs"], rows["dumps"]["own"], rows["main"]["total"]) == (60, 3, 20, 100)
    said = printed(several, "mixed", "--tool", "folded")
    assert said.startswith("Samples by folded: the median of runs ")
    assert said.count("rows ") == 1
    lines = {(row["file"], row["line"]): row for row in json.loads(printed(several, "mixed", "--tool", "folded", "--view", "lines", "--json"))}
    assert (lines["shop/models.py", 7]["own"], lines["shop/models.py", 7]["runs"]) == (60, 3)


@pytest.mark.parametrize("view", ["functions", "top-down", "bottom-up"])
def test_two_profilers_of_a_label_are_not_mixed_and_the_other_is_offered(several: Path, view: str) -> None:
    said = printed(several, "mixed", "--view", view)
    assert "by folded" in said and "dumps" in said  # the newest
    assert "Also under mixed: pyinstrument (run " in said and "--tool NAME" in said
    other = printed(several, "mixed", "--view", view, "--tool", "pyinstrument")
    assert "by pyinstrument" in other and "dumps" not in other
    assert "Also under mixed: folded (runs " in other


def test_an_unknown_profiler_is_refused_with_those_that_are_there(several: Path) -> None:
    refused = perfkit(several, "profile", "mixed", "--tool", "scalene")
    assert refused.returncode == 2
    assert "folded" in refused.stderr and "pyinstrument" in refused.stderr


def test_memory_that_is_held_is_a_profile_in_bytes(several: Path, tmp_path: Path) -> None:
    assert "alive at the last snapshot, by tracemalloc" in printed(several, "held", "--view", "top-down")
    picture = tmp_path / "held.svg"
    assert perfkit(several, "figure", "flame", "held", "-o", str(picture)).returncode == 0
    assert "memory alive at the last snapshot, by tracemalloc" in " ".join(picture.read_text().split())


def test_memory_without_paths_says_who_tells_them(several: Path) -> None:
    refused = perfkit(several, "profile", "sizes")
    assert (refused.returncode, "tells no paths of calls" in refused.stderr) == (2, True)


def test_memory_does_not_become_faster(several: Path) -> None:
    refused = perfkit(several, "profile", "held", "--if-faster", "2")
    assert (refused.returncode, "nothing of that becomes faster" in refused.stderr) == (2, True)


def test_a_label_whose_profile_is_not_valid_says_why(tmp_path: Path) -> None:
    crashed = REPOSITORY / "tests/artefacts/devtools_trace/crashed.json"
    assert perfkit(tmp_path, "ingest", str(crashed), "--label", "crashed").returncode == 0
    refused = perfkit(tmp_path, "profile", "crashed")
    assert (refused.returncode, "crashed has no valid profile: " in refused.stderr) == (2, True)


def test_only_my_code_takes_over_what_libraries_did_for_it(workspace: Path) -> None:
    rows = json.loads(printed(workspace, "before", "--mine", "--json"))
    assert [(row["function"], row["own"], row["total"]) for row in rows] == [("rows", 50, 50), ("view", 30, 80), ("idle", 20, 20), ("main", 0, 100)]
    said = printed(workspace, "before", "--mine")
    assert "is counted to the application's function that called them" in said and "not paths" not in said


def test_only_my_code_of_a_call_graph_is_called_an_estimate(tmp_path: Path) -> None:
    profile = cProfile.Profile()
    profile.runcall(json.dumps, {str(number): [[number] * 5] * 3 for number in range(300)}, indent=1)
    profile.dump_stats(tmp_path / "a.prof")
    assert perfkit(tmp_path, "ingest", str(tmp_path / "a.prof"), "--label", "graph").returncode == 0
    assert "who calls whom, not paths" in printed(tmp_path, "graph", "--mine")


def test_packages_that_no_folder_tells_apart_are_said_to_count_as_the_application(tmp_path: Path) -> None:
    (tmp_path / "raw.folded").write_text("main (job.py:3);parse (sqlglot/parser.py:17) 30\nmain (job.py:3);spin (job.py:17) 5\n")
    (tmp_path / "full.folded").write_text("main (job.py:3);parse (/v/lib/python3.11/site-packages/sqlglot/parser.py:17) 30\n")
    for name in ("raw", "full"):
        assert perfkit(tmp_path, "ingest", str(tmp_path / f"{name}.folded"), "--as", "folded", "--label", name).returncode == 0
    assert "so packages count as the application" in printed(tmp_path, "raw", "--mine")
    assert "so packages count as the application" not in printed(tmp_path, "full", "--mine")


def test_a_line_that_stands_within_itself_is_counted_once(tmp_path: Path) -> None:
    (tmp_path / "a.folded").write_text("main (a.py:3);spin (a.py:17);<genexpr> (a.py:17) 30\nmain (a.py:3);spin (a.py:17) 5\n")
    assert perfkit(tmp_path, "ingest", str(tmp_path / "a.folded"), "--as", "folded", "--label", "x").returncode == 0
    rows = {row["line"]: (row["own"], row["total"]) for row in json.loads(printed(tmp_path, "x", "--view", "lines", "--json"))}
    assert rows == {17: (35, 35), 3: (0, 35)}


def test_bottom_up_lists_functions_before_the_callers_of_one(workspace: Path) -> None:
    document = json.loads(printed(workspace, "before", "--view", "bottom-up", "--most", "4", "--json"))
    assert [(row["place"]["function"], row["depth"]) for row in document["paths"] if row["place"]] == [
        ("rows", 0),
        ("view", 1),
        ("dumps", 0),
        ("idle", 0),
    ]
    lines = printed(workspace, "before", "--view", "bottom-up", "--most", "4").splitlines()
    assert lines[2].split()[:2] == ["own", "share"] and not any(line.split()[0] == "0" for line in lines[3:])


def test_the_smallest_shares_have_no_digits(tmp_path: Path) -> None:
    (tmp_path / "a.folded").write_text("main 10000000\nmain;tiny 1\n")
    assert perfkit(tmp_path, "ingest", str(tmp_path / "a.folded"), "--as", "folded", "--label", "x").returncode == 0
    for view in ("functions", "top-down", "bottom-up"):
        said = printed(tmp_path, "x", "--view", view)
        assert "< 0.01 %" in said and "1 sample " in said


def test_units_that_only_a_tool_has_are_drawn(tmp_path: Path) -> None:
    assert perfkit(tmp_path, "ingest", str(REPOSITORY / "tests/artefacts/pprof/go_goroutine.pb.gz"), "--label", "x").returncode == 0
    for suffix in (".html", ".svg"):
        assert perfkit(tmp_path, "figure", "flame", "x", "-o", str(tmp_path / f"a{suffix}")).returncode == 0


def test_what_changed_names_the_profiler_that_both_labels_have(several: Path, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (tmp_path / f"{number}.folded").write_text(STACKS.replace(" 50", f" {70 + number}"))
        stored = perfkit(several, "ingest", str(tmp_path / f"{number}.folded"), "--as", "folded", "--label", "later")
        assert stored.returncode == 0
    assert perfkit(several, "ingest", str(REPOSITORY / "tests/artefacts/speedscope/py-spy.json"), "--label", "later").returncode == 0
    said = printed(several, "later", "--against", "mixed")
    assert said.startswith("By folded: 3 and 3 runs. ")
    assert "Also under later: py-spy (run " in said
    named = perfkit(several, "profile", "later", "--against", "mixed", "--tool", "pyinstrument")
    assert (named.returncode, "profiler of later" in named.stderr) == (2, True)


def test_a_profile_of_lines_alone_shows_its_lines(workspace: Path) -> None:
    recorded = REPOSITORY / "tests/artefacts/line_profiler/lines.txt"
    assert perfkit(workspace, "ingest", str(recorded), "--label", "only-lines").returncode == 0
    assert "hits" in printed(workspace, "only-lines")
    refused = perfkit(workspace, "profile", "only-lines", "--view", "top-down")
    assert (refused.returncode, "--view lines` shows its lines" in refused.stderr) == (2, True)


def test_a_line_has_the_share_of_the_whole_that_its_function_has(tmp_path: Path) -> None:
    (tmp_path / "a.folded").write_text("main (a.py:3);work (a.py:7) 30\n(idle) 10\n")
    assert perfkit(tmp_path, "ingest", str(tmp_path / "a.folded"), "--as", "folded", "--label", "x").returncode == 0
    lines = {row["line"]: row["share"] for row in json.loads(printed(tmp_path, "x", "--view", "lines", "--json"))}
    functions = {row["function"]: row["own_share"] for row in json.loads(printed(tmp_path, "x", "--json"))}
    assert lines[7] == functions["work"] == 0.75


def test_memory_is_bound_by_nothing(several: Path) -> None:
    assert "follows from a profile of its time" in printed(several, "held", "--view", "bound")

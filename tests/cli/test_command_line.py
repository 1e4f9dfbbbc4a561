"""The command line is a contract: help, exit codes, stdout for data, stderr for talk."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
import pytest

from perfkit.cli import COMMANDS
from perfkit.cli.collect import COLLECTORS
from perfkit.errors import Exit
from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.command_line import perfkit
from tests.conftest import WriteLog, request_log

PLAN = str(Path(__file__).parents[1] / "artefacts" / "pg_explain" / "filter.json")
HEAVY = ("_duckdb", "duckdb", "pandas", "pyarrow", "numpy", "scipy", "matplotlib", "pydantic", "rich", "papermill", "jinja2")
HELP_CPU_S = 0.25
PACK = """
name: shop
title: A shop
targets:
  - {label: Items answer in time, metric: latency.p95, subject: GET /items, must_be: "<", limit: LIMIT}
"""


@pytest.fixture(scope="module")
def three_labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five runs each of a slow and a fast label, and one run of a third."""
    folder = tmp_path_factory.mktemp("labels")
    bench = Workbench(Workspace(folder / "workspace"))
    for label, median_ms, count in (("slow", 100.0, 5), ("fast", 50.0, 5), ("once", 120.0, 1)):
        seeds = [int(median_ms) + len(label) + number for number in range(count)]
        bench.ingest(
            [request_log(folder / f"{label}{seed}.csv", median_ms=median_ms, seed=seed) for seed in seeds], Manifest(label=label, scenario="test")
        )
    return bench.workspace.root


@pytest.fixture
def filled(three_labels: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return shutil.copytree(three_labels, tmp_path / "workspace")


@pytest.mark.parametrize(
    "arguments", [["runs", "--json"], ["show", "ffffffffffff"], ["metric", "--nothing"], ["check", "--system", "demo", "--label", "slow"]]
)
def test_a_process_of_its_own_answers_as_the_tests_do(filled: Path, arguments: list[str]) -> None:
    command = [sys.executable, "-m", "perfkit", "--workspace", str(filled), *arguments]
    done, here = subprocess.run(command, capture_output=True, text=True, check=False), perfkit(filled, *arguments)
    assert (done.returncode, done.stdout) == (here.returncode, here.stdout)
    assert done.stderr.partition(" See ")[0] == here.stderr.partition(" See ")[0]


def test_help_answers_in_a_quarter_second_of_cpu() -> None:
    costs = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "perfkit", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(costs) < HELP_CPU_S


@pytest.mark.parametrize("command", [["ingest", PLAN, "--json"], ["diagnose", "--json"]])
def test_plans_are_stored_and_judged_with_nothing_heavy_but_the_store(command: list[str], tmp_path: Path) -> None:
    heavy = set(HEAVY) - {"_duckdb"}
    script = f"""
import sys
sys.argv = ["perfkit", "--workspace", {str(tmp_path)!r}, *{command}]
try:
    import perfkit.cli
    perfkit.cli.main()
finally:
    assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)
"""
    if command[0] != "ingest":
        subprocess.run([sys.executable, "-m", "perfkit", "--workspace", str(tmp_path), "ingest", PLAN], capture_output=True, check=True)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    # on a busy machine progress is told
    assert (done.returncode, "Traceback" in done.stderr) == (Exit.DONE, False), done.stderr


def test_help_imports_nothing_heavy() -> None:
    script = f"""
import sys
sys.argv = ["perfkit", "--help"]
try:
    import perfkit.cli
    perfkit.cli.main()
except SystemExit:
    assert not set({HEAVY}) & set(sys.modules), set({HEAVY}) & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, tmp_path: Path) -> None:
    shown = perfkit(tmp_path, name, "--help")
    module = import_module(f"perfkit.cli.{name.replace('-', '_')}")
    assert shown.returncode == 0
    assert module.command.help.split()[0] in shown.stdout
    assert (module.__doc__ or "").startswith(f"perfkit {name}:")


@pytest.mark.parametrize("name", COLLECTORS)
def test_every_collector_has_help(name: str, tmp_path: Path) -> None:
    shown = perfkit(tmp_path, "collect", name, "--help")
    module = import_module(f"perfkit.cli.collect.{name.replace('-', '_')}")
    assert shown.returncode == 0 and "--label" in shown.stdout
    assert (module.__doc__ or "").startswith(f"perfkit collect {name}:")


@pytest.mark.parametrize(
    ("arguments", "available"),
    [
        (["metric", "latency.p96"], "latency.p95"),
        (["metric", "latncy.p95"], "Closest: latency.p95, latency.p99, latency.p50. `perfkit metric` lists all."),
        (["ingest", __file__, "--as", "locust-request"], "Closest: locust-requests, "),
        (["ingest", __file__], "formats none recognises the content; `perfkit formats` lists them"),
        (["show", "ffffffffffff"], "`perfkit runs` lists all"),
        (["check", "--system", "demo", "--label", "nope"], "slow"),
    ],
)
def test_an_unknown_name_lists_what_is_there(filled: Path, arguments: list[str], available: str) -> None:
    done = perfkit(filled, *arguments)
    assert done.returncode == 2
    assert available in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize(("label", "limit", "code"), [("fast", "500 ms", 0), ("slow", "20 ms", 1), ("slow", "143 ms", 3)])
def test_check_exits_by_the_verdict(filled: Path, tmp_path: Path, label: str, limit: str, code: int) -> None:
    pack = tmp_path / "shop"
    pack.mkdir()
    (pack / "pack.yml").write_text(PACK.replace("LIMIT", limit))
    done = perfkit(filled, "check", "--system", str(pack), "--label", label, "--json")
    [verdict] = json.loads(done.stdout)
    assert done.returncode == code, verdict


def test_check_without_a_label_judges_the_newest_and_says_so(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "pack.yml").write_text(PACK.replace("LIMIT", "300ms"))
    done = perfkit(filled, "check", "--system", str(tmp_path), "--json")
    newest = next(run["label"] for run in json.loads(perfkit(filled, "runs", "--json").stdout))
    assert {verdict["label"] for verdict in json.loads(done.stdout)} == {newest}
    assert f"note: judged {newest}, the newest label of shop" in done.stderr and "state no system and count for shop" in done.stderr


def test_a_pack_in_a_folder_judges_the_runs_of_its_name(bench: Workbench, locust_log: WriteLog, tmp_path: Path) -> None:
    (tmp_path / "pack.yml").write_text(PACK.replace("LIMIT", "300ms"))
    bench.ingest([locust_log()], Manifest(label="a", system="shop"))
    [verdict] = bench.check(str(tmp_path), "a")
    assert verdict.n == 400


def test_a_target_that_nobody_measured_is_undecided(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "pack.yml").write_text(PACK.replace("LIMIT", "1 s").replace("GET /items", "GET /orders"))
    done = perfkit(filled, "check", "--system", str(tmp_path), "--label", "fast", "--json")
    assert (done.returncode, json.loads(done.stdout)[0]["verdict"]) == (3, "no_data")


def test_failing_requests_miss_a_latency_target(bench: Workbench, locust_log: WriteLog, tmp_path: Path) -> None:
    for seed in range(5):
        bench.ingest([locust_log(f"{seed}.csv", median_ms=5, seed=seed, failed=0.7)], Manifest(label="broken"))
    (tmp_path / "pack.yml").write_text(PACK.replace("LIMIT", "500 ms"))
    done = perfkit(bench.workspace.root, "check", "--system", str(tmp_path), "--label", "broken", "--json")
    assert done.returncode == 1
    assert "failed" in json.loads(done.stdout)[0]["why"]


def test_one_run_a_side_decides_nothing(filled: Path) -> None:
    done = perfkit(filled, "compare", "once", "once")
    assert done.returncode == 3
    assert "fewer than three" in done.stderr


def test_compare_says_faster_with_its_interval(filled: Path) -> None:
    done = perfkit(filled, "compare", "slow", "fast", "--metric", "latency.p95", "--json")
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    assert done.returncode == 0
    assert {row["verdict"] for row in rows} == {"faster"}
    assert all(row["lo"] < row["ratio"] < row["hi"] for row in rows)
    expected = {"metric", "subject", "unit", "base", "candidate", "ratio", "lo", "hi", "verdict", "detectable", "runs_base", "runs_candidate"}
    assert expected <= rows[0].keys()


def test_json_documents_have_their_keys(filled: Path, locust_log: WriteLog) -> None:
    ingested = json.loads(perfkit(filled, "ingest", str(locust_log("more.csv", seed=99)), "--json").stdout)
    assert ingested[0].keys() == {"path", "run_id", "format", "already_there", "rows"}
    measured = json.loads(perfkit(filled, "metric", "latency.p95", "--label", "slow", "--json").stdout)
    assert {"metric", "subject", "value", "lo", "hi", "unit", "n", "runs"} <= measured[0].keys()
    rows = json.loads(perfkit(filled, "sql", "select count(*) as n from requests", "--json").stdout)
    assert rows == [{"n": 12 * 400}]


def test_a_wrong_query_is_a_usage_error(filled: Path) -> None:
    done = perfkit(filled, "sql", "select nothing from nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere" in done.stderr


def test_sql_cannot_write(filled: Path) -> None:
    assert perfkit(filled, "sql", "delete from runs").returncode == 2
    assert json.loads(perfkit(filled, "runs", "--json").stdout)


@pytest.mark.parametrize(("lines", "code"), [(700, 0), (701, 1)])
def test_lint_docs_allows_700_lines(tmp_path: Path, lines: int, code: int) -> None:
    (tmp_path / "long.md").write_text("# Title\n" + "text\n" * (lines - 1))
    assert perfkit(tmp_path, "lint-docs", str(tmp_path / "long.md")).returncode == code


@pytest.mark.parametrize("command", ["check", "monitor"])
def test_a_system_without_a_name_is_none(filled: Path, command: str) -> None:
    done = perfkit(filled, command, "--system", "")
    assert (done.returncode, done.stdout, "There is no system ''" in done.stderr) == (2, "", True)


def test_bad_input_is_one_line_on_stderr_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "empty.prof").touch()
    done = perfkit(tmp_path, "ingest", str(tmp_path / "empty.prof"))
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)


@pytest.mark.parametrize("arguments", [["export", "slow", "--to", "PLACE/rows"], ["init", "PLACE"], ["monitor", "--system", "PLACE/pack.yml"]])
def test_a_place_that_cannot_be_used_is_named_in_a_sentence(filled: Path, tmp_path: Path, arguments: list[str]) -> None:
    (file := tmp_path / "file").touch()
    done = perfkit(filled, *(word.replace("PLACE", str(file / "below")) for word in arguments))
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert str(file) in done.stderr


def await_that(true: Callable[[], bool], seconds: float = 100) -> None:
    """As long as a very busy machine needs; at once where it is idle."""
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.05)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("asked_to_end", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_collect_says_what_is_kept_and_leaves_no_process(asked_to_end: signal.Signals, tmp_path: Path) -> None:
    once = "mkdir first 2>/dev/null && exit 0; echo $$ > part && mv part pid; exec sleep 300"
    asked = ("collect", "bench", "--runs", "1", "--warmup", "0", "--repeat", "3", "--", "sh", "-c", once)
    command = [sys.executable, "-m", "perfkit", "--workspace", str(tmp_path / "w"), *asked]
    running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    await_that((tmp_path / "pid").exists)
    running.send_signal(asked_to_end)
    printed, said = running.communicate(timeout=100)
    [kept] = json.loads(perfkit(tmp_path / "w", "runs", "--json").stdout)
    assert (running.returncode, printed) == (Exit.INTERRUPTED, "")
    assert said.splitlines()[-1].startswith("perfkit: interrupted: nothing of this run is stored")
    assert f"Stored before it: {kept['run_id']}." in said
    await_that(lambda: gone(int((tmp_path / "pid").read_text())))
    assert list((tmp_path / "w" / "data" / "collected").iterdir()) == []


def test_a_reader_that_closes_the_pipe_is_no_error(filled: Path) -> None:
    command = f"{sys.executable} -m perfkit --workspace {filled} sql 'select * from range(3000)' | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr


NO_TEXT = "bad\udcff"
"""What a shell's argument that is no UTF-8 becomes."""


@pytest.mark.parametrize(
    "arguments",
    [
        ["runs", "--label", NO_TEXT],
        ["collect", "bench", "--label", NO_TEXT, "--", "true"],
        ["figure", "memory", NO_TEXT],
        ["accept", NO_TEXT, "--reason", "x"],
        ["sql", f"select '{NO_TEXT}'"],
    ],
)
def test_an_argument_that_is_no_text_is_named_in_a_sentence(three_labels: Path, arguments: list[str]) -> None:
    done = perfkit(three_labels, *arguments)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "is no text in UTF-8" in done.stderr


@pytest.mark.parametrize("arguments", [["show", ""], ["export", "", "--to", "PLACE"], ["compare", "", "fast"]])
def test_an_empty_name_is_no_run(three_labels: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = perfkit(three_labels, *(word.replace("PLACE", str(tmp_path / "rows")) for word in arguments))
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert len(done.stderr) < 150


def test_the_plans_of_a_run_whose_id_is_digits_only(bench: Workbench, tmp_path: Path) -> None:
    text = Path(PLAN).read_bytes()
    spaces = next(count for count in range(10_000) if sha256(text + b" " * count).hexdigest()[:12].isdecimal())
    (tmp_path / "plan.json").write_bytes(text + b" " * spaces)
    [stored] = bench.ingest([tmp_path / "plan.json"])
    assert stored.run_id.isdecimal()
    [plan] = bench.plans(stored.run_id)
    assert [item.head.plan_id for item in bench.plans(f"{stored.run_id}:{plan.head.plan_id}")] == [plan.head.plan_id]

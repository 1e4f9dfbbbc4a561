"""The notebooks are committed clean, in one form, and run on the tests' data."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from perfkit.model.run import Manifest
from perfkit.notebooks import inspect, notebooks
from perfkit.workbench import Workbench
from perfkit.workspace import find_workspace
from tests.conftest import WriteLog, described, ladder_log

FOLDER = find_workspace(start=Path(__file__)).notebooks
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def test_the_notebooks_are_there() -> None:
    assert {item.name for item in notebooks(FOLDER)} == {
        "are_we_ready",
        "collect_bench",
        "collect_load",
        "collect_memory",
        "collect_plans",
        "collect_profile",
        "collect_trace",
        "collect_vectors",
        "compare_two_labels",
        "did_we_regress",
        "where_does_the_time_go",
        "write_the_report",
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert "papermill" not in json.loads(path.read_text(encoding="utf-8"))["metadata"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_asks_one_question_in_short_cells(path: Path) -> None:
    assert inspect(path).title.endswith("?")
    code = ["".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code"]
    tagged = [cell for cell in cells(path) if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    assert all(len(source.splitlines()) <= 10 for source in code)
    assert not any(line.startswith(("def ", "class ")) for source in code for line in source.splitlines())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_parameter_has_its_help(path: Path) -> None:
    assert all(parameter.help for parameter in inspect(path).parameters)


def test_compare_two_labels_ends_in_its_answer(bench: Workbench, locust_log: WriteLog) -> None:
    for label, median_ms in (("baseline", 100.0), ("optimized", 50.0)):
        for seed in range(5):
            log = locust_log(f"{label}{seed}.csv", median_ms=median_ms, seed=seed + int(median_ms))
            bench.ingest([log], Manifest(label=label, scenario="test"))
    [executed] = bench.run_notebooks(["compare_two_labels"], {"workspace": str(bench.workspace.root)})
    outputs = [output for cell in cells(executed.output) if cell["cell_type"] == "code" for output in cell["outputs"]]
    assert any("image/svg+xml" in output.get("data", {}) for output in outputs)
    assert "2 faster" in "".join(outputs[-1]["text"])


def outputs_of(bench: Workbench, name: str, /, **given: object) -> list[dict[str, Any]]:
    """What a notebook left in its cells, in order."""
    [executed] = bench.run_notebooks([name], {"workspace": str(bench.workspace.root), **given})
    return [output for cell in cells(executed.output) if cell["cell_type"] == "code" for output in cell["outputs"]]


def test_are_we_ready_answers_from_a_ladder(bench: Workbench, tmp_path: Path) -> None:
    bench.ingest([ladder_log(tmp_path / "ladder.csv", (100, 200, 500))], Manifest(label="baseline", load_model="open"))
    outputs = outputs_of(bench, "are_we_ready", users=500)
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert "For 500 requests/s: ready." in "".join(outputs[-1]["text"])


def test_did_we_regress_names_the_commit(bench: Workbench, locust_log: WriteLog) -> None:
    logs = [locust_log(f"{night}.csv", median_ms=100 if night < 12 else 130, seed=night, requests=120) for night in range(20)]
    for night, log in enumerate(logs):
        described(log, Manifest(label="main", scenario="nightly", commit=f"commit{night}", started_at=datetime(2026, 1, 1) + timedelta(days=night)))
    bench.ingest(logs)
    outputs = outputs_of(bench, "did_we_regress", metric="latency.p50")
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert "(commit commit12)" in "".join(outputs[-1]["text"])


@pytest.mark.parametrize("tool", ["cprofile", "pyinstrument", "py-spy"])
def test_collect_profile_names_the_hottest_function(tool: str, bench: Workbench) -> None:
    given = {"workspace": str(bench.workspace.root), "program": "-m,timeit,-n,300,sum(range(100000))", "tool": tool}
    [executed] = bench.run_notebooks(["collect_profile"], given)
    last = "".join(cells(executed.output)[-1]["outputs"][-1]["text"])
    assert "of the profile itself" in last
    shown = "".join("".join(output.get("data", {}).get("text/html", "")) for cell in cells(executed.output) for output in cell.get("outputs", []))
    assert "<iframe sandbox='allow-scripts'" in shown


def test_collect_profile_names_the_hottest_line(bench: Workbench, tmp_path: Path) -> None:
    program = tmp_path / "rank.py"
    program.write_text("def rank(items):\n    return sorted(items, key=str)\nfor _ in range(5):\n    rank(range(20000))\n")
    outputs = outputs_of(bench, "collect_profile", program=[str(program)], tool="line", functions=["__main__:rank"])
    assert "rank at" in "".join(outputs[-1]["text"]) and ":2 takes" in "".join(outputs[-1]["text"])


def test_calls_are_measured_in_a_living_kernel(bench: Workbench) -> None:
    start = f"import perfkit\nbench = perfkit.open_workbench({str(bench.workspace.root)!r})\ndef rank():\n    return sorted(range(20_000), key=str)"
    tools = ("cprofile", "pyinstrument", "line", "memray", "tracemalloc")
    calls = [f"bench.profile_call(rank, tool={tool!r}, functions=[rank] if {tool!r} == 'line' else [])" for tool in tools]
    notebook = new_notebook(cells=[new_code_cell(source) for source in (start, *calls)])  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    assert {run.tool for run in bench.runs()} == {"line_profiler" if tool == "line" else tool for tool in tools}


def test_collect_plans_names_the_slow_statement_and_what_is_wrong(bench: Workbench, tmp_path: Path) -> None:
    shop = tmp_path / "shop.db"
    with closing(sqlite3.connect(shop)) as connection, connection:
        connection.execute("create table orders (id integer primary key, customer integer)")
        connection.executemany("insert into orders (customer) values (?)", [(number % 500,) for number in range(50_000)])
    slow = ["select count(*) from orders where customer = 7", "select * from orders where id = 3"]
    outputs = outputs_of(bench, "collect_plans", dsn=f"sqlite:///{shop}", statements=slow)
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert "Of 2 statement(s), 'select count(*) from orders where customer = 7' takes longest" in "".join(outputs[-1]["text"])
    assert "SCAN on orders" in "".join(outputs[-1]["text"])

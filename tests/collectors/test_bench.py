"""A benchmark keeps every round, marks the warm-ups, and leaves nothing when what it measures fails."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from perfkit.cli.collect.bench import command
from perfkit.collectors.bench import BenchOptions, collect
from perfkit.collectors.caller import Function
from perfkit.errors import CollectionFailed, UsageError
from perfkit.model.run import Manifest
from perfkit.workbench import Workbench

MODULE = """\
import asyncio, functools, time
CALLS = []
def nap(seconds, *, factor=1):
    print("not an answer")
    time.sleep(seconds * factor)
async def wait(seconds):
    await asyncio.sleep(seconds)
def wrapped(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)
    return inner
wait_wrapped = wrapped(wait)
def closed():
    raise ValueError("the shop is closed")
def leaves():
    raise SystemExit(0)
def never():
    time.sleep(60)
def third_fails():
    CALLS.append(1)
    if len(CALLS) == 3:
        raise RuntimeError("third")
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "stock.py").write_text(MODULE)
    return folder


def rows(bench: Workbench) -> list[dict[str, Any]]:
    columns, found = bench.store.query("select * from rounds order by phase nulls last, round")
    return [dict(zip(columns, row, strict=True)) for row in found]


@pytest.mark.parametrize("name", ["nap", "wait", "wait_wrapped"])
def test_every_round_of_a_function_is_kept_and_a_coroutine_is_awaited(name: str, shop: Path, bench: Workbench) -> None:
    bench.collect(BenchOptions(Function(f"stock:{name}", (0.01,)), warmup=2, rounds=8, cwd=shop))
    kept = rows(bench)
    assert [(row["phase"], row["round"]) for row in kept] == [("warmup", 0), ("warmup", 1), *((None, number) for number in range(8))]
    assert {(row["benchmark"], row["unit"], row["size"], row["component"]) for row in kept} == {(f"stock:{name}", "ms", None, None)}
    assert all(10 <= row["value"] < 1000 for row in kept)


def test_named_arguments_reach_the_function(shop: Path, bench: Workbench) -> None:
    bench.collect(BenchOptions(Function("stock:nap", (0.01,), {"factor": 4}), warmup=0, rounds=2, cwd=shop))
    assert min(row["value"] for row in rows(bench)) >= 40


def test_the_metrics_are_those_of_the_kept_rounds(shop: Path, bench: Workbench) -> None:
    bench.collect(BenchOptions(Function("stock:nap", (0.001,)), warmup=3, rounds=20, loops=2, cwd=shop))
    values = [row["value"] for row in rows(bench) if row["phase"] is None]
    expected: dict[str, Callable[[list[float]], float]] = {
        "mean": statistics.fmean,
        "median": statistics.median,
        "min": min,
        "max": max,
        "stddev": statistics.stdev,
    }
    for name, of in expected.items():
        [measured] = bench.measure(f"bench.{name}")
        assert (measured.subject, measured.n, measured.unit) == ("stock:nap", 20, "ms")
        assert measured.value == pytest.approx(of(values))
    [p95], [p99] = bench.measure("bench.p95"), bench.measure("bench.p99")
    assert statistics.median(values) <= p95.value <= p99.value <= max(values)


def test_benchmarks_of_one_workspace_do_not_hide_each_other(shop: Path, bench: Workbench) -> None:
    for name in ("nap", "wait"):
        bench.collect(BenchOptions(Function(f"stock:{name}", (0.001,)), rounds=3, cwd=shop))
    assert {row.subject for row in bench.measure("bench.median")} == {"stock:nap", "stock:wait"}


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("closed", "the shop is closed"), ("leaves", "SystemExit"), ("never", "no answer within"), ("third_fails", "third")],
)
def test_a_function_that_fails_leaves_nothing(name: str, complaint: str, shop: Path, tmp_path: Path) -> None:
    with pytest.raises(CollectionFailed, match=complaint):
        collect(BenchOptions(Function(f"stock:{name}"), warmup=0, rounds=4, timeout_s=0.5, cwd=shop), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_function_that_is_not_there_is_named(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"stock:nothing cannot be called .*no attribute 'nothing'"):
        collect(BenchOptions(Function("stock:nothing"), cwd=shop), tmp_path)


def test_a_command_is_timed_from_start_to_end(shop: Path, bench: Workbench) -> None:
    bench.collect(BenchOptions(command=("sleep", "0.05"), warmup=1, rounds=4, cwd=shop))
    values = [row["value"] for row in rows(bench) if row["phase"] is None]
    assert len(values) == 4
    assert all(50 <= value < 2000 for value in values)


@pytest.mark.parametrize(
    ("script", "limit_s", "complaint"),
    [("echo no stock; exit 3", 20, r"(?s)status 3.*no stock"), ("sleep 30", 0.3, "still ran after 0.3 s")],
)
def test_a_command_that_fails_leaves_nothing(script: str, limit_s: float, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(CollectionFailed, match=complaint):
        collect(BenchOptions(command=("sh", "-c", script), timeout_s=limit_s), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_suite_leaves_its_raw_rounds(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # pytest-benchmark does not measure in one of several processes
    (shop / "test_speed.py").write_text("def test_sum(benchmark):\n    benchmark.pedantic(sum, args=(range(100),), rounds=7)\n")
    artefact = collect(BenchOptions(suite=shop / "test_speed.py", cwd=shop, stated=Manifest(label="slow")), tmp_path / "out")
    [benchmark] = json.loads(artefact.read_text())["benchmarks"]
    assert len(benchmark["stats"]["data"]) == 7
    (shop / "test_speed.py").write_text("def test_sum(benchmark):\n    assert benchmark(sum, range(9)) == 1\n")
    with pytest.raises(CollectionFailed, match=r"(?s)pytest ended with status 1.*test_sum"):
        collect(BenchOptions(suite=shop / "test_speed.py", cwd=shop), tmp_path / "failed")


def test_exactly_one_thing_is_measured() -> None:
    for options in ({}, {"command": ("ls",), "suite": Path("x")}, {"command": (sys.executable,), "loops": 2}):
        with pytest.raises(UsageError):
            BenchOptions(**options)  # type: ignore[arg-type]


def test_the_command_line_prints_the_numbers_that_it_stored(shop: Path, tmp_path: Path) -> None:
    bench = [sys.executable, "-m", "perfkit", "--workspace", str(tmp_path / "w"), "collect", "bench", "--runs", "4"]
    asked = ["stock:nap", "--arg", "0.001", "--kwarg", "factor=2"]
    shown = subprocess.run([*bench, *asked], cwd=shop, capture_output=True, text=True, check=True).stdout
    for heading in ("mean", "median", "standard deviation", "min", "max", "P95", "P99", "n"):
        assert heading in shown
    failed = subprocess.run([*bench, "stock:closed"], cwd=shop, capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "stock:closed failed, so nothing is stored: ValueError: the shop is closed" in failed.stderr
    [row] = json.loads(subprocess.run([*bench, "--json", "--", "sleep", "0.01"], cwd=shop, capture_output=True, text=True, check=True).stdout)
    assert (row["subject"], row["n"]) == ("sleep 0.01", 4)
    assert 10 <= row["min_ms"] <= row["median_ms"] <= row["p95_ms"] <= row["max_ms"]


@pytest.mark.parametrize(
    ("what", "complaint"),
    [
        ("prices", "'prices' is neither a program that can be started nor a function. Write a function as module:function, such as prices:FUNCTION"),
        ("shop/prices.py:total", "such as shop.prices:total"),
        ("prices.py:total", "names a file. Write the module as import does: prices:total"),
    ],
)
def test_what_is_neither_a_function_nor_a_program_is_told_how_to_be_written(what: str, complaint: str) -> None:
    done = CliRunner().invoke(command, [what])
    assert isinstance(done.exception, UsageError) and complaint in str(done.exception)


def test_an_error_of_the_function_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "stock.py").write_text("def sell():\n    raise ValueError('no stock')\n")
    with pytest.raises(CollectionFailed, match=rf"ValueError: no stock \({tmp_path}/stock.py:2\)"):
        collect(BenchOptions(Function("stock:sell"), cwd=tmp_path), tmp_path / "out")

"""Notebooks that collect run a real tool on a tiny program and end in what it found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perfkit.workbench import Workbench
from tests.collectors.load_site import serving
from tests.notebooks.test_notebooks import outputs_of

TRACED = """
import time
from perfkit.trace import timed

@timed
def load():
    time.sleep(0.02)

@timed
def answer():
    load()
    load()

answer()
"""
GROWS = "import time\nkept = []\nfor turn in range(40):\n    kept.append(bytearray(200_000))\n    time.sleep(0.02)\n"


def written(folder: Path, text: str) -> str:
    program = folder / "program.py"
    program.write_text(text)
    return str(program)


def test_collect_trace_names_the_stage_that_takes_the_time(bench: Workbench, tmp_path: Path) -> None:
    outputs = outputs_of(bench, "collect_trace", program=[written(tmp_path, TRACED)], label="slow", system="demo")
    last = "".join(outputs[-1]["text"])
    assert re.search(r"answer takes .* load (9\d|100) %", last), last
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert {(run.kind, run.label, run.system) for run in bench.runs()} == {("trace", "slow", "demo")}


@pytest.mark.parametrize("tool", ["tracemalloc", "mprof"])
def test_collect_memory_says_what_holds_memory_and_what_grows(tool: str, bench: Workbench, tmp_path: Path) -> None:
    outputs = outputs_of(bench, "collect_memory", program=[written(tmp_path, GROWS)], tool=tool, interval_s=0.05)
    assert "leak" in "".join(outputs[-1]["text"])
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_collect_bench_says_how_long_a_command_takes_to_start(bench: Workbench) -> None:
    outputs = outputs_of(bench, "collect_bench", command=["python", "-c", "print(1)"], rounds=3, name="start")
    last = "".join(outputs[-1]["text"])
    assert "Under baseline, start took" in last and "of 3 rounds" in last


def test_collect_vectors_recommends_a_setting(bench: Workbench, tmp_path: Path) -> None:
    faiss, numpy = pytest.importorskip("faiss"), pytest.importorskip("numpy")
    vectors = numpy.random.default_rng(1).random((2000, 16), dtype="float32")
    index = faiss.index_factory(16, "IVF16,Flat")
    index.train(vectors)
    index.add(vectors)
    faiss.write_index(index, str(tmp_path / "items.faiss"))
    numpy.save(tmp_path / "items.npy", vectors)
    outputs = outputs_of(bench, "collect_vectors", vectors=[str(tmp_path / "items.faiss"), str(tmp_path / "items.npy")], k=5)
    assert "Recall 0.95 with" in "".join(outputs[-1]["text"])
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_collect_load_climbs_a_ladder(bench: Workbench) -> None:
    with serving() as site:
        outputs = outputs_of(bench, "collect_load", url=site.url, stages="1,2,4", duration_s=1.0, warmup_s=0.5)
    [run] = bench.runs()
    assert run.scenario == "load ladder"
    assert "answered 95 % of its requests" in "".join(outputs[-1]["text"])
    assert [item.n for item in bench.measure("load.scaling")] == [3]

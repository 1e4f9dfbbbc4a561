"""perfkit memory and its picture, over the files of every tool."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from perfkit.cli import program
from perfkit.errors import UsageError
from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from tests.command_line import perfkit

ARTEFACTS = Path(__file__).parents[1] / "artefacts"
FILES = ("mprof/marked.dat", "memray_capture/shop.bin", "allocation_growth/shop.json", "object_growth/shop.json")


@pytest.fixture
def shop(bench: Workbench) -> Workbench:
    bench.ingest([ARTEFACTS / name for name in FILES], Manifest(label="shop"))
    return bench


def ran(bench: Workbench, *arguments: str) -> str:
    found = CliRunner().invoke(program, ["--workspace", str(bench.workspace.root), *arguments], catch_exceptions=False)
    assert found.exit_code == 0
    return found.stdout


def test_a_label_joins_the_sides_that_each_tool_shows(shop: Workbench) -> None:
    text = ran(shop, "memory", "shop")
    for part in ("Held", "Growth by place", "Growth by type", "Over time", "Order", "shop.py:8"):
        assert part in text
    assert text.splitlines()[-1].startswith("Most is held by __init__ (shop.py:8): ")


def test_the_answer_is_one_document(shop: Workbench) -> None:
    found = json.loads(ran(shop, "memory", "shop", "--json"))
    assert found["verdict"] == "leak" and len(found["runs"]) == len(FILES)
    assert sum(row["bytes"] for row in found["peak"] if row["run_id"] == found["peak"][0]["run_id"]) == found["peak"][0]["total_bytes"]
    assert next(row["subject"] for row in found["sites"] if row["verdict"] == "leak") == "shop.py:8"


def test_the_picture_is_of_the_process_and_its_functions(shop: Workbench, tmp_path: Path) -> None:
    [marked] = [run for run in shop.runs() if run.format == "mprof"]
    picture = Path(ran(shop, "figure", "memory", marked.run_id, "-o", str(tmp_path / "memory.svg")).strip()).read_text()
    for text in ("__main__.take", "peak", "41 calls of marked functions", "memory, MB"):
        assert text in picture.replace("\u00a0", " ")


def test_a_run_without_memory_says_how_to_measure_it(bench: Workbench) -> None:
    bench.ingest(sorted((ARTEFACTS / "hyperfine").glob("*.json"))[:1], Manifest(label="other"))
    with pytest.raises(UsageError, match="perfkit collect memory --label other"):
        bench.memory("other")


def test_one_series_is_said_by_its_name(tmp_path: Path) -> None:
    artefacts = Path(__file__).parents[1] / "artefacts"
    assert perfkit(tmp_path, "ingest", str(artefacts / "mprof/marked.dat"), "--label", "sizes").returncode == 0
    said = perfkit(tmp_path, "memory", "sizes").stdout
    assert "The series rss is not decided." in said and "Of 1 " not in said


def test_what_was_allocated_is_not_called_held(tmp_path: Path) -> None:
    artefacts = Path(__file__).parents[1] / "artefacts"
    assert perfkit(tmp_path, "ingest", str(artefacts / "pprof/go_allocs.pb.gz"), "--label", "go").returncode == 0
    said = perfkit(tmp_path, "memory", "go").stdout
    assert said.startswith("Allocated, given back or not")
    assert "Most was allocated by main.spin (main.go:20): 37.9 MB of 46.9 MB in the whole run, given back or not." in said

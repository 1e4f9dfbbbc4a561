"""pyperf: values and warm-ups of all processes, in the unit that the file states."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import detect
from perfkit.workbench import Workbench
from tests.readers.harm import ARTEFACTS, artefacts, assert_every_cut_is_refused, changed, drained, manifest_of

TIME, MEMORY = ARTEFACTS / "pyperf" / "time.json", ARTEFACTS / "pyperf" / "memory.json"


@pytest.mark.parametrize("path", artefacts("pyperf"), ids=lambda path: path.name)
def test_the_content_tells_the_format(path: Path) -> None:
    assert detect(path).NAME == "pyperf"


@pytest.mark.parametrize(("path", "unit"), [(TIME, "s"), (MEMORY, "bytes")])
def test_values_and_warmups_are_told_apart(bench: Workbench, path: Path, unit: str) -> None:
    bench.ingest([path])
    runs = [run for item in json.loads(path.read_text())["benchmarks"] for run in item["runs"]]
    values = sorted(value for run in runs for value in run.get("values", []))
    warmups = sorted(value for run in runs for _, value in run.get("warmups", []))
    stored = "select value from rounds where unit = $unit and phase is not distinct from $phase order by value"
    assert [row[0] for row in bench.store.query(stored, {"unit": unit, "phase": None})[1]] == values
    assert [row[0] for row in bench.store.query(stored, {"unit": unit, "phase": "warmup"})[1]] == warmups
    assert bench.store.query("select distinct benchmark from rounds order by 1")[1] == [("join",), ("sum",)]


def test_the_run_is_described_by_the_metadata_of_all_levels() -> None:
    told = manifest_of(TIME, "pyperf")
    dates = [run["metadata"]["date"] for item in json.loads(TIME.read_text())["benchmarks"] for run in item["runs"]]
    assert (told.tool_version, told.started_at) == ("2.10.0", datetime.fromisoformat(min(dates)))
    assert told.host is not None
    assert told.host.startswith("AMD EPYC, 2 cores, Linux")


def test_name_and_unit_may_be_of_the_suite(bench: Workbench, tmp_path: Path) -> None:
    def move(document: Any) -> None:
        document["metadata"]["unit"] = "integer"
        del document["benchmarks"][1:]
        document["metadata"]["name"] = document["benchmarks"][0]["metadata"].pop("name")

    bench.ingest([changed(TIME, tmp_path, move)])
    assert bench.store.query("select distinct benchmark, unit from rounds")[1] == [("sum", "count")]


def test_cut_files_are_refused(tmp_path: Path) -> None:
    assert_every_cut_is_refused(TIME, "pyperf", tmp_path)


@pytest.mark.parametrize("wrong", ["1.5", None, False, -1.0, float("nan")])
def test_a_value_that_is_no_value_is_refused(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(ArtefactError, match="changed"):
        drained(changed(TIME, tmp_path, lambda document: document["benchmarks"][0]["runs"][1]["values"].append(wrong)), "pyperf")


@pytest.mark.parametrize(
    "wrong",
    [{"version": "2.0"}, {"metadata": [3]}, {"benchmarks": {}}, {"benchmarks": [{"runs": [3]}]}, {"benchmarks": [{"runs": [{"values": [1.0]}]}]}],
)
def test_parts_of_another_shape_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ArtefactError, match="changed"):
        drained(changed(TIME, tmp_path, lambda document: document.update(wrong)), "pyperf")


@pytest.mark.parametrize("wrong", [{"unit": "furlong"}, {"date": "yesterday"}])
def test_units_and_dates_that_nobody_knows_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    def spoil(document: Any) -> None:
        document["metadata"].update(wrong)
        document["benchmarks"][0]["runs"][0]["metadata"].pop("date", None)

    with pytest.raises(ArtefactError, match="changed"):
        drained(changed(TIME, tmp_path, spoil), "pyperf")

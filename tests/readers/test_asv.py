"""asv: samples where they were recorded, medians where not; what failed or was skipped leaves nothing."""

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

SAMPLES, NO_SAMPLES, VERSION_1 = (ARTEFACTS / "asv" / f"{name}.json" for name in ("samples", "no_samples", "version_1"))

WRONG_RESULTS: list[Any] = [[], {"a.time_b": 3}, {"a.time_b": [["1"]]}, {"a.time_b": [[-1.0]]}, {"a.time_b": [[1.0, 2.0], []]}]


def rounds(bench: Workbench) -> dict[str, tuple[list[float], str]]:
    rows = bench.store.query("select benchmark, list(value order by round), any_value(unit) from rounds group by all")[1]
    return {benchmark: (values, unit) for benchmark, values, unit in rows}


def reported(bench: Workbench) -> dict[tuple[str, str], float]:
    rows = bench.store.query("select endpoint, stat, value from reported where unit = 'ms'")[1]
    return {(endpoint, stat): value for endpoint, stat, value in rows}


@pytest.mark.parametrize("path", artefacts("asv"), ids=lambda path: path.name)
def test_the_content_tells_the_format(path: Path) -> None:
    assert detect(path).NAME == "asv"


def test_samples_become_rounds_named_by_their_parameters(bench: Workbench) -> None:
    bench.ingest([SAMPLES])
    document = json.loads(SAMPLES.read_text())
    samples = document["results"]["toy.Sorting.time_sorted"][document["result_columns"].index("samples")]
    found = rounds(bench)
    assert found["toy.Sorting.time_sorted[10, 'list']"] == (samples[0], "s")
    assert found["toy.Sorting.time_sorted[1000, 'tuple']"] == (samples[3], "s")
    assert found["toy.track_ratio"] == ([0.75], "count")
    assert found["toy.mem_list"] == ([8056], "bytes")
    assert found["toy.Sorting.peakmem_sorted[1000, 'list']"] == ([27389952], "bytes")
    assert len(found["toy.timeraw_import"][0]) == 4
    assert found["toy.timeraw_import"][1] == "s"


def test_what_was_skipped_or_failed_leaves_no_row(bench: Workbench) -> None:
    bench.ingest([SAMPLES])
    assert not {"toy.time_broken", "toy.Sorting.time_sorted[10, 'tuple']"} & set(rounds(bench))


def test_medians_without_samples_are_reported(bench: Workbench) -> None:
    bench.ingest([NO_SAMPLES])
    found = reported(bench)
    assert found["toy.time_sum", "p50"] == pytest.approx(8.601282645235273e-04)
    assert found["toy.time_sum", "p25"] == pytest.approx(8.5278e-04)
    assert found["toy.Sorting.time_sorted[1000, 'tuple']", "p75"] == pytest.approx(8.565e-03)
    assert set(rounds(bench)) == {"toy.track_items"} | {
        f"toy.Sorting.peakmem_sorted[{end}]" for end in ("10, 'list'", "1000, 'list'", "1000, 'tuple'")
    }


def test_the_first_version_has_values_objects_and_parameters(bench: Workbench) -> None:
    bench.ingest([VERSION_1])
    assert rounds(bench) == {
        "toy.mem_list": ([8056], "bytes"),
        "toy.time_sorted[10, 'list']": ([1.25e-06, 1.5e-06, 1.75e-06], "s"),
        "toy.time_sorted[1000, 'list']": ([7.5e-06], "s"),
        "toy.track_drift[0.5]": ([-3.5], "count"),
    }
    assert reported(bench) == pytest.approx(
        {("toy.time_bare", "p50"): 1.25, ("toy.time_sum", "p50"): 2.5e-3, ("toy.time_sum", "p25"): 2.25e-3, ("toy.time_sum", "p75"): 2.75e-3}
    )


def test_the_run_is_of_the_commit_and_began_with_its_first_benchmark() -> None:
    told = manifest_of(VERSION_1, "asv")
    assert (told.commit, told.started_at) == ("0123456789abcdef0123456789abcdef01234567", datetime(2017, 7, 14, 2, 41, 40))
    assert told.host == "Example CPU, 4 cores, 8000000, Linux 4.9, x86_64"
    assert told.parameters == {"python": "3.6", "requirements": {"numpy": "1.13"}}
    assert manifest_of(SAMPLES, "asv").started_at == datetime(2026, 11, 21, 7, 21, 13, 864000)


def test_cut_files_are_refused(tmp_path: Path) -> None:
    assert_every_cut_is_refused(SAMPLES, "asv", tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"version": version} for version in (3, "2", None)),
        *({"results": cells} for cells in WRONG_RESULTS),
        *({"results": {"a.time_b": [[1.0], [], None, started]}} for started in ("now", 1e300, float("nan"))),
        *({"result_columns": None}, {"result_columns": [1]}, {"commit_hash": 3}, {"params": []}),
    ],
    ids=str,
)
def test_parts_of_another_shape_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ArtefactError, match="changed"):
        drained(changed(SAMPLES, tmp_path, lambda document: document.update(wrong)), "asv")

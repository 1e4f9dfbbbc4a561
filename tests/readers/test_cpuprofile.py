"""V8's profiles: the time from the first sample to the end is on the nodes, to the microsecond."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from tests.readers.cutting import ARTEFACTS, files_of
from tests.readers.harm import assert_every_cut_is_refused
from tests.readers.profile_rows import by_function, rows_of, totals, written

NODE = ARTEFACTS / "cpuprofile" / "node.cpuprofile"
CALL = {"functionName": "f", "scriptId": "1", "url": "file:///srv/a%20b.js", "lineNumber": 4, "columnNumber": 0}


def made(**change: Any) -> dict[str, Any]:
    nodes = [{"id": 1, "callFrame": CALL, "children": [2]}, {"id": 2, "callFrame": {**CALL, "functionName": ""}}]
    return {"nodes": nodes, "startTime": 100, "endTime": 190, "samples": [1, 2, 1], "timeDeltas": [10, 20, 30], **change}


@pytest.mark.parametrize("path", files_of("cpuprofile"), ids=lambda path: path.name)
def test_own_times_are_the_time_since_the_first_sample(path: Path) -> None:
    rows, told = rows_of(path, "cpuprofile"), json.loads(NODE.read_text())
    assert totals(rows) == {"wall_s": pytest.approx((told["endTime"] - told["startTime"] - told["timeDeltas"][0]) / 1e6, abs=1e-6)}
    functions = by_function(rows, "wall_s")
    assert functions["hot"] > functions["mild"] > 0 < functions["(program)"]


def test_a_sample_lasts_until_the_next_one(tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path, made()), "cpuprofile")
    assert by_function(rows, "wall_s") == pytest.approx({"f": 80e-6, "(anonymous)": 30e-6})
    assert [round(row["at_ms"], 6) for row in rows["profile_samples"]] == [0.01, 0.03, 0.06]
    assert {(row["file"], row["line"]) for row in rows["frames"]} == {("/srv/a b.js", 5)}


def test_the_root_is_no_function_and_what_has_no_source_is_compiled(tmp_path: Path) -> None:
    def call(name: str, line: int = -1) -> dict[str, Any]:
        return {"functionName": name, "scriptId": "0", "url": "", "lineNumber": line, "columnNumber": line}

    names = [call("(root)"), CALL, call("forEach"), call("(idle)"), call("pasted", 3), call("")]
    nodes = [{"id": number, "callFrame": named} for number, named in enumerate(names)]
    nodes[0]["children"], nodes[1]["children"] = [1, 3, 4], [2, 5]
    rows = rows_of(written(tmp_path, made(nodes=nodes, samples=[1, 2, 3], endTime=1)), "cpuprofile")
    functions = by_function(rows, "wall_s")
    files = {row["function"]: row["file"] for row in rows["frames"] if row["function"] in functions}
    assert files == {"f": "/srv/a b.js", "forEach": "[native code]", "(idle)": "", "pasted": "", "(anonymous)": "[native code]"}
    stopped = rows_of(written(tmp_path, made(nodes=nodes, samples=[0, 1, 2])), "cpuprofile")
    assert by_function(stopped, "wall_s")["(root)"] == pytest.approx(20e-6)


def test_samples_out_of_order_are_put_in_order(tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path, made(timeDeltas=[40, -20, 30])), "cpuprofile")
    assert totals(rows) == {"wall_s": pytest.approx(70e-6)}


def test_the_tree_of_older_chromes_is_read(tmp_path: Path) -> None:
    old = {"functionName": "f", "url": "a.js", "lineNumber": 5, "id": 1, "children": [{"functionName": "g", "url": "", "id": 2, "children": []}]}
    path = written(tmp_path, {"head": old, "startTime": 1.0, "endTime": 3.0, "samples": [1, 2], "timestamps": [1_000_000, 2_500_000]})
    assert by_function(rows_of(path, "cpuprofile"), "wall_s") == pytest.approx({"f": 2.0, "g": 0.5})


def test_every_cut_is_refused(tmp_path: Path) -> None:
    assert_every_cut_is_refused(NODE, "cpuprofile", tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"samples": [7, 1, 1]}, {"samples": [[], 1, 1]}, {"timeDeltas": [1]}, {"timeDeltas": ["x", 1, 1]}, {"nodes": [{"id": 1}]}, {"nodes": [3]},
     {"nodes": [{"id": 1, "callFrame": CALL, "children": [1]}]}, {"samples": None}, {"endTime": None}, {"startTime": "x"}, {"nodes": {}},
     {"nodes": [{"id": 1, "callFrame": CALL, "children": 5}]}, {"nodes": [{"id": [], "callFrame": CALL}]}],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"made\.json.*cpuprofile"):
        rows_of(written(tmp_path, made(**change)), "cpuprofile")

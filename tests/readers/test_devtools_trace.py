"""Chrome's traces: every moment of a thread counts once, and events that overlap keep their own durations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.errors import ArtefactError
from perfkit.model.run import Manifest
from perfkit.readers import reader_named
from perfkit.readers.parts.call_tree import NOBODY, Step
from perfkit.readers.parts.frames import Frames
from perfkit.readers.parts.intervals import stack_up
from perfkit.readers.parts.timeline import Timeline
from tests.readers.cutting import ARTEFACTS, files_of
from tests.readers.harm import cut, drained
from tests.readers.profile_rows import by_function, fact, rows_of, totals, written

FILES = files_of("devtools_trace")
FOLDER = ARTEFACTS / "devtools_trace"
INTERVALS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), min_size=1, max_size=15)


def event(name: str, start: float | str, duration: float | str, **more: Any) -> dict[str, Any]:
    return {"ph": "X", "name": name, "ts": start, "dur": duration, "pid": 1, "tid": 1, **more}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_own_times_sum_to_the_total(path: Path) -> None:
    rows = rows_of(path, "devtools_trace")
    assert totals(rows) == {"wall_s": pytest.approx(fact(rows, "total", "wall_s"), rel=1e-9)}


@given(INTERVALS)
def test_functions_keep_their_durations_however_they_overlap(spans: list[tuple[int, int]]) -> None:
    frames, timeline = Frames(), Timeline("wall_s")
    stack_up(timeline, [(start, start + length, Step(frames.id_of(str(number)))) for number, (start, length) in enumerate(spans)], NOBODY, 0.0)
    [nodes, *_] = list(timeline.batches())
    found: dict[int, float] = {}
    for frame, total in zip(nodes.columns["frame_id"], nodes.columns["total"], strict=True):
        found[frame] = found.get(frame, 0.0) + total * 1e6
    assert found == pytest.approx({frames.id_of(str(number)): float(length) for number, (_, length) in enumerate(spans)}, abs=1e-6)
    busy = {moment for start, length in spans for moment in range(start, start + length)}
    assert timeline.total * 1e6 == pytest.approx(len(busy))


def test_pytorchs_calls_nest_and_kernels_overlap() -> None:
    rows = rows_of(FOLDER / "pytorch.json", "devtools_trace")
    found = by_function(rows, "wall_s")
    assert {name: round(seconds * 1e6) for name, seconds in found.items()} == {
        "step": 1000, "aten::linear": 300, "aten::addmm": 200, "aten::relu": 100, "sgemm": 300, "relu_kernel": 200,
    }  # fmt: skip
    [step] = [row for row in rows["frames"] if row["function"] == "step"]
    assert (step["file"], step["line"]) == ("train.py", 10)
    assert {(row["process"], row["thread"]) for row in rows["profile_nodes"]} == {("python (7)", "8"), ("0", "stream 7")}


def test_a_trace_after_a_crash_is_read_and_doubted() -> None:
    told = [batch for batch in reader_named("devtools_trace").read(FOLDER / "crashed.json") if isinstance(batch, Manifest)]
    assert [manifest.valid for manifest in told] == [False]


def test_nodes_samples_come_before_its_events() -> None:
    functions = by_function(rows_of(FOLDER / "node-samples.json", "devtools_trace"), "wall_s")
    assert functions["hot"] > functions["mild"] > 0
    assert "MinorGC" not in functions


def test_begin_and_end_are_a_call_and_what_never_ends_ends_with_the_thread(tmp_path: Path) -> None:
    marks = [("B", "a", 5), ("B", "b", 7), ("E", "b", 9), ("E", None, 10), ("E", "z", 11), ("B", "c", 12), ("B", "d", 20)]
    events = [{"ph": phase, "name": name, "ts": at, "pid": 1, "tid": 2} for phase, name, at in marks]
    found = by_function(rows_of(written(tmp_path, events), "devtools_trace"), "wall_s")
    assert {name: round(seconds * 1e6) for name, seconds in found.items()} == {"a": 5, "b": 2, "c": 8, "d": 0}


def test_events_out_of_order_and_texts_for_numbers_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, {"otherData": {}, "traceEvents": [event("late", 50, 5), event("early", "10", "20")]})
    rows = rows_of(path, "devtools_trace")
    assert [row["at_ms"] for row in rows["profile_samples"]] == [0.0, 0.04]
    assert totals(rows) == {"wall_s": pytest.approx(25e-6)}


def test_profilers_of_one_thread_do_not_add_up(tmp_path: Path) -> None:
    def profile(number: str) -> list[dict[str, Any]]:
        data = {"cpuProfile": {"nodes": [{"id": 1, "callFrame": {"functionName": "f"}}], "samples": [1, 1]}, "timeDeltas": [0, 100]}
        of = {"ph": "P", "pid": 1, "tid": 1, "ts": 1, "id": number}
        return [{**of, "name": "Profile", "args": {"data": {"startTime": 1}}}, {**of, "name": "ProfileChunk", "args": {"data": data}}]

    assert totals(rows_of(written(tmp_path, [*profile("0x1"), *profile("0x2")]), "devtools_trace")) == {"wall_s": pytest.approx(100e-6)}


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".json"], ids=lambda path: path.name)
def test_every_cut_is_read_in_part_or_refused(path: Path, tmp_path: Path) -> None:
    for damaged in cut(path, tmp_path):
        try:
            drained(damaged, "devtools_trace")
        except ArtefactError as error:
            assert damaged.name in str(error)


@pytest.mark.parametrize(
    "bad", [event("a", 1, -1), event("a", "x", 1), event("a", 1e999, 1), {"ph": "X", "name": "a"}, 7, {"ph": "P", "name": "ProfileChunk", "args": 1},
            {"ph": "P", "name": "ProfileChunk", "args": {"data": {"cpuProfile": {"nodes": [{"id": 1, "parent": 2}, {"id": 2, "parent": 1}],
             "samples": [1]}, "timeDeltas": [1]}}}, {"ph": "P", "name": "ProfileChunk", "args": {"data": {"cpuProfile": {"samples": [4]}}}}],
    ids=str,
)  # fmt: skip
def test_what_would_give_wrong_numbers_is_refused(bad: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps([event("first", 0, 1), bad]), encoding="utf-8")
    with pytest.raises(ArtefactError, match=r"bad\.json"):
        rows_of(path, "devtools_trace")


def test_events_that_all_overlap_end_in_an_error_and_soon(tmp_path: Path) -> None:
    path = written(tmp_path, [event(f"e{number % 7}", number, 4000) for number in range(4000)])
    with pytest.raises(ArtefactError, match="overlap"):
        rows_of(path, "devtools_trace")

"""speedscope's JSON keeps every weight, in every unit and from every profile."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from tests.readers.cutting import files_of
from tests.readers.harm import assert_every_cut_is_refused, changed
from tests.readers.profile_rows import by_function, fact, rows_of, totals, written

FILES = files_of("speedscope")
PY_SPY, PYINSTRUMENT = FILES


def document(profile: dict[str, Any], frames: int = 4) -> dict[str, Any]:
    span = {"name": "run", "unit": "none", "startValue": 0, "endValue": 9}
    shared = {"frames": [{"name": f"f{number}", "file": None} for number in range(frames)]}
    return {"$schema": "https://www.speedscope.app/file-format-schema.json", "profiles": [{**span, **profile}], "shared": shared}


def test_py_spys_weights_are_the_time_it_sampled() -> None:
    rows = rows_of(PY_SPY, "speedscope")
    assert totals(rows) == {"wall_s": pytest.approx(fact(rows, "total", "wall_s"), rel=1e-9)}
    assert any("worker" in row["thread"] for row in rows["profile_nodes"])
    assert by_function(rows, "wall_s")["hot"] > by_function(rows, "wall_s")["middle"]
    assert {row["line"] for row in rows["frames"]} == {0}


def test_pyinstruments_calls_end_with_the_last_event() -> None:
    rows = rows_of(PYINSTRUMENT, "speedscope")
    last = json.loads(PYINSTRUMENT.read_text())["profiles"][0]["events"][-1]["at"]
    assert totals(rows) == {"wall_s": pytest.approx(last, rel=1e-9)}


def test_limits_that_dotnet_trace_writes_as_text_are_numbers(tmp_path: Path) -> None:
    events = [{"type": "O", "frame": 0, "at": 10.5}, {"type": "O", "frame": 1, "at": 20.5}, {"type": "C", "frame": 1, "at": 30.5}]
    limits = {"unit": "milliseconds", "startValue": "10.5", "endValue": "3.05E+1"}
    made = document({"type": "evented", "events": [*events, {"type": "C", "frame": 0, "at": 30.5}], **limits})
    rows = rows_of(written(tmp_path, made), "speedscope")
    assert by_function(rows, "wall_s") == pytest.approx({"f0": 0.02, "f1": 0.01})
    assert fact(rows, "total", "wall_s") == pytest.approx(0.02)
    with pytest.raises(ArtefactError, match="a limit of profile 0 is 'soon', not a number"):
        rows_of(written(tmp_path, document({"type": "evented", "events": [], "endValue": "soon"})), "speedscope")


@pytest.mark.parametrize(
    ("unit", "stored", "weight"),
    [("none", "samples", 3.0), ("bytes", "bytes", 3.0), ("nanoseconds", "wall_s", 3e-9), ("microseconds", "wall_s", 3e-6),
     ("milliseconds", "wall_s", 3e-3), ("seconds", "wall_s", 3.0)],
)  # fmt: skip
def test_every_unit_is_kept_apart(unit: str, stored: str, weight: float, tmp_path: Path) -> None:
    made = document({"type": "sampled", "unit": unit, "samples": [[0, 1], []], "weights": [1, 2]})
    assert totals(rows_of(written(tmp_path, made), "speedscope")) == {stored: pytest.approx(weight)}


def test_recursion_counts_once_and_order_of_keys_does_not_matter(tmp_path: Path) -> None:
    made = document({"weights": [5, 1], "samples": [[0, 0, 1], [0]], "type": "sampled"})
    rows = rows_of(written(tmp_path, dict(reversed(made.items()))), "speedscope")
    assert by_function(rows, "samples") == {"f0": 6.0, "f1": 5.0}


def test_open_calls_last_until_the_end(tmp_path: Path) -> None:
    events = [{"type": "O", "at": 1, "frame": 0}, {"type": "O", "at": 2, "frame": 1}, {"type": "C", "at": 4, "frame": 1}]
    rows = rows_of(written(tmp_path, document({"type": "evented", "unit": "seconds", "startValue": 1, "events": events})), "speedscope")
    assert by_function(rows, "wall_s") == {"f0": 8.0, "f1": 2.0}
    assert [row["at_ms"] for row in rows["profile_samples"]] == [0.0, 1000.0, 3000.0]


def test_a_stack_of_ten_thousand_calls_and_a_compressed_file_are_read(tmp_path: Path) -> None:
    made = document({"type": "sampled", "samples": [[0] * 10_000], "weights": [1]})
    path = tmp_path / "deep.json.gz"
    path.write_bytes(gzip.compress(json.dumps(made).encode()))
    rows = rows_of(path, "speedscope")
    assert (len(rows["profile_nodes"]), totals(rows)) == (10_000, {"samples": 1.0})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_cut_is_refused(path: Path, tmp_path: Path) -> None:
    assert_every_cut_is_refused(path, "speedscope", tmp_path)


@pytest.mark.parametrize(
    "profile",
    [
        {"type": "sampled", "samples": [[[0]]], "weights": [1]}, {"type": "sampled", "samples": [[9]], "weights": [1]}, {"type": "sampled", "samples": [[-1]], "weights": [1]},
        {"type": "sampled", "samples": [["x"]], "weights": [1]}, {"type": "sampled", "samples": [[0]], "weights": [1, 2]},
        {"type": "sampled", "samples": [[0]], "weights": [-1]}, {"type": "sampled", "samples": [[0]], "weights": [float("nan")]},
        {"type": "sampled", "samples": [0], "weights": [1]}, {"type": "sampled", "samples": [[0]], "weights": [10**400]},
        {"type": "sampled", "unit": "days", "samples": [[0]], "weights": [1]}, {"type": "other"}, {"type": "sampled", "unit": [], "samples": [[0]]},
        {"type": "sampled", "unit": "seconds", "samples": [[0]]}, {"type": "evented", "events": [{"type": "C", "at": 1, "frame": 0}]},
        {"type": "evented", "events": [{"type": "O", "at": 3, "frame": 0}, {"type": "O", "at": 2, "frame": 1}]},
        {"type": "evented", "events": [{"type": "O", "frame": 0}]}, {"type": "evented", "events": [7]}, {"type": "sampled", "startValue": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_what_would_give_wrong_numbers_is_refused(profile: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"made\.json.*speedscope"):
        rows_of(written(tmp_path, document(profile)), "speedscope")


def test_frames_without_a_name_are_refused(tmp_path: Path) -> None:
    path = changed(PY_SPY, tmp_path, lambda found: found["shared"]["frames"][0].pop("name"))
    with pytest.raises(ArtefactError, match="no name"):
        rows_of(path, "speedscope")

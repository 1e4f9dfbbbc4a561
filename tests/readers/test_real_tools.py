"""What real tools write and a made file would not hold."""

from __future__ import annotations

import marshal
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from tests.readers.profile_rows import by_function, rows_of, totals, written

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def event(phase: str, at: int, name: str) -> dict[str, Any]:
    return {"ph": phase, "ts": at, "pid": 1, "tid": 2, "name": name, "cat": "py-spy", "args": {"filename": "a.py", "line": 3}}


def test_calls_that_begin_and_end_together_are_nested_as_they_began(tmp_path: Path) -> None:
    """py-spy's chrometrace: a thread that does the same from its first sample to its last."""
    events = [*(event("B", 10, name) for name in ("thread", "outer", "inner")), *(event("E", 50, name) for name in ("inner", "outer", "thread"))]
    rows = rows_of(written(tmp_path, events), "devtools_trace")
    names = {row["frame_id"]: row["function"] for row in rows["frames"]}
    assert {names[row["frame_id"]]: row["self"] > 0 for row in rows["profile_nodes"]} == {"thread": False, "outer": False, "inner": True}


def test_pyinstruments_statistics_have_no_counts_of_calls(tmp_path: Path) -> None:
    """pyinstrument -r pstats writes -1 where it does not know."""
    path = tmp_path / "calls.prof"
    main, work = ("app.py", 1, "main"), ("app.py", 5, "work")
    path.write_bytes(marshal.dumps({main: (-1, -1, 0.25, 1.0, {}), work: (-1, -1, 0.75, 0.75, {main: (-1, -1, 0.75, 0.75)})}))
    rows = rows_of(path, "cprofile")
    assert sum(row["self"] for row in rows["profile_functions"]) == 1.0


def test_statistics_of_the_module_profile_that_hold_compiled_code_say_so(tmp_path: Path) -> None:
    """python -m profile SCRIPT names its first entry after the compiled script, which only the Python that compiled it can read."""
    path = tmp_path / "compiled.prof"
    path.write_bytes(marshal.dumps({("profile", 0, compile("pass", "a.py", "exec")): (1, 0, 0.0, 0.0, {}), ("a.py", 1, "f"): (1, 1, 1.0, 1.0, {})}))
    with pytest.raises(ArtefactError, match="cProfile"):
        rows_of(path, "cprofile")


def test_own_time_that_pyinstrument_shows_as_a_call_is_its_callers(tmp_path: Path) -> None:
    opened = [{"type": "O", "at": 0.0, "frame": 0}, {"type": "O", "at": 0.0, "frame": 1}, {"type": "C", "at": 2.0, "frame": 1}]
    profile = {
        "type": "evented",
        "name": "p",
        "unit": "seconds",
        "startValue": 0,
        "endValue": 2,
        "events": [*opened, {"type": "C", "at": 2.0, "frame": 0}],
    }
    frames = [{"name": "work", "file": "a.py", "line": 1}, {"name": "[self]", "file": "", "line": 0}]
    document = {"$schema": SCHEMA, "exporter": "pyinstrument", "shared": {"frames": frames}, "profiles": [profile]}
    rows = rows_of(written(tmp_path, document), "speedscope")
    assert (by_function(rows, "wall_s"), totals(rows)) == ({"work": 2.0}, {"wall_s": 2.0})


def test_a_file_whose_profiles_are_all_empty_is_refused(tmp_path: Path) -> None:
    profile = {"type": "sampled", "name": "p", "unit": "seconds", "startValue": 0, "endValue": 0, "samples": [], "weights": []}
    with pytest.raises(ArtefactError, match="no sample"):
        rows_of(written(tmp_path, {"$schema": SCHEMA, "shared": {"frames": []}, "profiles": [profile, profile]}), "speedscope")

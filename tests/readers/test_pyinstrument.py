"""pyinstrument: own times sum to the session's samples, and the printed tree agrees with itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from tests.readers.harm import ARTEFACTS, changed
from tests.readers.stacks import Rows, outcomes_of_cuts

FOLDER = ARTEFACTS / "pyinstrument"


@pytest.mark.parametrize("name", ["session_threads", "session_tasks", "session_4"])
def test_own_times_sum_to_the_sessions_samples(name: str) -> None:
    path = FOLDER / f"{name}.json"
    session = json.loads(path.read_text())
    rows = Rows(path, "pyinstrument")
    assert rows.own() == pytest.approx({"wall_s": sum(seconds for _, seconds in session["frame_records"])})
    assert len(rows.tables["profile_samples"]) == session["sample_count"]
    assert rows.threads() == {"MainThread"}
    assert rows.total_of("spin", "wall_s") > session["duration"] / 5


def test_the_printed_trees_own_times_sum_to_its_root() -> None:
    path = FOLDER / "rendered.json"
    root = json.loads(path.read_text())["root_frame"]
    rows = Rows(path, "pyinstrument")
    assert rows.own() == pytest.approx({"wall_s": root["time"]}, abs=1e-4)
    assert not any(function == "[self]" for function, _, _ in rows.frames.values())


def test_frames_have_the_first_line_and_nodes_the_line_that_ran() -> None:
    rows = Rows(FOLDER / "session_threads.json", "pyinstrument")
    lines = {(rows.frames[row["frame_id"]][2], row["line"]) for row in rows.nodes if rows.frames[row["frame_id"]][0] == "spin"}
    assert {first for first, _ in lines} == {13}
    assert all(line > 13 for _, line in lines)


def spoil_time(document: Any) -> None:
    document["frame_records"][0][1] = -1.0


def spoil_stack(document: Any) -> None:
    document["frame_records"][0][0] = [7]


def spoil_records(document: Any) -> None:
    document["frame_records"] = {"a": 1}


@pytest.mark.parametrize("spoil", [spoil_time, spoil_stack, spoil_records])
def test_a_session_that_breaks_its_format_is_refused(spoil: Any, tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="changed"):
        Rows(changed(FOLDER / "session_threads.json", tmp_path, spoil), "pyinstrument")


def test_what_was_cut_off_is_refused(tmp_path: Path) -> None:
    assert outcomes_of_cuts(FOLDER / "session_threads.json", "pyinstrument", tmp_path) == {"refused"}

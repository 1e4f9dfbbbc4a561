"""austin: every microsecond and byte of its samples is in the tree, from text as from MOJO."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers.parts.call_tree import NO_STACK
from tests.readers.harm import ARTEFACTS
from tests.readers.stacks import Rows, outcomes_of_cuts

FOLDER = ARTEFACTS / "austin"
UNITS = {"wall": ("wall_s", 1e-6), "cpu": ("cpu_s", 1e-6), "memory": ("bytes", 1.0)}


@pytest.mark.parametrize("mode", UNITS)
def test_own_weights_sum_to_the_texts(mode: str) -> None:
    path, (unit, scale) = FOLDER / f"text_{mode}.txt", UNITS[mode]
    truth = sum(int(line.rsplit(" ", 1)[1]) for line in path.read_text().splitlines() if line and not line.startswith("#"))
    assert Rows(path, "austin").own() == pytest.approx({unit: truth * scale})


def test_full_mode_keeps_time_processor_and_memory_apart() -> None:
    path = FOLDER / "text_full.txt"
    samples = [list(map(int, line.rsplit(" ", 1)[1].split(","))) for line in path.read_text().splitlines() if line.startswith("P")]
    rows = Rows(path, "austin")
    freed = [row["value"] for row in rows.tables["profile_facts"] if row["stat"] == "freed"]
    assert rows.own() == pytest.approx(
        {
            "wall_s": sum(sample[0] for sample in samples) / 1e6,
            "cpu_s": sum(sample[0] for sample in samples if not sample[1]) / 1e6,
            "bytes": sum(max(sample[2], 0) for sample in samples),
        }
    )
    assert sum(freed) == -sum(min(sample[2], 0) for sample in samples)


@pytest.mark.parametrize("name", ["3_wall", "3_full", "4_wall", "4_cpu", "4_memory"])
def test_a_binary_holds_the_stacks_that_mojo2austin_writes(name: str) -> None:
    ours, theirs = Rows(FOLDER / f"binary_{name}.mojo", "austin"), Rows(FOLDER / f"mojo2austin_{name}.txt", "austin")
    [unit] = theirs.own()
    assert by_stack(ours, unit) == pytest.approx(by_stack(theirs, unit))
    lines = (FOLDER / f"mojo2austin_{name}.txt").read_text().splitlines()
    truth = sum(int(line.rsplit(" ", 1)[1]) for line in lines if line and not line.startswith("#"))
    assert ours.own()[unit] == pytest.approx(truth * (1.0 if unit == "bytes" else 1e-6))
    assert len(ours.threads()) == 2


def by_stack(rows: Rows, unit: str) -> dict[tuple[Any, ...], float]:
    """Own weights; a stack is its thread and its frames with the lines that were executed."""
    stacks: dict[int | None, tuple[Any, ...]] = {}
    found: dict[tuple[Any, ...], float] = {}
    for row in rows.nodes:
        if row["unit"] == unit:
            above = stacks.get(row["parent_id"], (row["process"], row["thread"]))
            frame = rows.frames[row["frame_id"]]
            # mojo2austin leaves frames out that austin could not read
            stack = stacks[row["node_id"]] = above if frame[0] in (NO_STACK, "INVALID") else (*above, frame, row["line"])
            found[stack] = found.get(stack, 0.0) + row["self"]
    return found


def test_full_mode_in_binary_keeps_processor_and_memory_apart_as_well() -> None:
    own = Rows(FOLDER / "binary_3_full.mojo", "austin").own()
    assert set(own) == {"wall_s", "cpu_s", "bytes"}
    assert 0 < own["cpu_s"] < own["wall_s"]


def test_samples_are_in_time() -> None:
    samples = Rows(FOLDER / "text_wall.txt", "austin").tables["profile_samples"]
    assert sum(sample["weight"] for sample in samples) == pytest.approx(1.157012)
    assert 500 < max(sample["at_ms"] for sample in samples) < 1000


@pytest.mark.parametrize("name", ["binary_4_wall.mojo", "binary_3_full.mojo", "text_wall.txt"])
def test_what_was_cut_off_is_read_or_refused(name: str, tmp_path: Path) -> None:
    assert outcomes_of_cuts(FOLDER / name, "austin", tmp_path) <= {"read", "refused"}


@pytest.mark.parametrize(
    "content", [b"MOJ", b"MOJ\x04", b"MOJ\x07", b"MOJ\x04\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"MOJ\x04\x05\x01", b"MOJ\x04\x63"]
)
def test_crafted_bytes_are_refused_or_empty(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "crafted"
    path.write_bytes(content)
    try:
        assert Rows(path, "austin").nodes == []
    except ArtefactError as error:
        assert "crafted" in str(error)

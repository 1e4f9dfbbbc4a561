"""austin: every microsecond and byte of its samples is in the tree, from text as from MOJO."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
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


@pytest.mark.parametrize(
    ("name", "unit", "truth"),
    [("binary_3_wall", "wall_s", 1.06557), ("binary_4_wall", "wall_s", 1.18134), ("binary_4_cpu", "cpu_s", 0.876419)],
)
def test_binary_sums_are_those_of_mojo2austin(name: str, unit: str, truth: float) -> None:
    rows = Rows(FOLDER / f"{name}.mojo", "austin")
    assert rows.own() == pytest.approx({unit: truth})
    assert rows.total_of("spin", unit) > truth / 2
    assert len(rows.threads()) == 2


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

"""pprof: the sums are those of go tool pprof, and no crafted byte does harm."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers.parts.protobuf import ProtobufError, fields, varint
from tests.readers.harm import ARTEFACTS, artefacts
from tests.readers.stacks import Rows, outcomes_of_cuts

CPU = ARTEFACTS / "pprof" / "go_cpu.pb.gz"


def test_every_type_is_a_tree_with_the_sum_of_gos_own_tool() -> None:
    """Sums of `go tool pprof -raw`, in nanoseconds and bytes."""
    truth: dict[str, dict[str, float]] = {
        "go_cpu": {"samples": 31, "cpu_s": 0.31},
        "go_heap": {"allocations": 4807, "bytes": 46901337, "inuse_objects": 94, "inuse_space_bytes": 6417067},
        "go_block": {"contentions": 4, "wall_s": 0.287870399},
        "go_mutex": {"contentions": 2, "wall_s": 0.04655439},
        "node_heap": {"allocations": 711636, "bytes": 30464560},
        "node_wall": {"samples": 227, "wall_s": 0.454},
    }
    for name, sums in truth.items():
        own = Rows(ARTEFACTS / "pprof" / f"{name}.pb.gz", "pprof").own()
        assert own.keys() == sums.keys()
        assert all(own[unit] == pytest.approx(sums[unit], rel=1e-12) for unit in sums)


@pytest.mark.parametrize(("mode", "unit"), [("wall", "wall_s"), ("cpu", "cpu_s")])
def test_what_austin2pprof_writes_has_austins_sum(mode: str, unit: str) -> None:
    truth = Rows(ARTEFACTS / "austin" / f"mojo2austin_4_{mode}.txt", "austin").own()
    assert Rows(ARTEFACTS / "pprof" / f"austin2pprof_{mode}.pb", "pprof").own() == pytest.approx(truth)
    assert set(truth) == {unit}


def test_labels_name_threads_and_inlined_functions_are_frames() -> None:
    rows = Rows(CPU, "pprof")
    assert rows.threads() == {"worker-1", None}
    assert rows.total_of("main.descend", "cpu_s") > 0
    assert {row["stat"] for row in rows.tables["profile_facts"]} == {"wall", "period"}


def test_without_compression_it_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "cpu.pb"
    path.write_bytes(gzip.decompress(CPU.read_bytes()))
    assert Rows(path, "pprof").own() == Rows(CPU, "pprof").own()
    assert "refused" in outcomes_of_cuts(path, "pprof", tmp_path)


def test_flipped_bytes_are_read_or_refused(tmp_path: Path) -> None:
    content, chance = gzip.decompress(CPU.read_bytes()), random.Random(5)
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path = tmp_path / "flipped.pb"
        path.write_bytes(damaged)
        try:
            Rows(path, "pprof")
        except ArtefactError as error:
            assert "flipped.pb" in str(error)


@pytest.mark.parametrize("content", [b"\xff" * 11, b"\x0a\xff\xff\xff\xff\x0f", b"\x0b", b"\x00\x01", b"\x08", b"\x09\x01"])
def test_hostile_fields_are_refused(content: bytes) -> None:
    with pytest.raises(ProtobufError):
        list(fields(memoryview(content), 0, len(content)))


def test_a_number_of_ten_bytes_is_64_bits() -> None:
    assert varint(memoryview(b"\xff" * 9 + b"\x01"), 0, 10) == (2**64 - 1, 10)


def test_all_artefacts_are_read() -> None:
    assert all(Rows(path, "pprof").own() for path in artefacts("pprof"))


def test_what_python_and_protobufs_own_writer_make_is_read() -> None:
    """Sums of `go tool pprof -raw` and `-top`."""
    google = Rows(ARTEFACTS / "pprof" / "google_cloud_wall.pb.gz", "pprof")
    assert google.own() == pytest.approx({"samples": 10, "wall_s": 0.1})
    assert [google.total_of(name, "wall_s") for name in ("price", "<lambda>", "serve")] == pytest.approx([0.09, 0.02, 0.1])


def test_an_address_without_a_name_an_inlined_call_and_two_threads_of_one_name() -> None:
    rows = Rows(ARTEFACTS / "pprof" / "addresses.pb", "pprof")
    assert (rows.own(), rows.threads()) == ({"samples": 9}, {"io (77)", "io (78)", None})
    assert [rows.total_of(name, "samples") for name in ("main.main", "main.inlining", "main.price", "[unknown]", "(no stack)")] == [8, 5, 5, 3, 1]

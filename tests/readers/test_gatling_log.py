"""Gatling's binary log: requests in absolute time under the path of their groups, and refusal of everything that is no whole record."""

from __future__ import annotations

import gzip
import random
import struct
from datetime import datetime
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import detect
from perfkit.workbench import Workbench
from tests.readers.harm import ARTEFACTS, artefacts, drained, manifest_of

LOG = ARTEFACTS / "gatling_log" / "simulation.log"
NAME = "gatling-log"
STARTED_MS = 1_700_000_000_000


def text(value: str) -> bytes:
    return struct.pack(">i", len(value)) + value.encode("latin-1") + b"\0" if value else struct.pack(">i", 0)


def run_record(version: str = "3.14.3", start_ms: int = STARTED_MS) -> bytes:
    return b"\0" + text(version) + text("shop.Basket") + struct.pack(">q", start_ms) + text("nightly") + struct.pack(">i", 0) + struct.pack(">i", 0)


def request(start_ms: int, end_ms: int, name: bytes, message: bytes, ok: bool = True) -> bytes:
    return b"\1" + struct.pack(">i", 0) + name + struct.pack(">ii?", start_ms, end_ms, ok) + message


FIRST = struct.pack(">i", 1) + text("home")
EMPTY = struct.pack(">i", 2) + text("")


@pytest.mark.parametrize("path", artefacts("gatling_log"), ids=lambda path: path.name)
def test_the_content_tells_the_format(path: Path) -> None:
    assert detect(path).NAME == NAME


def test_requests_start_in_absolute_time_under_the_path_of_their_groups(bench: Workbench) -> None:
    bench.ingest([LOG])
    rows = bench.store.query("select started_at, duration_ms, endpoint, status, ok, error from requests order by started_at")[1]
    assert rows == [
        (datetime(2025, 2, 19, 21, 20, 0, 12_000), 87, "GET /items/{id}", 0, True, None),
        (datetime(2025, 2, 19, 21, 20, 0, 105_000), 87, "GET /items/{id}", 0, True, None),
        (datetime(2025, 2, 19, 21, 20, 0, 200_000), 368, "Checkout > Pay > Card", 0, True, None),
        (datetime(2025, 2, 19, 21, 20, 0, 570_000), 120, "Checkout > Pay > Card", 503, False, "status.find.in([200, 209], 304), found 503"),
        (datetime(2025, 2, 19, 21, 20, 0, 700_000), 100, "Checkout > Größe 測試", 0, True, None),
        (
            datetime(2025, 2, 19, 21, 20, 0, 820_000),
            60_000,
            "GET /items/{id}",
            0,
            False,
            "i.n.c.ConnectTimeoutException: connection timed out:\tshop",
        ),
    ]


def test_the_run_record_describes_the_run() -> None:
    told = manifest_of(LOG, NAME)
    assert (told.tool_version, told.started_at) == ("3.13.5", datetime(2025, 2, 19, 21, 20))
    assert told.parameters == {"simulation": "shop.BasketSimulation", "scenarios": ["Browse"]}


def test_a_text_is_written_once_and_referred_to_by_its_negative_number(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "simulation.log"
    again = struct.pack(">i", -1), struct.pack(">i", -2)
    path.write_bytes(run_record() + request(0, 5, FIRST, EMPTY) + request(-3, 9, *again))
    bench.ingest([path])
    assert bench.store.query("select endpoint, duration_ms from requests order by 2")[1] == [("home", 5), ("home", 12)]
    assert manifest_of(path, NAME).parameters["description"] == "nightly"


def test_a_log_that_ends_within_a_record_is_refused_and_one_that_ends_behind_it_is_whole(tmp_path: Path) -> None:
    content = LOG.read_bytes()
    refused = 0
    for length in range(1, len(content)):
        path = tmp_path / "cut"
        path.write_bytes(content[:length])
        try:
            drained(path, NAME)
        except ArtefactError as error:
            assert "cut" in str(error)
            refused += 1
    records = 12
    assert refused == len(content) - 1 - records


def test_gzip_is_read_and_a_damaged_one_refused(tmp_path: Path) -> None:
    packed = gzip.compress(LOG.read_bytes())
    whole, damaged = tmp_path / "whole", tmp_path / "damaged"
    whole.write_bytes(packed)
    drained(whole, NAME)
    for content in (packed[:-20], packed[:200] + b"\xff" * 40):
        damaged.write_bytes(content)
        with pytest.raises(ArtefactError, match="damaged"):
            drained(damaged, NAME)


def test_changed_bytes_are_read_or_refused_and_nothing_else(tmp_path: Path) -> None:
    content, noise = LOG.read_bytes(), random.Random(5)
    path = tmp_path / "changed"
    refused = 0
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] = noise.randrange(256)
        path.write_bytes(bytes(changed))
        try:
            drained(path, NAME)
        except ArtefactError:
            refused += 1
    assert refused > len(content) // 4


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (request(9, 5, FIRST, EMPTY), "4 ms before it starts"),
        (request(0, 5, struct.pack(">i", 7) + text("home"), EMPTY), "text 7 where 0 are known"),
        (request(0, 5, struct.pack(">i", -1), EMPTY), "text -1 where 0 are known"),
        (request(0, 5, struct.pack(">ii", 1, -5), EMPTY), "negative length"),
        (request(0, 5, struct.pack(">ii", 1, 2**30), EMPTY), "cut off"),
        (request(0, 5, struct.pack(">ii", 1, 2) + b"ab\x07", EMPTY), "unknown encoding 7"),
        (request(0, 5, struct.pack(">ii", 1, 2) + b"\x00\xdc\x01", EMPTY), "no UTF-16"),
        (b"\1" + struct.pack(">i", 2**30), "groups"),
        (b"\2" + struct.pack(">i?i", 0, True, 5), "scenario 0 of 0"),
        (b"\1" + struct.pack(">i", 0) + FIRST + struct.pack(">iiB", 0, 1, 3), "neither true nor false"),
        (b"\7garbage", "unknown kind 7"),
    ],
)
def test_records_that_cannot_be_are_refused(tmp_path: Path, damage: bytes, reason: str) -> None:
    path = tmp_path / "bad"
    path.write_bytes(run_record() + damage)
    with pytest.raises(ArtefactError, match=reason):
        drained(path, NAME)


@pytest.mark.parametrize("content", [b"\1", run_record(start_ms=-5), run_record(start_ms=2**60), run_record()[:-8] + b"\xff" * 8])
def test_run_records_that_cannot_be_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad"
    path.write_bytes(content)
    with pytest.raises(ArtefactError, match="bad"):
        drained(path, NAME)


@pytest.mark.parametrize("content", [b"\0", b"\0\0\0\0\6", b"\0\0\0\0\6abcdef\0", b"\0" * 100, run_record(version="v3")])
def test_other_binaries_are_not_claimed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(ArtefactError):
        detect(path)

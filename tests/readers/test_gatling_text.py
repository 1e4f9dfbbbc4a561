"""Gatling's text logs of three generations hold the same requests as the binary one."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import detect
from perfkit.workbench import Workbench
from tests.readers.harm import ARTEFACTS, artefacts, cut, manifest_of

NEWEST = ARTEFACTS / "gatling_text" / "gatling_3_9.log"
BINARY = ARTEFACTS / "gatling_log" / "simulation.log"
RUN = "RUN\tshop.Basket\tbasket\t1700000000000\tnightly\t3.9.5\n"
REQUEST = "REQUEST\t\thome\t1700000000010\t1700000000030\tOK\t \n"
SELECT = "select started_at, duration_ms, endpoint, status, ok, replace(error, chr(9), ' ') from requests order by started_at"


def stored(bench: Workbench, path: Path) -> list[tuple[object, ...]]:
    [ingested] = bench.ingest([path])
    return bench.store.query(SELECT.replace("requests", f"requests where run_id = '{ingested.run_id}'"))[1]


@pytest.mark.parametrize("path", artefacts("gatling_text"), ids=lambda path: path.name)
def test_the_content_tells_the_format(path: Path) -> None:
    assert detect(path).NAME == "gatling-text"


@pytest.mark.parametrize("path", artefacts("gatling_text"), ids=lambda path: path.name)
def test_every_generation_holds_the_requests_of_the_binary_log(bench: Workbench, path: Path) -> None:
    rows = stored(bench, path)
    assert len(rows) == 6
    assert rows == stored(bench, BINARY)


def test_the_run_record_describes_the_run() -> None:
    told = manifest_of_text(NEWEST)
    assert told == ("3.9.5", datetime(2025, 2, 19, 21, 20), {"simulation": "shop.BasketSimulation"})
    assert manifest_of_text(NEWEST.with_name("gatling_2_3.log"))[0] is None


def manifest_of_text(path: Path) -> tuple[object, object, object]:
    told = manifest_of(path, "gatling-text")
    return told.tool_version, told.started_at, dict(told.parameters)


def test_a_name_that_is_a_number_does_not_shift_the_columns(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(RUN + REQUEST.replace("home", "42"))
    assert stored(bench, path) == [(datetime(2023, 11, 14, 22, 13, 20, 10_000), 20, "42", 0, True, None)]


def test_extra_cells_of_gatling_2_are_left_out(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "log"
    request = "REQUEST\tBrowse\t1\t\thome\t1700000000010\t1700000000030\tKO\tstatus.find.is(200), but actually found 404\textra\tmore\n"
    path.write_text("RUN\tshop.Basket\t\tbasket\t1700000000000\t \t2.0\n" + request)
    assert stored(bench, path)[0][3:] == (404, False, "status.find.is(200), but actually found 404")


def test_gzip_is_read_too(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(NEWEST.read_bytes()))
    assert len(stored(bench, path)) == 6
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ArtefactError, match="damaged"):
        bench.ingest([path], as_format="gatling-text")


def test_cut_logs_are_refused_and_their_whole_lines_can_be_read(bench: Workbench, tmp_path: Path) -> None:
    for damaged in cut(NEWEST, tmp_path):
        with pytest.raises(ArtefactError, match=damaged.name):
            bench.ingest([damaged], as_format="gatling-text")
    bench.ingest([tmp_path / "cut-64"], partial=True)
    whole = NEWEST.read_bytes()[: NEWEST.stat().st_size * 64 // 100].rpartition(b"\n")[0].count(b"REQUEST")
    assert bench.store.query("select count(*), any_value(valid) from requests join runs using (run_id)")[1] == [(whole, False)]


@pytest.mark.parametrize(
    "damage",
    [
        REQUEST.replace("\tOK", "\tMAYBE"),
        REQUEST.replace("1700000000030", "1700000000009"),
        REQUEST.replace("1700000000030", "soon"),
        REQUEST.replace("1700000000010", "1700000000010.5"),
        REQUEST.replace("1700000000010", "9" * 19),
        REQUEST.replace("\t \n", "\n"),
        REQUEST.replace("\t \n", "\t \textra\n"),
        "REQ" + REQUEST,
        "\x00\x01\x02\n",
        "REQUEST\n",
        " \n",
    ],
)
def test_lines_that_are_no_records_are_refused(bench: Workbench, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "bad"
    path.write_text(RUN + REQUEST + damage + REQUEST)
    with pytest.raises(ArtefactError, match="bad"):
        bench.ingest([path])


@pytest.mark.parametrize(
    "content",
    [
        *(
            RUN,
            REQUEST + RUN,
            RUN + "REQUEST\ta\tb\n",
            RUN.replace("1700000000000", "nan") + REQUEST,
            RUN.replace("1700000000000", "9" * 16) + REQUEST,
        ),
        RUN.replace("1700000000000", "-1") + REQUEST,
    ],
)
def test_logs_without_a_run_or_a_request_are_refused(bench: Workbench, tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad"
    path.write_text(content)
    with pytest.raises(ArtefactError, match="bad"):
        bench.ingest([path], as_format="gatling-text")

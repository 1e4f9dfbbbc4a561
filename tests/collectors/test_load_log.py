"""Logs of request rows are read whole or refused, whoever wrote them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers.locust_requests import HEADER, WIDE_HEADER
from perfkit.workbench import Workbench

PLAIN = "1790000000.25,GET,/cats,12.5,2,200,\n"
WIDE = "1790000000.25,GET,/cats,12.5,2,200,,worker-1,50,steady,1790000000.2\n"
WATCH = "1790000000.5,,watch GET /health,3.5,2,200,,watch,,,1790000000.5\n"
SAMPLE = "1790000001,#sample,generator.cpu,37.5,,,%,worker-1,,steady,\n"


@pytest.mark.parametrize("packed", [False, True])
def test_a_wide_log_keeps_worker_stage_phase_and_intended_time(bench: Workbench, tmp_path: Path, packed: bool) -> None:
    text = f"{WIDE_HEADER}\n{WIDE}{WATCH}{SAMPLE}".encode()
    (tmp_path / "load.csv").write_bytes(gzip.compress(text) if packed else text)
    [stored] = bench.ingest([tmp_path / "load.csv"])
    assert (stored.format, stored.rows) == ("locust-requests", {"requests": 2, "samples": 1})
    query = "select endpoint, method, worker, stage, phase, epoch_ms(started_at - intended_at), ok from requests order by started_at"
    assert bench.store.query(query)[1] == [
        ("/cats", "GET", "worker-1", 50, "steady", 50, True),
        ("watch GET /health", None, "watch", None, None, 0, True),
    ]
    assert bench.store.query("select series, value, unit from samples")[1] == [("generator.cpu", 37.5, "%")]


def test_samples_of_several_generators_carry_their_names(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text(f"{WIDE_HEADER}\n{WIDE}{SAMPLE}{SAMPLE.replace('worker-1', 'worker-2')}")
    bench.ingest([tmp_path / "load.csv"])
    assert bench.store.query("select series from samples order by all")[1] == [("generator.cpu.worker-1",), ("generator.cpu.worker-2",)]


def test_locusts_own_log_is_still_read(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text(f"{HEADER}\n{PLAIN}")
    [stored] = bench.ingest([tmp_path / "load.csv"])
    assert stored.rows == {"requests": 1}


@pytest.mark.parametrize("header", [HEADER, WIDE_HEADER])
@pytest.mark.parametrize(
    "spliced",
    ["1790000000.25,GET,/ca1790000000.31,GET,/dogs,12.5,2,200,\n", "1790000000.25,GET,/cats,12.5,2\n", "1790000GET,GET,/cats,12.5,2,200,\n"],
)
def test_spliced_lines_are_refused(bench: Workbench, tmp_path: Path, header: str, spliced: str) -> None:
    row = PLAIN if header == HEADER else WIDE
    (tmp_path / "load.csv").write_text(f"{header}\n{row}{spliced}{row}")
    with pytest.raises(ArtefactError, match="tried as locust-requests"):
        bench.ingest([tmp_path / "load.csv"])
    assert bench.runs() == []

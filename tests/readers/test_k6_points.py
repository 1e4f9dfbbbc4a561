"""k6's points: the same requests as in its CSV, to the nanosecond, and nothing that cannot be a request."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.workbench import Workbench
from tests.readers.cutting import ARTEFACTS, claims, cuts, files_of

FILES = files_of("k6_points")
REFUSED = next(path for path in FILES if path.name == "refused.json")
SAME_TEST = [
    ("k6_points/shop.json.gz", "k6_csv/shop.csv.gz"),
    ("k6_points/arrivals.json.gz", "k6_csv/arrivals_rfc3339_nano.csv"),
    ("k6_points/refused.json", "k6_csv/refused.csv"),
]
GOOD = {"time": "2026-01-01T00:00:00.5Z", "value": 1.5, "tags": {"name": "/a", "status": "200"}}


def durations(path: Path) -> list[dict[str, Any]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    points = [json.loads(line) for line in text.splitlines()]
    return [point["data"] for point in points if point["type"] == "Point" and point["metric"] == "http_req_duration"]


def line(**data: Any) -> str:
    return json.dumps({"metric": "http_req_duration", "type": "Point", "data": GOOD | data}) + "\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_its_own_reader_takes_the_file(path: Path) -> None:
    assert claims(path) == ["k6-points"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_request_starts_its_duration_before_its_points_time(bench: Workbench, path: Path) -> None:
    bench.ingest([path])
    told = sorted(datetime.fromisoformat(point["time"]).timestamp() - point["value"] / 1000 for point in durations(path))
    assert [start for (start,) in bench.store.query("select epoch(started_at) as start from requests order by start")[1]] == pytest.approx(
        told, abs=2e-6
    )


@pytest.mark.parametrize(("points", "table"), SAME_TEST, ids=["shop", "arrivals", "refused"])
def test_both_outputs_of_one_test_give_the_same_requests(bench: Workbench, points: str, table: str) -> None:
    bench.ingest([ARTEFACTS / points, ARTEFACTS / table])
    columns = "format, round(duration_ms, 6), endpoint, method, status, ok, error, phase"
    found = bench.store.query(f"select {columns} from requests join runs using (run_id) order by all")[1]
    by_format = {name: [row[1:] for row in found if row[0] == name] for name in ("k6-points", "k6-csv")}
    assert by_format["k6-points"] == by_format["k6-csv"]
    assert by_format["k6-points"]


def test_a_group_within_setup_is_setup(bench: Workbench) -> None:
    bench.ingest([ARTEFACTS / "k6_points/shop.json.gz"])
    assert bench.store.query("select phase, count(*) from requests where phase is not null group by all order by all")[1] == [
        ("setup", 2),
        ("teardown", 1),
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, "slow", None])
def test_a_duration_that_cannot_be_refuses_the_file(bench: Workbench, tmp_path: Path, value: Any) -> None:
    (tmp_path / "p.json").write_text(line() + line(value=value))
    with pytest.raises(ArtefactError, match=r"p.json"):
        bench.ingest([tmp_path / "p.json"])


def test_spliced_lines_refuse_the_file(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(line() + line()[:40] + line())
    with pytest.raises(ArtefactError, match=r"p.json"):
        bench.ingest([tmp_path / "p.json"])


def test_a_cut_file_is_refused_and_its_whole_rows_can_be_asked_for(bench: Workbench, tmp_path: Path) -> None:
    for cut in cuts(REFUSED, tmp_path / "cut.json", pieces=4):
        with pytest.raises(ArtefactError, match=r"cut.json.*cut off"):
            bench.ingest([cut])
    [stored] = bench.ingest([tmp_path / "cut.json"], partial=True)
    assert stored.rows == {"requests": 1}


def test_a_cut_gzip_is_refused(bench: Workbench, tmp_path: Path) -> None:
    content = (ARTEFACTS / "k6_points/shop.json.gz").read_bytes()
    for part in (3, 5, 8):
        (tmp_path / "cut.json.gz").write_bytes(content[: len(content) * part // 10])
        with pytest.raises(ArtefactError, match=r"cut.json.gz"):
            bench.ingest([tmp_path / "cut.json.gz"], as_format="k6-points")

"""hey's CSV has answers only and stops at a million rows; both are said instead of hidden."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import hey_csv
from perfkit.workbench import Workbench

FOLDER = Path(__file__).parent.parent / "artefacts" / "hey_csv"
GOOD = "0.0100,0.0010,0.0000,0.0001,0.0080,0.0002,200,0.5000\n"


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_seconds_become_milliseconds_and_offsets_count_from_1970(bench: Workbench) -> None:
    bench.ingest([FOLDER / "ok.csv"])
    expected = [(float(row["offset"]), float(row["response-time"]) * 1000) for row in rows("ok.csv")]
    found = bench.store.query("select epoch_us(started_at) / 1e6, duration_ms from requests order by 1, 2")[1]
    assert [tuple(row) for row in found] == [pytest.approx(pair) for pair in sorted(expected)]


def test_every_status_is_kept_and_decides(bench: Workbench) -> None:
    bench.ingest([FOLDER / "mixed_statuses.csv"])
    found = bench.store.query("select status, ok, count(*) from requests group by all order by status")[1]
    counts = Counter(int(row["status-code"]) for row in rows("mixed_statuses.csv"))
    assert found == [(status, status < 400, count) for status, count in sorted(counts.items())]
    assert {404, 429, 500} <= counts.keys()


def test_connecting_is_inside_the_duration(bench: Workbench) -> None:
    bench.ingest([FOLDER / "mixed_statuses.csv"])
    [(inside, connect_ms, wait_ms)] = bench.store.query(
        "select bool_and(connect_ms <= duration_ms + 0.1), sum(connect_ms), sum(wait_ms) from requests"
    )[1]
    assert inside
    assert connect_ms == pytest.approx(sum(float(row["DNS+dialup"]) for row in rows("mixed_statuses.csv")) * 1000)
    assert wait_ms == pytest.approx(sum(float(row["Response-delay"]) for row in rows("mixed_statuses.csv")) * 1000)


def test_requests_without_an_answer_are_not_in_the_file_and_perfkit_says_so(bench: Workbench) -> None:
    [stored] = bench.ingest([FOLDER / "timeouts_left_out.csv"])
    assert stored.rows["requests"] == len(rows("timeouts_left_out.csv")) < 60
    assert "without an answer are missing" in hey_csv.ABOUT


def test_a_run_without_a_date_is_dated_by_its_file(bench: Workbench) -> None:
    bench.ingest([FOLDER / "ok.csv"])
    [(started_at, model)] = bench.store.query("select started_at, load_model from runs")[1]
    assert started_at.year > datetime(1970, 1, 1).year
    assert model == "closed"


def test_a_million_rows_are_not_judged(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "full.csv").write_text(hey_csv.HEADER + "\n" + GOOD * hey_csv.MOST_ROWS)
    [stored] = bench.ingest([tmp_path / "full.csv"])
    assert stored.rows == {"requests": 1_000_000}
    assert bench.store.query("select valid, invalid_because from runs")[1] == [(False, "truncated by hey at 1 000 000 rows")]


def test_a_run_without_any_answer_holds_nothing(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "refused.csv").write_text(hey_csv.HEADER + "\n")
    with pytest.raises(ArtefactError, match="no measurements"):
        bench.ingest([tmp_path / "refused.csv"])


@pytest.mark.parametrize(
    ("old", "new"), [("0.0100", "-0.0100"), ("0.0100", "NaN"), ("0.0080", "Inf"), ("0.5000", "-1"), ("200", "0"), ("0.0001", "")]
)
def test_a_wrong_value_is_refused_with_its_place(bench: Workbench, tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "wrong.csv").write_text(hey_csv.HEADER + "\n" + GOOD + GOOD.replace(old, new, 1))
    with pytest.raises(ArtefactError, match=r"wrong\.csv: tried as hey-csv: .*the request that began at"):
        bench.ingest([tmp_path / "wrong.csv"])

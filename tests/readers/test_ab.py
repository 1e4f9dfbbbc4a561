"""ApacheBench does not say what failed, so its requests are shown and not judged; its percentiles lost nothing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import ab_gnuplot
from perfkit.workbench import Workbench

FOLDER = Path(__file__).parent.parent / "artefacts"
TABLE = FOLDER / "ab_gnuplot" / "mixed_statuses.tsv"
PERCENTILES = FOLDER / "ab_percentiles" / "mixed_statuses.csv"
GOOD = "Sat Nov 21 07:22:07 2026\t1795245727\t1\t8\t9\t7\n"


def table() -> list[dict[str, str]]:
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_rows_come_sorted_by_duration_and_start_at_whole_seconds(bench: Workbench) -> None:
    durations = [int(row["ttime"]) for row in table()]
    assert durations == sorted(durations)
    bench.ingest([TABLE])
    found = bench.store.query("select epoch_us(started_at), duration_ms, connect_ms, wait_ms from requests order by all")[1]
    expected = sorted((int(row["seconds"]) * 1_000_000, *(float(row[key]) for key in ("ttime", "ctime", "wait"))) for row in table())
    assert [tuple(row) for row in found] == expected


def test_the_text_and_the_second_of_a_start_are_the_same_moment_in_utc(bench: Workbench) -> None:
    bench.ingest([TABLE])
    shown = {row["starttime"] for row in table()}
    assert {row[0] for row in bench.store.query("select distinct strftime(started_at, '%a %b %d %H:%M:%S %Y') from requests")[1]} == shown


def test_a_run_that_does_not_say_what_failed_is_not_judged(bench: Workbench) -> None:
    bench.ingest([TABLE])
    [(valid, reason, model)] = bench.store.query("select valid, invalid_because, load_model from runs")[1]
    assert (valid, reason, model) == (False, ab_gnuplot.NOT_JUDGED, "closed")
    assert bench.store.query("select distinct status, ok from requests")[1] == [(0, True)]
    assert bench.measure("error.rate", subject="all requests") == []


@pytest.mark.parametrize(("old", "new"), [("\t9\t", "\t-9\t"), ("\t9\t", "\t9.5x\t"), ("1795245727", "0"), ("\t7\n", "\t\n"), ("\t7\n", "\n")])
def test_a_wrong_value_is_refused(bench: Workbench, tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "wrong.tsv").write_text(ab_gnuplot.HEADER + "\n" + GOOD + GOOD.replace(old, new, 1))
    with pytest.raises(ArtefactError, match=r"wrong\.tsv: tried as ab-gnuplot"):
        bench.ingest([tmp_path / "wrong.tsv"])


def test_percentiles_are_kept_as_printed(bench: Workbench) -> None:
    bench.ingest([PERCENTILES])
    with PERCENTILES.open(newline="") as file:
        expected = {f"p{row['Percentage served']}": float(row["Time in ms"]) for row in csv.DictReader(file)}
    found = bench.store.query("select stat, value, lo, hi, unit, endpoint from reported")[1]
    assert {row[0]: row[1] for row in found} == expected
    assert all(row[1:] == (row[1], row[1], row[1], "ms", None) for row in found)
    assert {"p0", "p50", "p99", "p100"} <= expected.keys()


def test_a_hundred_percentiles_are_as_good_as_a_hundred_and_one(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "short.csv").write_text("".join(PERCENTILES.read_text().splitlines(keepends=True)[:101]))
    [stored] = bench.ingest([tmp_path / "short.csv"])
    assert stored.rows == {"reported": 100}


@pytest.mark.parametrize("kept", [2, 60, 100])
def test_fewer_percentiles_are_refused(bench: Workbench, tmp_path: Path, kept: int) -> None:
    (tmp_path / "short.csv").write_text("".join(PERCENTILES.read_text().splitlines(keepends=True)[:kept]))
    with pytest.raises(ArtefactError, match=f"{kept - 1} percentiles"):
        bench.ingest([tmp_path / "short.csv"])


@pytest.mark.parametrize("row", ["50,nan", "50,-1.000", "50,0.001", "51,9.000", "50", "50,9.000,1"])
def test_a_wrong_percentile_is_refused(bench: Workbench, tmp_path: Path, row: str) -> None:
    lines = PERCENTILES.read_text().splitlines()
    (tmp_path / "wrong.csv").write_text("\n".join([*lines[:51], row, *lines[52:]]) + "\n")
    with pytest.raises(ArtefactError, match=r"wrong\.csv"):
        bench.ingest([tmp_path / "wrong.csv"])

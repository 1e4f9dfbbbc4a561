"""The pictures beside a report say what the rows say, in SVG that any viewer reads."""

from __future__ import annotations

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from perfkit.analyses.comparison import Compared
from perfkit.analyses.measure import Measurement
from perfkit.analyses.request_time import RequestTime
from perfkit.figures.comparison import comparison_figure
from perfkit.figures.request_time import request_time_figure
from perfkit.figures.rows_of_bars import BASE_COLOUR, CANDIDATE_COLOUR, RowsOfBars

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "/a?b=<script>&\u202e\x1b[31m" + "x" * 300


def elements(picture: RowsOfBars, tmp_path: Path, kind: str) -> list[ElementTree.Element]:
    return list(ElementTree.parse(picture.save(tmp_path / "a.svg")).getroot().iter(SVG + kind))


def texts(picture: RowsOfBars, tmp_path: Path) -> list[str]:
    return [(element.text or "").replace("\u202f", " ") for element in elements(picture, tmp_path, "text")]


def bars(picture: RowsOfBars, tmp_path: Path, colour: str) -> list[tuple[float, float]]:
    """Beginning and width of every bar of a colour; the last one is that of the legend."""
    found = [element for element in elements(picture, tmp_path, "rect") if element.get("fill") == colour]
    return [(float(element.attrib["x"]), float(element.attrib["width"])) for element in found[:-1]]


def compared(subject: str, base: float, candidate: float) -> Compared:
    return Compared("latency.p95", subject, "ms", base, candidate, candidate / base, None, None, "faster", None, 5, 5, None)


def measurement(subject: str, value: float, lo: float | None = None, hi: float | None = None) -> Measurement:
    return Measurement("latency.p95", subject, value, lo, hi, "ms", 100, ("a", "b"), "runs-t")


def two_sides(*subjects: str, lo: float | None = None, hi: float | None = None) -> RowsOfBars:
    measured = {
        "baseline": {subject: measurement(subject, 1000.0, lo, hi) for subject in subjects},
        "optimized": {subject: measurement(subject, 100.0) for subject in subjects},
    }
    return comparison_figure([compared(subject, 1000.0, 100.0) for subject in subjects], measured, title="P95 under load")


def request(subject: str, **times: float) -> RequestTime:
    parts = {part: times.get(part, 0.0) for part in ("db_ms", "cache_ms", "llm_ms", "http_ms", "own_ms")}
    return RequestTime("run", subject, 1, sum(parts.values()), **parts, db_calls=1, cache_calls=0, llm_calls=0)


def test_two_labels_have_a_bar_each_as_long_as_their_logarithm(tmp_path: Path) -> None:
    picture = two_sides("/a")
    [(left, base)], [(_, candidate)] = bars(picture, tmp_path, BASE_COLOUR), bars(picture, tmp_path, CANDIDATE_COLOUR)
    least = 100 / 1.5
    assert candidate / base == pytest.approx(math.log(100 / least) / math.log(1000 / least), abs=0.01)
    assert left > 0
    said = texts(picture, tmp_path)
    assert {"P95 under load", "/a", "faster", "1.00 s", "100 ms", "ms, logarithmic", "baseline", "optimized"} <= set(said)
    assert {"100", "200", "500", "1000"} <= set(said)


def test_an_interval_is_drawn_where_there_is_one(tmp_path: Path) -> None:
    plain, bounded = (len(elements(picture, tmp_path, "line")) for picture in (two_sides("/a"), two_sides("/a", lo=900.0, hi=1000.0)))
    assert bounded == plain + 3


def test_the_parts_of_a_request_follow_one_another(tmp_path: Path) -> None:
    picture = request_time_figure([request("GET /a", db_ms=30.0, own_ms=70.0), request("GET /b", db_ms=10.0, cache_ms=0.01)], title="Where")
    database, own = bars(picture, tmp_path, "#4c72b0"), bars(picture, tmp_path, "#dd8452")
    assert own[0][0] == pytest.approx(sum(database[0]), abs=0.2)
    assert own[0][1] / database[0][1] == pytest.approx(7 / 3, rel=0.01)
    assert "cache" not in texts(picture, tmp_path)
    assert {"100 ms", "10.0 ms", "ms a request", "database", "own work"} <= set(texts(picture, tmp_path))


def test_nothing_leaves_the_picture_or_is_read_as_markup(tmp_path: Path) -> None:
    for picture in (two_sides(HOSTILE, "/b"), request_time_figure([request(HOSTILE, own_ms=1.0)], title=HOSTILE)):
        root = ElementTree.parse(picture.save(tmp_path / "a.svg")).getroot()
        wide, high = float(root.attrib["width"]), float(root.attrib["height"])
        assert not list(root.iter(SVG + "script"))
        assert not re.search(r"[\x00-\x08\x1b\u202e]", (tmp_path / "a.svg").read_text(encoding="utf-8"))
        for text in root.iter(SVG + "text"):
            begins = float(text.attrib["x"]) - (len(text.text or "") * 5.5 if text.get("text-anchor") == "end" else 0)
            assert 0 <= begins < wide
            assert 0 < float(text.attrib["y"]) < high


@pytest.mark.parametrize("value", [0.0, 1e-6, 1e9])
def test_values_of_every_size_are_drawn(value: float, tmp_path: Path) -> None:
    assert texts(request_time_figure([request("GET /a", own_ms=value)], title="Where"), tmp_path)
    measured = {"a": {"/x": measurement("/x", value)}, "b": {"/x": measurement("/x", 5.0)}}
    assert texts(comparison_figure([compared("/x", 5.0, value)], measured, title="P95"), tmp_path)


def test_a_picture_of_nothing_is_still_one(tmp_path: Path) -> None:
    assert texts(comparison_figure([], {"a": {}, "b": {}}, title="P95"), tmp_path)
    assert texts(request_time_figure([], title="Where"), tmp_path)

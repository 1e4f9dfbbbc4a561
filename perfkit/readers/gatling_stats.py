"""Gatling's js/stats.json and js/global_stats.json: what the report shows of every request. Groups are walked, not counted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.printed import Printed
from perfkit.readers.parts.measured import document_of, finite, keyed, printed, worded
from perfkit.readers.parts.parsing import refuse, require_keys

NAME = "gatling-stats"
KIND = "load"
TOOL = "gatling"
ABOUT = "Gatling's js/stats.json and js/global_stats.json; percentiles1 to 4 are read as the default ranks 50, 75, 95 and 99, which it does not name"
BY_LINE = False

TIMES = {
    "minResponseTime": "min",
    "maxResponseTime": "max",
    "meanResponseTime": "mean",
    "standardDeviation": "stddev",
    "percentiles1": "p50",
    "percentiles2": "p75",
    "percentiles3": "p95",
    "percentiles4": "p99",
}
ERROR_MS = 1.0
"""A time is the difference of two whole ms."""
PATH_SEPARATOR = " > "
DEEPEST = 100


def sniff(head: Head) -> bool:
    """Numbers of requests under the names that only Gatling uses."""
    text = head.text.lstrip("\ufeff \t\r\n")
    return text[:1] == "{" and '"numberOfRequests"' in text and '"meanNumberOfRequestsPerSecond"' in text


def read(path: Path) -> Iterator[Batch]:
    """The total, and every request under the path of its groups."""
    document = document_of(path, NAME)
    if "contents" not in document:
        yield columns_of("reported", list(_rows(path, document, None)))
        return
    root = require_keys(path, NAME, document, ("stats",))
    yield columns_of("reported", [*_rows(path, root["stats"], None), *_contents(path, root, ())])


def _contents(path: Path, node: dict[str, Any], groups: tuple[str, ...]) -> Iterator[Printed]:
    if len(groups) > DEEPEST:
        raise refuse(path, NAME, "its groups are nested too deeply.")
    for item in keyed(path, NAME, node["contents"], "contents").values():
        child = require_keys(path, NAME, item, ("type", "name", "stats"))
        names = (*groups, worded(path, NAME, child["name"], "a name"))
        if child["type"] == "REQUEST":
            yield from _rows(path, child["stats"], PATH_SEPARATOR.join(names))
        else:
            yield from _contents(path, require_keys(path, NAME, child, ("contents",)), names)


def _rows(path: Path, stats: Any, endpoint: str | None) -> Iterator[Printed]:
    """Times are of all requests, whether they failed or not; without any request they are zeros that mean nothing."""
    numbers = keyed(path, NAME, stats, "stats")
    counts = require_keys(path, NAME, numbers.get("numberOfRequests"), ("total", "ok", "ko"))
    total, failed = (finite(path, NAME, counts[which], f"requests of {endpoint or 'all'}") for which in ("total", "ko"))
    yield printed(endpoint, "requests", total, "count")
    yield printed(endpoint, "failures", failed, "count")
    if "meanNumberOfRequestsPerSecond" in numbers:
        yield printed(endpoint, "per_second", _total(path, numbers, "meanNumberOfRequestsPerSecond", endpoint), "per_second")
    for key, stat in TIMES.items():
        if total and key in numbers:
            yield printed(endpoint, stat, _total(path, numbers, key, endpoint), "ms", ERROR_MS)


def _total(path: Path, numbers: dict[str, Any], key: str, endpoint: str | None) -> float:
    values = require_keys(path, NAME, numbers[key], ("total",))
    return finite(path, NAME, values["total"], f"{key} of {endpoint or 'all'}")

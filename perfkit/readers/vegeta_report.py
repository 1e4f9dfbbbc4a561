"""vegeta's JSON report: what vegeta printed of a whole attack, in nanoseconds. Its percentiles are estimates of a t-digest, without bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.printed import Printed
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import amount, json_of, number, refuse, require_keys, whole_amount

NAME = "vegeta-report"
KIND = "load"
TOOL = "vegeta"
ABOUT = "vegeta report --type json, with its buckets where --buckets asked for them; percentiles are estimates of a t-digest"
BY_LINE = False

KEYS = ("latencies", "bytes_in", "earliest", "requests", "rate", "throughput", "success", "status_codes", "errors")
SNIFFED = ('"latencies":', '"bytes_in":', '"50th":')
PERCENTILE = re.compile(r"(\d+(?:\.\d+)?)th")
NS_IN_MS = 1e6


@dataclass(frozen=True, slots=True)
class Bucket:
    """A row of latency_buckets."""

    endpoint: str
    lo_ms: float
    hi_ms: float
    requests: int


def sniff(head: Head) -> bool:
    """The report's own keys, near its start."""
    return head.text.lstrip("\ufeff \r\n\t")[:1] == "{" and all(key in head.text.replace('" :', '":') for key in SNIFFED)


def read(path: Path) -> Iterator[Batch]:
    """What was printed, and the histogram where there is one."""
    report = require_keys(path, NAME, json_of(path, NAME), KEYS)
    require_keys(path, NAME, report["latencies"], ("mean", "max"))
    require_keys(path, NAME, report["bytes_in"], ("total",))
    if not amount(path, NAME, report["requests"]):
        raise refuse(path, NAME, "it reports no requests.")
    yield Manifest(started_at=_moment(path, report["earliest"]), load_model="open")
    yield columns_of("reported", [*_times(path, report["latencies"]), *_counts(path, report)])
    yield columns_of("latency_buckets", _buckets(path, report))


def _times(path: Path, latencies: Mapping[str, Any]) -> Iterator[Printed]:
    """Mean, smallest and largest are exact."""
    for key, value in latencies.items():
        value_ms = amount(path, NAME, value) / NS_IN_MS
        if match := PERCENTILE.fullmatch(key):
            yield Printed.roughly(f"p{match[1]}", value_ms, "ms")
        elif key in ("mean", "min", "max"):
            yield Printed.exactly(key, value_ms, "ms")


def _counts(path: Path, report: Mapping[str, Any]) -> Iterator[Printed]:
    yield Printed.exactly("requests", whole_amount(path, NAME, report["requests"]), "count")
    yield Printed.exactly("per_second", amount(path, NAME, report["rate"]), "per_second", "requests sent")
    yield Printed.exactly("per_second", amount(path, NAME, report["throughput"]), "per_second", "successes, up to the last answer")
    yield Printed.exactly("error_rate", 1 - _share(path, report["success"]), "ratio")
    yield Printed.exactly("bytes_in", amount(path, NAME, report["bytes_in"]["total"]), "bytes")
    for status, count in _object(path, report, "status_codes").items():
        yield Printed.exactly("status", whole_amount(path, NAME, count), "count", status)
    errors = report["errors"] if report["errors"] is not None else []
    if not isinstance(errors, list) or not all(isinstance(error, str) for error in errors):
        raise refuse(path, NAME, "its errors are no list of texts.")
    for error in errors:
        yield Printed.roughly("error", None, "count", error)


def _buckets(path: Path, report: Mapping[str, Any]) -> list[Bucket]:
    """Keys are lower edges; the last bucket has no upper one, so it ends just above the slowest request."""
    counts = _object(path, report, "buckets")
    if not counts:
        return []
    edges = [number(path, NAME, key) for key in counts]
    edges.append(max(edges[-1], amount(path, NAME, report["latencies"]["max"])) + 1)
    if edges != sorted(edges) or edges[0] < 0:
        raise refuse(path, NAME, "its buckets do not ascend.")
    amounts = [whole_amount(path, NAME, count) for count in counts.values()]
    if sum(amounts) != report["requests"]:
        raise refuse(path, NAME, f"its buckets hold {sum(amounts)} of {report['requests']} requests.")
    return [
        Bucket("all", lo / NS_IN_MS, hi / NS_IN_MS, requests) for lo, hi, requests in zip(edges[:-1], edges[1:], amounts, strict=True) if requests
    ]


def _object(path: Path, report: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = report.get(key) or {}
    if not isinstance(found, dict):
        raise refuse(path, NAME, f"its {key} are no object.")
    return found


def _share(path: Path, value: Any) -> float:
    share = amount(path, NAME, value)
    if share > 1:
        raise refuse(path, NAME, f"a success of {value} is more than all.")
    return share


def _moment(path: Path, text: Any) -> datetime:
    """vegeta writes nanoseconds and a zone; Python keeps microseconds."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError) as error:
        raise refuse(path, NAME, f"{str(text)[:40]!r} is no time.") from error

"""Locust's `--json-file`: a histogram an endpoint, in buckets of rounded times. The best aggregate that Locust leaves."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.printed import Printed
from perfkit.model.run import Manifest
from perfkit.readers.parts.locust_files import LARGEST, interval_of
from perfkit.readers.parts.parsing import number, refuse, require_keys, text_of

NAME = "locust-json"
KIND = "load"
TOOL = "locust"
ABOUT = "Locust's histogram by endpoint (--json-file F → F.json, or --json on standard output with the log around it)"
BY_LINE = False

DOCUMENT = re.compile(r"^\[(?=\s*(?:\{|\]|$))", re.MULTILINE)
"""A list at the start of a line; a line of Locust's log begins with a time in brackets."""
KEYS = (
    *("name", "method", "start_time", "last_request_timestamp", "num_requests", "num_none_requests", "num_failures"),
    *("total_response_time", "min_response_time", "max_response_time", "response_times"),
)
EMPTY = (
    "every list in it is empty. Locust writes that when no request was made, and in the file whenever both --json and --json-file are given: "
    "printing the one resets what the other would hold. Run it with --json-file alone."
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A row of latency_buckets."""

    endpoint: str
    method: str | None
    lo_ms: float
    hi_ms: float
    requests: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What one endpoint's object says."""

    path: Path
    endpoint: str
    method: str | None
    values: Mapping[str, Any]

    def amount(self, key: str) -> float:
        """A finite number that is not negative; null is 0."""
        value = 0 if self.values[key] is None else self.values[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
            raise refuse(self.path, NAME, f"{self.endpoint}: {key} is {str(value)[:40]}, which is no number from 0 on.")
        return float(value)

    def count(self, key: str) -> int:
        value = self.amount(key)
        if not value.is_integer():
            raise refuse(self.path, NAME, f"{self.endpoint}: {key} is {value!r}, which is no count.")
        return int(value)


def sniff(head: Head) -> bool:
    """A list of Locust's entries at the start of a line, or a file that is nothing but empty lists."""
    text = head.text.lstrip("\ufeff")
    if head.complete and text.strip() and not text.replace("[]", "").strip():
        return True
    return '"num_none_requests"' in text and '"response_times"' in text and DOCUMENT.search(text) is not None


def read(path: Path) -> Iterator[Batch]:
    """Buckets and sums of every endpoint."""
    entries = [_entry(path, item) for item in _listed(path)]
    yield _manifest(entries)
    yield columns_of("latency_buckets", [bucket for entry in entries for bucket in _buckets(entry)])
    seconds = _seconds(entries)
    yield columns_of("reported", [row for entry in entries for row in _printed(entry, seconds)])


def _listed(path: Path) -> Sequence[Any]:
    """The one list with entries: the processes of a test that did no counting print empty ones before it."""
    documents = list(_documents(path, text_of(path, NAME)))
    filled = [document for document in documents if document]
    if not documents:
        raise refuse(path, NAME, "it holds no list of endpoints.")
    if not filled:
        raise refuse(path, NAME, EMPTY)
    if len(filled) != 1 or not documents[-1]:
        raise refuse(path, NAME, f"{len(filled)} of its {len(documents)} lists hold entries; only one, the last, can be the whole test.")
    found: Sequence[Any] = filled[0]
    return found


def _documents(path: Path, text: str) -> Iterator[list[Any]]:
    decoder, end = json.JSONDecoder(), 0
    for match in DOCUMENT.finditer(text):
        if match.start() < end:
            continue
        try:
            document, end = decoder.raw_decode(text, match.start())
        except json.JSONDecodeError as error:
            raise refuse(path, NAME, f"no whole list: {error.msg} at column {error.colno}.", error.lineno) from error
        except RecursionError as error:
            raise refuse(path, NAME, "it is nested too deeply.") from error
        yield document


def _entry(path: Path, item: Any) -> Entry:
    values = require_keys(path, NAME, item, KEYS)
    if not isinstance(values["name"], str) or not isinstance(values["method"], str | None) or not isinstance(values["response_times"], dict):
        raise refuse(path, NAME, "an entry whose name is no text or whose response_times is no object.")
    return Entry(path, values["name"], values["method"] or None, values)


def _buckets(entry: Entry) -> list[Bucket]:
    buckets = []
    for text, requests in entry.values["response_times"].items():
        interval = interval_of(number(entry.path, NAME, text))
        if interval is None:
            reason = f"{entry.endpoint}: Locust rounds no time to {text} ms. The test replaced bucket_response_time, so the true times are not known."
            raise refuse(entry.path, NAME, reason)
        if isinstance(requests, bool) or not isinstance(requests, int) or not 0 <= requests <= LARGEST:
            raise refuse(entry.path, NAME, f"{entry.endpoint}: {str(requests)[:40]} requests of {text} ms.")
        buckets.append(Bucket(entry.endpoint, entry.method, interval.lo, math.nextafter(interval.hi, math.inf), requests))
    timed = entry.count("num_requests") - entry.count("num_none_requests")
    if sum(bucket.requests for bucket in buckets) != timed:
        raise refuse(entry.path, NAME, f"{entry.endpoint}: its buckets do not add up to its {timed} timed requests.")
    return sorted(buckets, key=lambda bucket: bucket.lo_ms)


def _printed(entry: Entry, seconds: float | None) -> Iterator[Printed]:
    def exact(stat: str, value: float, unit: str) -> Printed:
        return Printed(entry.endpoint, stat, value, value, value, unit, method=entry.method)

    requests = entry.count("num_requests")
    yield exact("requests", requests, "count")
    yield exact("failures", entry.count("num_failures"), "count")
    if seconds is not None:
        yield exact("per_second", requests / seconds, "per_second")
    timed = requests - entry.count("num_none_requests")
    if timed:
        yield exact("mean", entry.amount("total_response_time") / timed, "ms")
        yield exact("min", entry.amount("min_response_time"), "ms")
        yield exact("max", entry.amount("max_response_time"), "ms")


def _seconds(entries: Sequence[Entry]) -> float | None:
    """From the first start to the last request of all endpoints, at least one second: the span that Locust divides by. None without times."""
    starts = [entry.amount("start_time") for entry in entries if entry.values["start_time"]]
    ends = [entry.amount("last_request_timestamp") for entry in entries if entry.values["last_request_timestamp"]]
    return max(max(ends) - min(starts), 1.0) if starts and ends else None


def _manifest(entries: Sequence[Entry]) -> Manifest:
    starts = [entry.amount("start_time") for entry in entries if entry.values["start_time"]]
    try:
        started_at = datetime.fromtimestamp(min(starts), UTC).replace(tzinfo=None) if starts else None
    except (ValueError, OverflowError, OSError) as error:
        raise refuse(entries[0].path, NAME, f"a start_time of {min(starts)} is no time in seconds.") from error
    return Manifest(load_model="closed", started_at=started_at)

"""oha's JSON summary, in seconds. Its percentiles are over all answers, whatever their status, and leave out requests without an answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.printed import Printed
from perfkit.readers.parts.parsing import amount, json_of, number, refuse, require_keys, whole_amount

NAME = "oha-json"
KIND = "load"
TOOL = "oha"
ABOUT = "oha --output-format json; percentiles over all answers, whatever their status; its success rate counts every answer as a success"
BY_LINE = False

KEYS = ("summary", "responseTimeHistogram", "latencyPercentiles", "rps", "statusCodeDistribution", "errorDistribution")
SUMMARY = ("successRate", "slowest", "fastest", "average", "requestsPerSec", "totalData")
BREAKDOWN = {
    "latencyPercentiles": None,
    "latencyPercentilesSuccessful": "status 2xx only",
    "latencyPercentilesNotSuccessful": "other statuses than 2xx only",
}
MS_IN_S = 1000


@dataclass(frozen=True, slots=True)
class Bucket:
    """A row of latency_buckets."""

    endpoint: str
    lo_ms: float
    hi_ms: float
    requests: int


def sniff(head: Head) -> bool:
    """Keys that only oha writes so."""
    return head.text.lstrip("\ufeff \r\n\t")[:1] == "{" and all(f'"{key}"' in head.text for key in KEYS[:3]) and '"requestsPerSec"' in head.text


def read(path: Path) -> Iterator[Batch]:
    """What was printed, and the histogram where its bins are buckets."""
    report = require_keys(path, NAME, json_of(path, NAME), KEYS)
    require_keys(path, NAME, report["summary"], SUMMARY)
    statuses, errors = _counted(path, report, "statusCodeDistribution"), _counted(path, report, "errorDistribution")
    if not statuses and not errors:
        raise refuse(path, NAME, "it reports no requests.")
    yield columns_of("reported", [*_summary(path, report["summary"]), *_percentiles(path, report), *_counts(statuses, errors)])
    yield columns_of("latency_buckets", _buckets(path, report, sum(statuses.values())))


def _summary(path: Path, summary: Mapping[str, Any]) -> Iterator[Printed]:
    """Without any answer, oha has no times and writes null."""
    for stat, key in (("mean", "average"), ("min", "fastest"), ("max", "slowest")):
        if summary[key] is not None:
            yield Printed.exactly(stat, amount(path, NAME, summary[key]) * MS_IN_S, "ms")
    yield Printed.exactly("per_second", amount(path, NAME, summary["requestsPerSec"]), "per_second")
    yield Printed.exactly("bytes_in", amount(path, NAME, summary["totalData"]), "bytes")
    if summary["successRate"] is not None:
        yield Printed.exactly("error_rate", 1 - amount(path, NAME, summary["successRate"]), "ratio", "requests without an answer")


def _percentiles(path: Path, report: Mapping[str, Any]) -> Iterator[Printed]:
    """oha takes the sample at rank floor(pn) + 1: one of its samples, so nothing is lost in printing."""
    for key, about in BREAKDOWN.items():
        for name, value in _object(path, report, key).items():
            number(path, NAME, name.removeprefix("p"))
            if value is not None:
                yield Printed.exactly(name, amount(path, NAME, value) * MS_IN_S, "ms", about)


def _counts(statuses: Mapping[str, int], errors: Mapping[str, int]) -> Iterator[Printed]:
    """Answers by status, and requests without an answer by what went wrong."""
    yield Printed.exactly("requests", sum(statuses.values()) + sum(errors.values()), "count")
    yield from (Printed.exactly("status", count, "count", status) for status, count in statuses.items())
    yield from (Printed.exactly("error", count, "count", error) for error, count in errors.items())


def _buckets(path: Path, report: Mapping[str, Any], answers: int) -> list[Bucket]:
    """Only bins that reach from the fastest to the slowest answer and hold them all: older versions label theirs by width alone."""
    if not answers:
        return []
    bins = sorted((number(path, NAME, edge), count) for edge, count in _counted(path, report, "responseTimeHistogram").items())
    ends = [amount(path, NAME, report["summary"][key]) for key in ("fastest", "slowest")]
    if not bins or sum(count for _, count in bins) != answers:
        return []
    if not all(math.isclose(edge, end, rel_tol=1e-9) for edge, end in zip((bins[0][0], bins[-1][0]), ends, strict=True)):
        return []
    uppers = [_above(edge * MS_IN_S) for edge, _ in bins]
    lowers = [bins[0][0] * MS_IN_S, *uppers[:-1]]
    return [Bucket("all", lo, hi, count) for lo, hi, (_, count) in zip(lowers, uppers, bins, strict=True) if count]


def _above(value: float) -> float:
    """oha's bins include their upper edge, ours do not."""
    return math.nextafter(value, math.inf)


def _object(path: Path, report: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = report.get(key) or {}
    if not isinstance(found, dict):
        raise refuse(path, NAME, f"its {key} is no object.")
    return found


def _counted(path: Path, report: Mapping[str, Any], key: str) -> dict[str, int]:
    return {name: whole_amount(path, NAME, count) for name, count in _object(path, report, key).items()}

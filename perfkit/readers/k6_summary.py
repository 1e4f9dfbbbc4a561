"""k6's end-of-test summary in its three shapes of JSON: what k6 itself computed, and its thresholds, whose marks each shape means differently."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.printed import Printed
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import json_of, refuse, require_keys

NAME = "k6-summary"
KIND = "load"
TOOL = "k6"
ABOUT = "k6's summary as JSON: --summary-export, handleSummary's data or --new-machine-readable-summary; no raw times"
BY_LINE = False

OWN_METRICS = re.compile(r'"(?:http_reqs|http_req_duration|iterations|iteration_duration|data_sent|data_received|vus)(?:\{[^"]*\})?"\s*:\s*\{')
ROOT_GROUP = re.compile(r'"root_group"\s*:\s*\{')
PERCENTILE = re.compile(r"p\((\d+(?:\.\d+)?)\)")
TREND_STATS = {"avg": "mean", "min": "min", "med": "p50", "max": "max"}
NOT_TIMES = ("count", "rate", "value")
ENDPOINT_TAGS = ("name", "url")
DROPPED_SHARE = 0.05
"""A run that reached less than 95 % of the planned rate is not judged."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric or sub-metric, whatever the shape of its file."""

    title: str
    """As k6 writes it, such as http_reqs{name:/items}."""
    values: Mapping[str, float]
    thresholds: Mapping[str, bool]
    """Words → kept, as k6 decided."""

    @property
    def name(self) -> str:
        return self.title.partition("{")[0]

    @property
    def tags(self) -> dict[str, str]:
        """What the sub-metric is restricted to; empty for a whole metric."""
        pairs = [pair.partition(":") for pair in self.title.partition("{")[2].removesuffix("}").split(",") if pair]
        return {tag.strip(" \"'"): value.strip(" \"'") for tag, _, value in pairs}

    @property
    def endpoint(self) -> str | None:
        return next((self.tags[tag] for tag in ENDPOINT_TAGS if tag in self.tags), None)

    @property
    def is_whole(self) -> bool:
        """Whether it covers all requests, or all of one endpoint, and not only some of them."""
        return not self.tags or (self.endpoint is not None and self.tags.keys() <= {*ENDPOINT_TAGS, "method"})

    @property
    def has_samples(self) -> bool:
        """k6 fills a metric without samples with zeros, and so the times of a request that never connected."""
        if {"passes", "fails"} <= self.values.keys():
            return self.values["passes"] + self.values["fails"] > 0
        if self.values.get("count") == 0:
            return False
        times = [value for stat, value in self.values.items() if stat not in NOT_TIMES]
        is_trend = times and not {"rate", "value"} & self.values.keys()
        return any(times) if is_trend else bool(self.values)


def sniff(head: Head) -> bool:
    """A JSON object with metrics that only k6 has; files of points have no such list."""
    text = head.text.lstrip("\ufeff \t\r\n")
    if not text.startswith("{"):
        return False
    newest = '"k6Version"' in text and '"generatedAt"' in text
    long_groups_first = '"checks"' in text and ROOT_GROUP.search(text) is not None
    return newest or long_groups_first or ('"metrics"' in text and OWN_METRICS.search(text) is not None)


def read(path: Path) -> Iterator[Batch]:
    """Every number about requests, and every threshold."""
    document = json_of(path, NAME)
    if not isinstance(document, dict):
        raise refuse(path, NAME, "it is no JSON object.")
    metrics = list(_metrics(path, document))
    yield _manifest(path, document, metrics)
    printed = [row for metric in metrics for row in _printed(path, metric)]
    yield columns_of("reported", [*printed, *(row for metric in metrics for row in _thresholds(metric))])


def _metrics(path: Path, document: Mapping[str, Any]) -> Iterator[Metric]:
    """From a list with names (machine-readable), or an object whose members hold their values or are them."""
    if isinstance(document.get("results"), dict):
        listed = document["results"].get("metrics")
        named = [(require_keys(path, NAME, item, ("name", "values"))["name"], item) for item in listed] if isinstance(listed, list) else None
    else:
        named = list(document["metrics"].items()) if isinstance(document.get("metrics"), dict) else None
    if named is None:
        raise refuse(path, NAME, "it has no metrics.")
    for title, item in named:
        if not isinstance(title, str) or not isinstance(item, dict) or not isinstance(item.get("values", {}), dict):
            raise refuse(path, NAME, f"the metric {str(title)[:60]} is no object with values.")
        values = item["values"] if "values" in item else {stat: value for stat, value in item.items() if stat != "thresholds"}
        yield Metric(title, _numbers(path, title, values), _decisions(path, title, item.get("thresholds") or {}))


def _numbers(path: Path, title: str, values: Mapping[str, Any]) -> dict[str, float]:
    """Null stands for what k6 could not compute. The newest shape counts a rate's matches where the others count passes and fails."""
    found = {}
    for stat, value in values.items():
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < math.inf:
            raise refuse(path, NAME, f"{stat} of {title} is {str(value)[:40]}, which is no finite number.")
        found[stat] = _double(path, title, value)
    if {"matches", "total"} <= found.keys():
        found |= {"passes": found["matches"], "fails": found["total"] - found["matches"]}
    return found


def _double(path: Path, title: str, value: float) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise refuse(path, NAME, f"{title} holds {str(value)[:20]}…, which is too large.") from error


def _decisions(path: Path, title: str, thresholds: Any) -> dict[str, bool]:
    """Kept or not: {"ok": …} says so; a bare mark, as --summary-export writes it, says that the threshold was crossed."""
    kept = {}
    for words, mark in thresholds.items() if isinstance(thresholds, dict) else [("", None)]:
        ok = mark.get("ok") if isinstance(mark, dict) else not mark if isinstance(mark, bool) else None
        if not isinstance(ok, bool):
            raise refuse(path, NAME, f"the thresholds of {title} are neither marks nor say whether they are ok.")
        kept[words] = ok
    return kept


def _printed(path: Path, metric: Metric) -> Iterator[Printed]:
    if not metric.is_whole:
        return
    for stat, value, unit in _stats(metric):
        if value < 0:
            raise refuse(path, NAME, f"{stat} of {metric.title} is {value}, but it cannot be negative.")
        yield Printed(metric.endpoint, stat, value, value, value, unit, method=metric.tags.get("method"))


def _stats(metric: Metric) -> Iterator[tuple[str, float, str]]:
    values = metric.values
    if metric.name == "http_reqs" and "count" in values:
        yield "requests", values["count"], "count"
        if "rate" in values:
            yield "per_second", values["rate"], "per_second"
    elif metric.name == "http_req_failed" and metric.has_samples and "passes" in values:
        # what passes the test for having failed has failed
        yield "failures", values["passes"], "count"
        yield "error_rate", values["rate"] if "rate" in values else values.get("value", 0.0), "ratio"
    elif metric.name == "http_req_duration" and metric.has_samples:
        named = {TREND_STATS.get(stat) or _percentile(stat): value for stat, value in values.items()}
        yield from ((stat, value, "ms") for stat, value in named.items() if stat)


def _percentile(stat: str) -> str | None:
    matched = PERCENTILE.fullmatch(stat)
    return f"p{matched[1]}" if matched else None


def _thresholds(metric: Metric) -> Iterator[Printed]:
    """A threshold over nothing is none that was kept, whatever k6 says."""
    for words, kept in metric.thresholds.items():
        value = float(kept) if metric.has_samples else None
        yield Printed(metric.endpoint, "threshold", value, value, value, "count", f"{words} of {metric.title}", metric.tags.get("method"))


def _manifest(path: Path, document: Mapping[str, Any], metrics: Sequence[Metric]) -> Manifest:
    metadata, config = document.get("metadata"), document.get("config")
    version = metadata.get("k6Version") if isinstance(metadata, dict) else None
    counts = {metric.title: metric.values.get("count", 0.0) for metric in metrics}
    dropped, done = counts.get("dropped_iterations", 0.0), counts.get("iterations", 0.0)
    reason = None
    if dropped > DROPPED_SHARE * (dropped + done):
        reason = f"k6 dropped {dropped:.0f} of {dropped + done:.0f} planned iterations, so the load was below the plan"
    return Manifest(
        tool_version=version if isinstance(version, str) else None,
        started_at=_started_at(path, metadata, config),
        valid=reason is None,
        invalid_because=reason,
    )


def _started_at(path: Path, metadata: Any, config: Any) -> datetime | None:
    """The newest shape says when it was written, at the end, and how long the test took."""
    if not isinstance(metadata, dict) or not isinstance(config, dict) or "generatedAt" not in metadata:
        return None
    try:
        ended_at = datetime.fromisoformat(metadata["generatedAt"]).astimezone(UTC).replace(tzinfo=None)
        return ended_at - timedelta(seconds=config["duration"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise refuse(path, NAME, "generatedAt and duration are no time and no number of seconds.") from error

"""HdrHistogram's interval log: a histogram a line. All intervals of a tag merge into latency buckets; each leaves its percentiles as samples."""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.measured import moment_after_epoch
from perfkit.readers.parts.parsing import number, refuse, refuse_cut_row, text_of

if TYPE_CHECKING:
    from hdrh.histogram import HdrHistogram

NAME = "hdr-log"
KIND = "load"
TOOL = "hdrhistogram"
ABOUT = "HdrHistogram interval log (.hlog), version 2 histograms; its unit from a comment '#[Values are in us]' or from Interval_Max in ms"
BY_LINE = True

LEGEND = '"StartTimestamp","Interval_Length"'
INTERVAL = re.compile(r"(?:Tag=(?P<tag>[^,]*),)?(?P<start>[^,]+),(?P<length>[^,]+),(?P<max>[^,]+),(?P<histogram>D?HIST[A-Za-z0-9+/=]+)")
CLOCK = re.compile(r"#\[(?P<which>StartTime|BaseTime): *(?P<seconds>[^ ]+) ")
UNIT = re.compile(r"#\[Values are in (?P<unit>ns|us|ms|s)\]", re.IGNORECASE)
YCSB = re.compile(r"#\[Logging for: (?P<name>.+)\]")
"""YCSB records microseconds but prints Interval_Max as if they were nanoseconds."""
PER_MS = {"ns": 1e6, "us": 1e3, "ms": 1.0, "s": 1e-3}
INFERRED = ("ns", "us")
"""Interval_Max is in ms by convention; where it equals the recorded value, nobody divided it and the unit is not known."""

YEAR_S = 365 * 24 * 3600.0
COMPRESSED, PLAIN = 0x1C849304, 0x1C849303
HEADER = struct.Struct(">IIIIQQd")
INFLATED_BYTES = 16 << 20
MOST_PER_COUNTER = 1 << 48
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class BucketRow:
    """A row of latency_buckets."""

    endpoint: str
    lo_ms: float
    hi_ms: float
    requests: int


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row of samples."""

    series: str
    at: datetime
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Interval:
    """One line: what was recorded, from which second of the epoch on."""

    tag: str | None
    start_s: float
    printed_max: float
    whole_max: bool
    """Printed without a fraction, as writers do that round down."""
    counts: list[tuple[int, int, int]]
    """Smallest and largest value of every range that was hit, in the log's unit, and how often; ascending."""


@dataclass(slots=True)
class Log:
    """What the comments say so far; a later clock replaces an earlier one."""

    start_s: float | None = None
    base_s: float | None = None
    unit: str | None = None
    name: str | None = None
    intervals: list[Interval] = field(default_factory=list)
    ranges: dict[tuple[int, int, int, int], tuple[int, int]] = field(default_factory=dict)
    """Values of every index met, by the layout of its histogram."""

    def epoch_s(self, stamp_s: float) -> float:
        """Stamps count from the base; without one, from the start when they lie more than a year before it, else from 1970."""
        if self.base_s is not None:
            return stamp_s + self.base_s
        if self.start_s is not None and stamp_s < self.start_s - YEAR_S:
            return stamp_s + self.start_s
        return stamp_s


def sniff(head: Head) -> bool:
    """The first line that is no comment is the legend or an interval."""
    lines = (line.strip("\ufeff\r") for line in head.text.split("\n"))
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return first.startswith(LEGEND) or INTERVAL.fullmatch(first) is not None


def read(path: Path) -> Iterator[Batch]:
    """Buckets of the whole log, samples of every interval."""
    refuse_cut_row(path, NAME)
    log = _parsed(path)
    if not log.intervals:
        raise refuse(path, NAME, "it has no intervals.")
    per_ms = PER_MS[log.unit or _inferred_unit(path, log.intervals)]
    first_s = log.start_s if log.start_s is not None else min(interval.start_s for interval in log.intervals)
    yield Manifest(started_at=moment_after_epoch(path, NAME, first_s))
    yield columns_of("latency_buckets", _buckets(log, per_ms))
    yield columns_of("samples", [row for interval in log.intervals for row in _samples(path, interval, per_ms)])


def _parsed(path: Path) -> Log:
    log = Log()
    for line_number, raw in enumerate(text_of(path, NAME).split("\n"), start=1):
        line = raw.rstrip("\r")
        if line.startswith("#"):
            _comment(path, log, line, line_number)
        elif line and not line.startswith('"'):
            log.intervals.append(_interval(path, log, line, line_number))
    return log


def _comment(path: Path, log: Log, line: str, line_number: int) -> None:
    if found := CLOCK.match(line):
        seconds = number(path, NAME, found["seconds"], line_number)
        if found["which"] == "BaseTime":
            log.base_s = seconds
        else:
            log.start_s = seconds
    elif found := UNIT.match(line):
        log.unit = found["unit"].lower()
    elif found := YCSB.match(line):
        log.unit, log.name = "us", found["name"]


def _interval(path: Path, log: Log, line: str, line_number: int) -> Interval:
    found = INTERVAL.fullmatch(line)
    if found is None:
        raise refuse(path, NAME, f"{line[:40]!r} is no interval of start, length, maximum and histogram.", line_number)
    stamp_s, length_s, printed_max = (number(path, NAME, found[part], line_number) for part in ("start", "length", "max"))
    if min(stamp_s, length_s, printed_max) < 0:
        raise refuse(path, NAME, "a negative time.", line_number)
    histogram = _decoded(path, found["histogram"], line_number)
    return Interval(
        tag=found["tag"] or log.name,
        start_s=log.epoch_s(stamp_s),
        printed_max=printed_max,
        whole_max=printed_max == int(printed_max),
        counts=_counts(path, log, histogram, line_number),
    )


def _decoded(path: Path, text: str, line_number: int) -> HdrHistogram:
    """The histogram of a line, after its size was checked."""
    from hdrh.codec import HdrCookieException, HdrHistogramSettingsException, HdrLengthException
    from hdrh.histogram import HdrHistogram

    reason = _wrong_with(text)
    if reason:
        raise refuse(path, NAME, reason, line_number)
    try:
        return HdrHistogram.decode(text)
    except (HdrCookieException, HdrLengthException, HdrHistogramSettingsException, ValueError, IndexError, OverflowError) as error:
        raise refuse(path, NAME, f"the histogram is damaged: {error}.", line_number) from error


def _wrong_with(text: str) -> str | None:
    """Why a histogram cannot be decoded, or None. Never inflates more than a histogram can need."""
    if text.startswith("D"):
        return "a histogram of fractions (DoubleHistogram); only those of integers are known."
    try:
        outer = base64.b64decode(text, validate=True)
        inflating = zlib.decompressobj()
        inflated = inflating.decompress(outer[8:], INFLATED_BYTES)
    except (binascii.Error, zlib.error) as error:
        return f"the histogram is damaged: {error}."
    cookie, length = struct.unpack_from(">II", outer.ljust(8, b"\0"))
    if cookie & ~0xF0 != COMPRESSED:
        return f"a histogram with the mark {cookie:#x}; only compressed ones of version 2 are known."
    if inflating.unconsumed_tail:
        return f"a histogram that inflates to more than {INFLATED_BYTES >> 20} MiB."
    if length != len(outer) - 8 or not inflating.eof or len(inflated) < HEADER.size:
        return "the histogram is damaged: its length is not the one it states."
    return _wrong_with_header(inflated)


def _wrong_with_header(inflated: bytes) -> str | None:
    cookie, length, offset, digits, lowest, highest, ratio = HEADER.unpack_from(inflated)
    if cookie & ~0xF0 != PLAIN or length != len(inflated) - HEADER.size:
        return "the histogram is damaged: its counts are not as long as it states."
    if not 1 <= digits <= 5 or not 1 <= lowest <= highest // 2:
        return f"a histogram of {digits} digits from {lowest} to {highest} cannot be."
    if offset or ratio != 1.0:
        return "a shifted or scaled histogram; only plain ones of integers are known."
    return None


def _counts(path: Path, log: Log, histogram: HdrHistogram, line_number: int) -> list[tuple[int, int, int]]:
    """The ranges that were hit, looked up once for every index of a layout."""
    import numpy

    layout = (histogram.unit_magnitude, histogram.sub_bucket_count, histogram.bucket_count)
    counters: Any = numpy.frombuffer(histogram.counts, dtype=numpy.int64)
    hit = numpy.flatnonzero(counters)
    counts = []
    for index, count in zip(hit.tolist(), counters[hit].tolist(), strict=True):
        if not 0 < count < MOST_PER_COUNTER:
            raise refuse(path, NAME, f"the histogram is damaged: a counter is {count}.", line_number)
        key = (*layout, index)
        if key not in log.ranges:
            low = histogram.get_value_from_index(index)
            log.ranges[key] = (low, histogram.get_highest_equivalent_value(low))
        counts.append((*log.ranges[key], count))
    return counts


def _inferred_unit(path: Path, intervals: Sequence[Interval]) -> str:
    """The only unit by which every interval's printed maximum is its recorded one in ms."""
    fitting = [unit for unit in INFERRED if all(_fits(interval, PER_MS[unit]) for interval in intervals)]
    if len(fitting) != 1:
        raise refuse(path, NAME, "Interval_Max does not tell the unit of the values. Add a line such as '#[Values are in us]' (or ns, ms, s).")
    return fitting[0]


def _fits(interval: Interval, per_ms: float) -> bool:
    recorded = interval.counts[-1][1] if interval.counts else 0
    return abs(interval.printed_max - recorded / per_ms) <= (1.0 if interval.whole_max else 0.002) + 0.01 * interval.printed_max


def _buckets(log: Log, per_ms: float) -> list[BucketRow]:
    tags = {interval.tag for interval in log.intervals}
    merged: Counter[tuple[str, int, int]] = Counter()
    for interval in log.intervals:
        endpoint = interval.tag or ("all" if tags == {None} else "untagged")
        for low, high, count in interval.counts:
            merged[endpoint, low, high] += count
    return [BucketRow(endpoint, low / per_ms, (high + 1) / per_ms, count) for (endpoint, low, high), count in sorted(merged.items())]


def _samples(path: Path, interval: Interval, per_ms: float) -> Iterator[SampleRow]:
    """How many and how slow, at the interval's start."""
    at = moment_after_epoch(path, NAME, interval.start_s)
    suffix = f" of {interval.tag}" if interval.tag else ""
    total = sum(count for _, _, count in interval.counts)
    yield SampleRow(f"requests{suffix}", at, float(total), "count")
    if total:
        for percent in PERCENTILES:
            yield SampleRow(f"p{percent}{suffix}", at, _at_percentile(interval, total, percent) / per_ms, "ms")


def _at_percentile(interval: Interval, total: int, percent: int) -> int:
    """As HdrHistogram does: the largest value of the range that holds the nearest rank."""
    wanted = max(int(total * percent / 100 + 0.5), 1)
    below = 0
    for _, high, count in interval.counts:
        below += count
        if below >= wanted:
            return high
    return interval.counts[-1][1]

"""What wrk and wrk2 print: a summary of one test, and from wrk2 a histogram of times that count from the planned start."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.printed import Printed
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import refuse, text_of

NAME = "wrk-text"
KIND = "load"
TOOL = "wrk"
ABOUT = "the printed output of wrk or wrk2, one test a file; wrk2's uncorrected times are kept as reported numbers only"
BY_LINE = False

TIME_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}
SIZE = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50}
COUNT, AMOUNT = r"(\d{1,15})", r"(\d{1,12}\.\d{1,6})"
QUANTITY = rf"{AMOUNT}(us|ms|s|m|h)"
RUNNING = re.compile(rf"^Running {COUNT}([smh]) test @ (\S+)[ \t]*\r?$", re.MULTILINE)
PARTS = {
    "threads": re.compile(rf" +{COUNT} threads and {COUNT} connections"),
    "latency": re.compile(rf" +Latency +{QUANTITY} +{QUANTITY} +{QUANTITY} +(\d+\.\d+|-?nan)%"),
    "total": re.compile(rf" +{COUNT} requests in {QUANTITY}, {AMOUNT}([KMGTP]?)B read"),
    "rate": re.compile(rf"Requests/sec: +{AMOUNT}"),
    "transfer": re.compile(rf"Transfer/sec: +{AMOUNT}([KMGTP]?)B"),
}
OPTIONAL_PARTS = {
    "socket errors": re.compile(rf" +Socket errors: connect {COUNT}, read {COUNT}, write {COUNT}, timeout {COUNT}"),
    "bad answers": re.compile(rf" +Non-2xx or 3xx responses: {COUNT}"),
}
OPTIONAL_STARTS = {"socket errors": "  Socket errors:", "bad answers": "  Non-2xx or 3xx responses:"}
SECTION = re.compile(r" +Latency Distribution(?: \(HdrHistogram - (.+)\))?")
PERCENTILE = re.compile(rf" *(\d+(?:\.\d+)?)% +{QUANTITY}")
SPECTRUM = re.compile(rf" +{AMOUNT} +\d\.\d+ +{COUNT} +(?:\d+\.\d+|inf)")
SPECTRUM_START, SPECTRUM_HEAD = "Detailed Percentile spectrum:", re.compile(r" +Value +Percentile|[#\[-]")
SPECTRUM_END = re.compile(rf"#?\[Max += +\d+\.\d+, Total count += +{COUNT}\]")
PRINTED_PERCENTILES = {"wrk": 4, "wrk2": 8}
HISTOGRAM_SLACK = 2**-10
"""wrk2 keeps times in buckets no wider than this share of them."""
UNCORRECTED = "uncorrected: from sending on, whenever it was planned"
SOCKET_ERRORS = ("connect", "read", "write", "timeout")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A row of latency_buckets."""

    endpoint: str
    lo_ms: float
    hi_ms: float
    requests: int


@dataclass(slots=True)
class Section:
    """One Latency Distribution."""

    about: str | None
    percentiles: list[tuple[str, str, str]] = field(default_factory=list)
    spectrum: list[tuple[int, int]] = field(default_factory=list)
    """Microseconds, and how many requests took at most that long."""
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """One test as printed."""

    tool: str
    url: str
    duration_s: int
    """As printed: from a minute on, wrk rounds it to whole minutes or hours."""
    parts: dict[str, tuple[str, ...]]
    sections: list[Section]

    @property
    def requests(self) -> int:
        return int(self.parts["total"][0])

    @property
    def errors(self) -> dict[str, int]:
        """wrk prints the line only where one of them happened."""
        return dict(zip(SOCKET_ERRORS, map(int, self.parts.get("socket errors", ())), strict=False))


def sniff(head: Head) -> bool:
    """The first two lines that wrk prints."""
    match = RUNNING.search(head.text)
    return match is not None and " threads and " in head.text[match.end() : match.end() + 100]


def read(path: Path) -> Iterator[Batch]:
    """What was printed, and wrk2's histogram of corrected times."""
    test = _test(path, text_of(path, NAME))
    yield _manifest(test)
    yield columns_of("reported", [*_counts(test), *(_times(test) if test.requests else ())])
    yield columns_of("latency_buckets", [bucket for section in test.sections if section.about is None for bucket in _buckets(test.url, section)])


def _test(path: Path, text: str) -> Test:
    found = RUNNING.findall(text)
    if len(found) != 1:
        raise refuse(path, NAME, f"it holds {len(found)} tests. Keep each in a file of its own.")
    lines = text.splitlines()
    [(duration, unit, url)] = found
    parts = {name: match.groups() for name, pattern in (PARTS | OPTIONAL_PARTS).items() if (match := _only(path, name, pattern, lines))}
    if missing := [name for name in PARTS if name not in parts]:
        raise refuse(path, NAME, f"it does not state its {', '.join(missing)}. Was it cut off?")
    tool = "wrk2" if "HdrHistogram" in text or "Thread calibration:" in text else "wrk"
    sections = _sections(path, lines)
    for section in sections:
        _check(path, section, PRINTED_PERCENTILES[tool])
    return Test(tool, url, int(duration) * int(TIME_MS[unit] / 1000), parts, sections)


def _only(path: Path, name: str, pattern: re.Pattern[str], lines: Sequence[str]) -> re.Match[str] | None:
    matches = [match for line in lines if (match := pattern.fullmatch(line.rstrip()))]
    if not matches and any(OPTIONAL_STARTS.get(name, "\n") in line for line in lines):
        raise refuse(path, NAME, f"its {name} cannot be read.")
    if len(matches) > 1:
        raise refuse(path, NAME, f"it states its {name} {len(matches)} times. Keep each test in a file of its own.")
    return matches[0] if matches else None


def _sections(path: Path, lines: Sequence[str]) -> list[Section]:
    sections: list[Section] = []
    in_spectrum = False
    for number, line in enumerate(map(str.rstrip, lines), start=1):
        if match := SECTION.fullmatch(line):
            sections.append(Section(UNCORRECTED if (match[1] or "").startswith("Uncorrected") else None))
        elif sections and (match := PERCENTILE.fullmatch(line)):
            sections[-1].percentiles.append((match[1], match[2], match[3]))
        elif sections and (match := SPECTRUM_END.fullmatch(line)):
            sections[-1].total = int(match[1])
        elif sections and in_spectrum and line and not SPECTRUM_HEAD.match(line):
            sections[-1].spectrum.append(_step(path, number, line))
        in_spectrum = SPECTRUM_START in line or (in_spectrum and not line.startswith(("#", "[", "-")))
    if len({section.about for section in sections}) != len(sections):
        raise refuse(path, NAME, "it states a latency distribution twice. Keep each test in a file of its own.")
    return sections


def _step(path: Path, number: int, line: str) -> tuple[int, int]:
    match = SPECTRUM.fullmatch(line)
    if match is None:
        raise refuse(path, NAME, f"{line.strip()[:60]!r} is no step of a percentile spectrum.", number)
    return round(float(match[1]) * 1000), int(match[2])


def _check(path: Path, section: Section, percentiles: int) -> None:
    """What is printed of one distribution must be whole."""
    if len(section.percentiles) != percentiles:
        raise refuse(path, NAME, f"a latency distribution has {len(section.percentiles)} of {percentiles} percentiles.")
    if any(later < earlier for one, other in pairwise(section.spectrum) for earlier, later in zip(one, other, strict=True)):
        raise refuse(path, NAME, "a percentile spectrum does not ascend.")
    counted = section.spectrum[-1][1] if section.spectrum else 0
    if counted != (section.total or 0):
        raise refuse(path, NAME, f"a percentile spectrum ends at {counted} of {section.total} requests.")


def _manifest(test: Test) -> Manifest:
    """wrk leaves out of its times what took longer than its timeout, so its slowest requests are missing; wrk2 keeps them.

    wrk2 does not print the rate that it was asked for.
    """
    threads, connections = map(int, test.parts["threads"])
    reason = None
    if not test.requests:
        reason = "no request was answered"
    elif test.tool == "wrk" and test.errors.get("timeout"):
        reason = f"wrk left {test.errors['timeout']} requests out of its times that took longer than its timeout, so the slow end is cut off"
    return Manifest(
        tool=test.tool,
        load_model="open" if test.tool == "wrk2" else "closed",
        parameters={"threads": threads, "connections": connections, "duration_s": test.duration_s},
        valid=reason is None,
        invalid_because=reason,
    )


def _counts(test: Test) -> Iterator[Printed]:
    """Failures are answers above 399; what got no answer is counted apart."""
    yield Printed.exactly("requests", test.requests, "count")
    yield Printed.exactly("failures", int(test.parts.get("bad answers", ("0",))[0]), "count", "answers with a status above 399")
    yield _unanswered(test)
    yield from (Printed.exactly("error", count, "count", kind) for kind, count in test.errors.items())
    yield _rounded("per_second", test.parts["rate"][0], 1, "per_second")
    yield _rounded("bytes_in", test.parts["total"][3], SIZE[test.parts["total"][4]], "bytes")


def _unanswered(test: Test) -> Printed:
    """Connections that broke. A timeout of wrk is an answer that came late, and is among its requests.

    wrk2 looks every two seconds and counts each connection that has long sent nothing: one request may be counted often, and an idle
    connection counts, too, so its timeouts are only the most that it can have been.
    """
    broken = float(sum(count for kind, count in test.errors.items() if kind != "timeout"))
    late = test.errors.get("timeout", 0) if test.tool == "wrk2" else 0
    return Printed(None, "unanswered", broken, broken, broken + late, "count", "requests whose connection broke")


def _times(test: Test) -> Iterator[Printed]:
    slack = HISTOGRAM_SLACK if test.tool == "wrk2" else 0.0
    latency = test.parts["latency"]
    for stat, place in (("mean", 0), ("stddev", 2), ("max", 4)):
        yield _rounded(stat, latency[place], TIME_MS[latency[place + 1]], "ms", slack=slack)
    for section in test.sections:
        for percent, digits, unit in section.percentiles:
            yield _rounded(f"p{float(percent):g}", digits, TIME_MS[unit], "ms", about=section.about, slack=slack)


def _rounded(stat: str, digits: str, scale: float, unit: str, *, about: str | None = None, slack: float = 0.0) -> Printed:
    """Half a last digit to either side, and the width of the tool's own bucket."""
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2])
    value = float(digits)
    lo, hi = max(value - half, 0.0) * (1 - slack), (value + half) * (1 + slack)
    return Printed(None, stat, value * scale, lo * scale, hi * scale, unit, about)


def _buckets(url: str, section: Section) -> Iterator[Bucket]:
    """From one value of the spectrum to the next. Times are whole microseconds and a value is the last one that belongs to it."""
    lo_us, before = None, 0
    for value_us, count in section.spectrum:
        if lo_us is None:
            lo_us = _first_alike(value_us)
        if count > before:
            yield Bucket(url, lo_us / 1000, (value_us + 1) / 1000, count - before)
            lo_us, before = value_us + 1, count


def _first_alike(value_us: int) -> int:
    """The lowest time that HdrHistogram, with its 2048 steps, does not tell from this highest one."""
    return int(value_us + 1 - 2 ** max(value_us.bit_length() - 11, 0))

"""Writes what wrk2 prints, as its source defines it, from histograms of HdrHistogram's own library."""

from __future__ import annotations

import random
from pathlib import Path

from hdrh.histogram import HdrHistogram

FOLDER = Path(__file__).parent / "wrk_text"
LONGEST_US = 24 * 60 * 60 * 1_000_000
PERCENTS = (50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 99.999, 100.0)
CORRECTED = "Recorded Latency"
UNCORRECTED = "Uncorrected Latency (measured without taking delayed starts into account)"
LINE = "-" * 58 + "\n"


def histograms(amount: int) -> tuple[HdrHistogram, HdrHistogram]:
    """Corrected and uncorrected times of a server that stalls once: those planned during the stall wait for its end."""
    noise, corrected, uncorrected = random.Random(5), HdrHistogram(1, LONGEST_US, 3), HdrHistogram(1, LONGEST_US, 3)
    for number in range(amount):
        took_us = int(noise.lognormvariate(7.5, 0.5))
        waited_us = max(0, 1_500_000 - (number - 300) * 5000) if number >= 300 else 0
        uncorrected.record_value(1_500_000 if number == 300 else took_us)
        corrected.record_value(waited_us + took_us)
    return corrected, uncorrected


def short(us: float) -> str:
    """wrk's time with two digits and the unit that fits."""
    for unit, size in (("m", 60e6), ("s", 1e6), ("ms", 1e3)):
        if us >= size * (1.0 if unit == "s" else 0.85):
            return f"{us / size:.2f}{unit}"
    return f"{us:.2f}us"


def distribution(histogram: HdrHistogram, title: str) -> str:
    """The percentiles and the spectrum of one histogram."""
    lines = [f"  Latency Distribution (HdrHistogram - {title})"]
    lines += [f"{percent:7.3f}%{short(histogram.get_value_at_percentile(percent)):>10}" for percent in PERCENTS]
    lines += ["", "  Detailed Percentile spectrum:", f"{'Value':>12} {'Percentile':>12} {'TotalCount':>12} {'1/(1-Percentile)':>12}", ""]
    for step in histogram.get_percentile_iterator(5):
        share, value_ms = step.percentile_level_iterated_to / 100, step.value_iterated_to / 1000
        inverse = f"{1 / (1 - share):12.2f}" if share < 1 else f"{'inf':>12}"
        lines.append(f"{value_ms:12.3f} {share:12f} {step.total_count_to_this_value:12d} {inverse}")
    mean, deviation = histogram.get_mean_value() / 1000, histogram.get_stddev() / 1000
    lines.append(f"#[Mean    = {mean:12.3f}, StdDeviation   = {deviation:12.3f}]")
    lines.append(f"#[Max     = {histogram.get_max_value() / 1000:12.3f}, Total count    = {histogram.get_total_count():12d}]")
    lines.append(f"#[Buckets = {histogram.bucket_count:12d}, SubBuckets     = {histogram.sub_bucket_count:12d}]")
    return "\n".join(lines) + "\n" + LINE


def printed(amount: int, *, uncorrected: bool) -> str:
    """A run of 20 s, of which the first 10 s calibrate and are in the count of requests only."""
    with_waits, without = histograms(amount)
    mean, deviation, longest = with_waits.get_mean_value(), with_waits.get_stddev(), with_waits.get_max_value()
    text = "Running 20s test @ http://127.0.0.1:8080/items/7\n  2 threads and 10 connections\n"
    text += "  Thread calibration: mean lat.: 2.141ms, rate sampling interval: 10ms\n" * 2
    text += f"  Thread Stats{'Avg':>6}{'Stdev':>11}{'Max':>8}{'+/- Stdev':>12}\n"
    text += f"    {'Latency':<10}{short(mean):>8}{short(deviation):>10}{short(longest):>9}{91.23:8.2f}%\n"
    text += f"    {'Req/Sec':<10}{'52.14  ':>8}{'18.30  ':>10}{'111.00  ':>9}{84.10:8.2f}%\n"
    text += distribution(with_waits, CORRECTED)
    if uncorrected:
        text += "\n" + distribution(without, UNCORRECTED)
    text += f"  {amount * 2} requests in {short(20_003_417)}, {amount * 2 * 126 / 1024:.2f}KB read\n"
    if uncorrected:
        text += "  Socket errors: connect 0, read 3, write 0, timeout 5\n  Non-2xx or 3xx responses: 41\n"
    return text + f"Requests/sec: {amount * 2 / 20.003417:9.2f}\nTransfer/sec: {f'{amount * 2 * 126 / 1024 / 20.003417:.2f}K':>10}B\n"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "wrk2_latency.txt").write_text(printed(1000, uncorrected=False))
    (FOLDER / "wrk2_uncorrected.txt").write_text(printed(1600, uncorrected=True))


if __name__ == "__main__":
    main()

"""Writes vegeta's results and report as its encoders define them: an open attack of 50 a second for three seconds, with every kind of failure."""

from __future__ import annotations

import base64
import csv
import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
START_NS = 1_790_000_000_123_456_789
GAP_NS = 20_000_000
BASE = "http://127.0.0.1:8080"
REFUSED = f'Get "{BASE}/items/7": dial tcp 127.0.0.1:0->127.0.0.1:8080: connect: connection refused'
ANSWERS = {200: "", 302: "", 404: "404 Not Found", 429: "429 Too Many Requests", 500: "500 Internal Server Error", 0: REFUSED}
EDGES_NS = (0, 5_000_000, 10_000_000, 50_000_000)


def results(statuses: Sequence[int], amount: int, attack: str = "") -> list[dict[str, Any]]:
    """What vegeta knows of each hit, in the order in which answers came."""
    noise = random.Random(11)
    hits = [hit(noise, number, statuses[noise.randrange(len(statuses))], attack) for number in range(amount)]
    return sorted(hits, key=lambda item: item["timestamp"] + item["latency"])


def hit(noise: random.Random, number: int, code: int, attack: str) -> dict[str, Any]:
    """Keys in the order in which vegeta writes them."""
    answered = code > 0
    return {
        "attack": attack,
        "seq": number,
        "code": code,
        "timestamp": START_NS + number * GAP_NS + noise.randrange(60_000),
        "latency": int(noise.lognormvariate(15.8, 0.7)),
        "bytes_out": 0,
        "bytes_in": 64 if answered else 0,
        "error": ANSWERS[code],
        "body": base64.b64encode(b"{}" if answered else b"").decode() or None,
        "method": "GET",
        "url": f"{BASE}/items/{number % 9}?page=1",
        "headers": {"Content-Length": ["64"]} if answered else None,
    }


def stamp(nanoseconds: int, zone: timezone) -> str:
    """RFC 3339 with nanoseconds, no zeros at the end, as Go writes it."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, zone)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + ("Z" if zone == UTC else moment.isoformat()[-6:])


def write_json(path: Path, hits: list[dict[str, Any]], zone: timezone) -> None:
    """One object a line, without spaces."""
    rows = [item | {"timestamp": stamp(item["timestamp"], zone)} for item in hits]
    path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))


def write_csv(path: Path, hits: list[dict[str, Any]]) -> None:
    """Twelve columns, no header; body and headers in base64."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        for item in hits:
            headers = "".join(f"{name}: {value}\r\n" for name, values in (item["headers"] or {}).items() for value in values)
            first = [item[key] for key in ("timestamp", "code", "latency", "bytes_out", "bytes_in", "error")]
            last = [item["method"], item["url"], base64.b64encode(headers.encode()).decode()]
            rows.writerow([*first, item["body"] or "", item["attack"], item["seq"], *last])


def write_report(path: Path, hits: list[dict[str, Any]], *, buckets: bool) -> None:
    """The report of vegeta 12; percentiles are near those of the samples, as a digest's are."""
    latencies = sorted(item["latency"] for item in hits)
    starts, ends = [item["timestamp"] for item in hits], [item["timestamp"] + item["latency"] for item in hits]
    duration, good = max(starts) - min(starts), sum(200 <= item["code"] < 400 for item in hits)
    report: dict[str, Any] = {
        "latencies": {"total": sum(latencies), "mean": sum(latencies) // len(hits)}
        | {f"{percent}th": latencies[len(hits) * percent // 100] for percent in (50, 90, 95, 99)}
        | {"max": latencies[-1], "min": latencies[0]},
        "bytes_in": {"total": sum(item["bytes_in"] for item in hits), "mean": sum(item["bytes_in"] for item in hits) / len(hits)},
        "bytes_out": {"total": 0, "mean": 0},
        "earliest": stamp(min(starts), timezone(timedelta(hours=2))),
        "latest": stamp(max(starts), timezone(timedelta(hours=2))),
        "end": stamp(max(ends), timezone(timedelta(hours=2))),
        "duration": duration,
        "wait": max(ends) - max(starts),
        "requests": len(hits),
        "rate": len(hits) / (duration / 1e9),
        "throughput": good / ((max(ends) - min(starts)) / 1e9),
        "success": good / len(hits),
        "status_codes": {str(code): count for code, count in sorted(Counter(item["code"] for item in hits).items())},
        "errors": sorted({item["error"] for item in hits} - {""}),
    }
    if buckets:
        counts = Counter(max(edge for edge in EDGES_NS if edge <= latency) for latency in latencies)
        report["buckets"] = {str(edge): counts[edge] for edge in EDGES_NS}
    path.write_text(json.dumps(report, separators=(",", ":")) + "\n")


def main() -> None:
    good, mixed = results((200,), 80), results((200, 200, 200, 302, 404, 429, 500, 0), 150, attack="every, kind")
    for name in ("vegeta_json", "vegeta_csv", "vegeta_report"):
        (FOLDER / name).mkdir(exist_ok=True)
    write_json(FOLDER / "vegeta_json" / "ok.json", good, UTC)
    write_json(FOLDER / "vegeta_json" / "mixed_statuses_zoned.json", mixed, timezone(timedelta(hours=2)))
    write_csv(FOLDER / "vegeta_csv" / "ok.csv", good)
    write_csv(FOLDER / "vegeta_csv" / "mixed_statuses.csv", mixed)
    write_report(FOLDER / "vegeta_report" / "ok.json", good, buckets=False)
    write_report(FOLDER / "vegeta_report" / "mixed_statuses_buckets.json", mixed, buckets=True)


if __name__ == "__main__":
    main()

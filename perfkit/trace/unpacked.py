"""Lines of a trace → its spans, for those who need them before they are stored: packed calls become spans of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import Any


def spans_in(trace: Path) -> Iterator[dict[str, Any]]:
    """Whole lines only: a program that was ended may have left half of one."""
    with trace.open(encoding="utf-8") as lines:
        for text in lines:
            if text.endswith("\n"):
                line = json.loads(text)
                if "span_id" in line:
                    yield line
                elif "perfkit_calls" in line:
                    yield from _calls_of(line["perfkit_calls"])


def _calls_of(packed: dict[str, Any]) -> Iterator[dict[str, Any]]:
    prefix, timings, around = packed["prefix"], packed["timings"], packed["above"]
    columns = (packed[name] for name in ("timing", "below", "number", "started", "took"))
    for timing, below, number, started, took, found in zip(*columns, _found_of(packed)):  # noqa: B905  the last may be endless
        above, described = around[below], timings[timing]
        outermost = above.get("trace") or number
        yield {
            "trace_id": above.get("trace_id") or f"{prefix}{outermost:08x}",
            "span_id": f"{prefix}{number:08x}",
            "parent_id": above.get("span_id") or (f"{prefix}{above['number']:08x}" if "number" in above else None),
            "kind": described.get("kind", "internal"),
            "name": described["name"],
            "started_at": (packed["clock_ns"] + started) // 1000,
            "duration_ms": took / 1e6,
            "status": "error" if "error" in found else "ok",
            "fingerprint": described.get("fingerprint"),
            "file": described["file"],
            "line": described["line"],
            "attributes": described["attributes"] | found,
        }


def _found_of(packed: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What is known of each call alone; of a statement also its parameters' hash and its rows."""
    more = packed["more"] or repeat({})
    if "rows" not in packed:
        yield from (found or {} for found in more)
        return
    for params_hash, rows, found in zip(packed["params_hash"], packed["rows"], more):  # noqa: B905  the last may be endless
        yield {"params_hash": f"{params_hash:016x}", "rows": rows} | (found or {})

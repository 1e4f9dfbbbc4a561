"""pytest-benchmark's JSON: every round where they were kept, else the statistics it printed. Times are seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.printed import Printed
from perfkit.model.run import Manifest
from perfkit.readers.parts.measured import RoundRow, document_of, finite, keyed, listed, machine, moment, printed, worded
from perfkit.readers.parts.parsing import require_keys

NAME = "pytest-benchmark"
KIND = "bench"
TOOL = "pytest-benchmark"
ABOUT = "pytest-benchmark's JSON: --benchmark-json, or --benchmark-save, which keeps the rounds only with --benchmark-save-data"
BY_LINE = False

STATS = {"min": "min", "max": "max", "mean": "mean", "stddev": "stddev", "q1": "p25", "median": "p50", "q3": "p75"}
SETTINGS = ("disable_gc", "timer", "warmup")
"""Options that change what a round measures, unlike those that decide how many rounds there are."""


def sniff(head: Head) -> bool:
    """A JSON object that tells of the machine and the commit before its benchmarks."""
    text = head.text.lstrip("\ufeff \t\r\n")
    return text[:1] == "{" and '"machine_info"' in text and ('"commit_info"' in text or '"benchmarks"' in text)


def read(path: Path) -> Iterator[Batch]:
    """Rounds, or what was printed of them."""
    document = require_keys(path, NAME, document_of(path, NAME), ("machine_info", "benchmarks"))
    benchmarks = [require_keys(path, NAME, item, ("fullname", "stats")) for item in listed(path, NAME, document["benchmarks"], "benchmarks")]
    yield _manifest(path, document, benchmarks)
    rounds: list[RoundRow] = []
    reported: list[Printed] = []
    for benchmark in benchmarks:
        name = worded(path, NAME, benchmark["fullname"], "fullname")
        stats = keyed(path, NAME, benchmark["stats"], f"stats of {name}")
        times = listed(path, NAME, stats.get("data") or [], f"data of {name}")
        rounds += [RoundRow(name, number, finite(path, NAME, time, f"a time of {name}"), "s") for number, time in enumerate(times)]
        reported += [] if times else _reported(path, name, stats)
    yield columns_of("rounds", rounds)
    yield columns_of("reported", reported)


def _reported(path: Path, name: str, stats: dict[str, Any]) -> Iterator[Printed]:
    require_keys(path, NAME, stats, ("min", "max", "mean", "median", "rounds"))
    for key, stat in STATS.items():
        if key in stats:
            yield printed(name, stat, finite(path, NAME, stats[key], f"{key} of {name}") * 1000, "ms")
    yield printed(name, "rounds", finite(path, NAME, stats["rounds"], f"rounds of {name}"), "count")
    if "ops" in stats:
        yield printed(name, "per_second", finite(path, NAME, stats["ops"], f"ops of {name}"), "per_second")


def _manifest(path: Path, document: dict[str, Any], benchmarks: Sequence[dict[str, Any]]) -> Manifest:
    commit = keyed(path, NAME, document.get("commit_info") or {}, "commit_info")
    known = commit.get("id") not in (None, "", "unversioned", "unknown")
    return Manifest(
        tool_version=worded(path, NAME, document["version"], "version") if "version" in document else None,
        commit=worded(path, NAME, commit["id"], "the commit's id") if known else None,
        dirty=bool(commit["dirty"]) if known and "dirty" in commit else None,
        host=_host(path, document["machine_info"]),
        started_at=moment(path, NAME, document["datetime"]) if "datetime" in document else None,
        parameters=_parameters(path, benchmarks),
    )


def _host(path: Path, machine_info: Any) -> str | None:
    facts = keyed(path, NAME, machine_info, "machine_info")
    cpu = facts.get("cpu")
    processor = cpu if isinstance(cpu, dict) else {}
    brand = processor.get("brand_raw") or processor.get("brand") or facts.get("processor")
    cores = f"{processor['count']} cores" if "count" in processor else None
    keys = ("brand", "cores", "system", "release", "machine", "python_implementation", "python_version")
    return machine({**facts, "brand": brand, "cores": cores}, *keys)


def _parameters(path: Path, benchmarks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    options = [keyed(path, NAME, item.get("options") or {}, "options") for item in benchmarks]
    used = {key: sorted({str(option[key]) for option in options if key in option}) for key in SETTINGS}
    return {key: ", ".join(values) for key, values in used.items() if values}

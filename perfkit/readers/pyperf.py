"""pyperf's JSON: the values of every process, and the warm-ups before them. A value is one loop's time or the memory used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.measured import RoundRow, document_of, finite, keyed, listed, machine, moment, worded
from perfkit.readers.parts.parsing import refuse, require_keys

NAME = "pyperf"
KIND = "bench"
TOOL = "pyperf"
ABOUT = "pyperf's JSON of a benchmark or a suite, also gzip; its dates name no zone and are taken as UTC"
BY_LINE = False

VERSION = "1.0"
UNITS = {"second": "s", "byte": "bytes", "integer": "count"}
HOST = ("cpu_model_name", "cores", "platform", "python_implementation", "python_version")
SETTINGS = ("timer", "tracemalloc_peak", "track_memory")


def sniff(head: Head) -> bool:
    """A JSON object of benchmarks that have runs with values or warm-ups."""
    text = head.text.lstrip("\ufeff \t\r\n")
    measured = '"values"' in text or '"warmups"' in text
    return text[:1] == "{" and '"benchmarks"' in text and '"runs"' in text and measured and '"machine_info"' not in text


def read(path: Path) -> Iterator[Batch]:
    """Every value of every run."""
    document = require_keys(path, NAME, document_of(path, NAME), ("benchmarks", "version"))
    if document["version"] != VERSION:
        raise refuse(path, NAME, f"version {str(document['version'])[:20]!r} of the format; {VERSION} is known. Convert it with pyperf convert.")
    common = keyed(path, NAME, document.get("metadata") or {}, "metadata")
    rounds: list[RoundRow] = []
    metadata: list[dict[str, Any]] = []
    for item in listed(path, NAME, document["benchmarks"], "benchmarks"):
        benchmark = require_keys(path, NAME, item, ("runs",))
        shared = common | keyed(path, NAME, benchmark.get("metadata") or {}, "a benchmark's metadata")
        runs = [keyed(path, NAME, run, "a run") for run in listed(path, NAME, benchmark["runs"], "runs")]
        metadata += [shared | keyed(path, NAME, run.get("metadata") or {}, "a run's metadata") for run in runs]
        rounds += _rounds(path, shared, runs)
    yield _manifest(path, metadata)
    yield columns_of("rounds", rounds)


def _rounds(path: Path, metadata: dict[str, Any], runs: list[dict[str, Any]]) -> list[RoundRow]:
    name = worded(path, NAME, metadata.get("name"), "a benchmark's name")
    unit = metadata.get("unit", "second")
    if unit not in UNITS:
        raise refuse(path, NAME, f"{name} is measured in {unit!r}. Known: {', '.join(UNITS)}.")
    values: list[tuple[Any, str | None]] = []
    for run in runs:
        values += [(_warmup(path, name, pair), "warmup") for pair in listed(path, NAME, run.get("warmups") or [], "warmups")]
        values += [(value, None) for value in listed(path, NAME, run.get("values") or [], "values")]
    return [
        RoundRow(name, number, finite(path, NAME, value, f"value {number} of {name}"), UNITS[unit], phase)
        for number, (value, phase) in enumerate(values)
    ]


def _warmup(path: Path, name: str, pair: Any) -> Any:
    """A warm-up says with how many loops it ran; its value is already that of one loop."""
    if not isinstance(pair, list) or len(pair) != 2:
        raise refuse(path, NAME, f"a warm-up of {name} is not a pair of loops and value.")
    return pair[1]


def _manifest(path: Path, metadata: list[dict[str, Any]]) -> Manifest:
    first = metadata[0] if metadata else {}
    dates = [moment(path, NAME, item["date"]) for item in metadata if "date" in item]
    version = first.get("pyperf_version", first.get("perf_version"))
    return Manifest(
        tool_version=worded(path, NAME, version, "the version") if version is not None else None,
        host=machine(first | {"cores": f"{first['cpu_count']} cores" if "cpu_count" in first else None}, *HOST),
        started_at=min(dates, default=None),
        parameters={key: first[key] for key in SETTINGS if key in first},
    )

"""asv's result file: one commit in one environment. Samples where asv recorded them, else the median and quartiles it kept."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.printed import Printed
from perfkit.model.run import Manifest
from perfkit.readers.parts.measured import RoundRow, document_of, finite, keyed, listed, machine, moment_after_epoch, printed, worded
from perfkit.readers.parts.parsing import refuse, require_keys

NAME = "asv"
KIND = "bench"
TOOL = "asv"
ABOUT = "asv results/MACHINE/COMMIT-ENVIRONMENT.json, versions 1 and 2; what track_ benchmarks count has no unit in it"
BY_LINE = False

KINDS = (
    (re.compile(r"(Time|Timeraw)[A-Z_].*|(time|timeraw)_.*", re.DOTALL), "s"),
    (re.compile(r"(Mem|PeakMem)[A-Z_].*|(mem|peakmem)_.*", re.DOTALL), "bytes"),
)
"""The file does not tell what a benchmark measures; its name does, by asv's own rule."""
QUARTILES = {"q_25": "p25", "q_75": "p75"}


@dataclass(frozen=True, slots=True)
class Result:
    """One benchmark's columns, whichever version wrote them."""

    name: str
    values: list[Any]
    """One for every combination of parameters; None failed or did not run, NaN was left out on purpose."""
    params: list[Any]
    samples: list[Any]
    stats: Mapping[str, list[Any]]
    started_ms: Any


def sniff(head: Head) -> bool:
    """A commit's hash, its environment and results."""
    text = head.text.lstrip("\ufeff \t\r\n")
    return text[:1] == "{" and '"commit_hash"' in text and '"requirements"' in text and '"results"' in text


def read(path: Path) -> Iterator[Batch]:
    """What finished; benchmarks that failed or were skipped leave no row."""
    document = require_keys(path, NAME, document_of(path, NAME), ("commit_hash", "params", "python", "requirements", "results", "version"))
    if document["version"] not in (1, 2):
        raise refuse(path, NAME, f"version {str(document['version'])[:20]!r} of the format; 1 and 2 are known.")
    results = list(_second_version(path, document) if document["version"] == 2 else _first_version(path, document))
    yield _manifest(path, document, results)
    rounds: list[RoundRow] = []
    reported: list[Printed] = []
    for result in results:
        for place, name in enumerate(_names(path, result)):
            value = result.values[place]
            if value is not None and not (isinstance(value, float) and math.isnan(value)):
                _add(path, result, place, name, rounds, reported)
    yield columns_of("rounds", rounds)
    yield columns_of("reported", reported)


def _add(path: Path, result: Result, place: int, name: str, rounds: list[RoundRow], reported: list[Printed]) -> None:
    """A median of samples that were not kept is reported; any other single value is a round of its own."""
    unit = _unit(result.name)
    signed = unit == "count"
    samples = _at(result.samples, place)
    value = finite(path, NAME, result.values[place], f"the result of {name}", signed=signed)
    if samples is not None or unit != "s":
        values = listed(path, NAME, samples, f"samples of {name}") if samples is not None else [value]
        rounds += [
            RoundRow(name, number, finite(path, NAME, sample, f"sample {number} of {name}", signed=signed), unit)
            for number, sample in enumerate(values)
        ]
        return
    reported.append(printed(name, "p50", value * 1000, "ms"))
    for key, stat in QUARTILES.items():
        quartile = _at(result.stats.get(key, []), place)
        if quartile is not None:
            reported.append(printed(name, stat, finite(path, NAME, quartile, f"{key} of {name}") * 1000, "ms"))


def _at(values: Sequence[Any], place: int) -> Any:
    return values[place] if place < len(values) else None


def _unit(name: str) -> str:
    word = name.rpartition(".")[2]
    return next((unit for pattern, unit in KINDS if pattern.fullmatch(word)), "count")


def _names(path: Path, result: Result) -> list[str]:
    """The benchmark's name and, in brackets, one combination of its parameters; the last parameter changes fastest."""
    axes = [[str(value) for value in listed(path, NAME, axis, f"a parameter of {result.name}")] for axis in result.params]
    names = [f"{result.name}[{', '.join(chosen)}]" for chosen in itertools.product(*axes)] if axes else [result.name]
    if result.values and len(result.values) != len(names):
        raise refuse(path, NAME, f"{result.name} has {len(result.values)} results for {len(names)} combinations of its parameters.")
    return names if result.values else []


def _second_version(path: Path, document: Mapping[str, Any]) -> Iterator[Result]:
    """A list a benchmark, in the order of result_columns; empty columns at its end are left out."""
    titles = [worded(path, NAME, title, "a column") for title in listed(path, NAME, document.get("result_columns"), "result_columns")]
    for name, cells in keyed(path, NAME, document["results"], "results").items():
        row = dict(zip(titles, listed(path, NAME, cells, f"the row of {name}"), strict=False))
        stats = {title.removeprefix("stats_"): row[title] for title in row if title.startswith("stats_")}
        yield _result(path, name, row, stats, row.get("started_at"))


def _first_version(path: Path, document: Mapping[str, Any]) -> Iterator[Result]:
    """An object a benchmark, or its bare value where it has no parameters."""
    started = keyed(path, NAME, document.get("started_at") or {}, "started_at")
    for name, cell in keyed(path, NAME, document["results"], "results").items():
        row = cell if isinstance(cell, dict) else {"result": cell}
        summaries = row.get("stats")
        listed_stats = summaries if isinstance(summaries, list) else [summaries]
        stats = {key: [item.get(key) if isinstance(item, dict) else None for item in listed_stats] for key in QUARTILES}
        yield _result(path, name, row, stats, started.get(name))


def _result(path: Path, name: str, row: Mapping[str, Any], stats: Mapping[str, Any], started_ms: Any) -> Result:
    value = row.get("result")
    return Result(
        name=name,
        values=value if isinstance(value, list) else [] if value is None else [value],
        params=listed(path, NAME, row.get("params") or [], f"params of {name}"),
        samples=listed(path, NAME, row.get("samples") or [], f"samples of {name}"),
        stats={key: listed(path, NAME, values or [], f"{key} of {name}") for key, values in stats.items()},
        started_ms=started_ms,
    )


def _manifest(path: Path, document: Mapping[str, Any], results: Sequence[Result]) -> Manifest:
    facts = keyed(path, NAME, document["params"], "params")
    started = [finite(path, NAME, result.started_ms, f"started_at of {result.name}") for result in results if result.started_ms is not None]
    return Manifest(
        commit=worded(path, NAME, document["commit_hash"], "commit_hash"),
        host=machine({**facts, "cores": f"{facts['num_cpu']} cores" if facts.get("num_cpu") else None}, "cpu", "cores", "ram", "os", "arch"),
        started_at=moment_after_epoch(path, NAME, min(started) / 1000) if started else None,
        parameters={"python": document["python"], "requirements": document["requirements"]},
    )

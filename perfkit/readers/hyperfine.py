"""hyperfine's JSON: the wall time of every run of every command, in seconds. Warm-up runs are not in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.measured import RoundRow, document_of, finite, keyed, listed, worded
from perfkit.readers.parts.parsing import refuse, require_keys

NAME = "hyperfine"
KIND = "bench"
TOOL = "hyperfine"
ABOUT = "hyperfine --export-json; it tells neither its version nor when it ran"
BY_LINE = False

START = re.compile(r'\s*\{\s*"results"\s*:\s*\[\s*\{\s*"command"\s*:')
MEMORY = "{}: peak memory"


def sniff(head: Head) -> bool:
    """Results whose first word is a command."""
    return START.match(head.text.lstrip("\ufeff")) is not None


def read(path: Path) -> Iterator[Batch]:
    """Every run; a command that failed leaves a run that must not be judged."""
    document = require_keys(path, NAME, document_of(path, NAME), ("results",))
    results = [require_keys(path, NAME, item, ("command", "times")) for item in listed(path, NAME, document["results"], "results")]
    names = _names(path, results)
    rounds: list[RoundRow] = []
    failed: list[str] = []
    for name, result in zip(names, results, strict=True):
        times = listed(path, NAME, result["times"], f"times of {name}")
        codes = listed(path, NAME, result.get("exit_codes") or [], f"exit_codes of {name}")
        if codes and len(codes) != len(times):
            raise refuse(path, NAME, f"{name} has {len(times)} times and {len(codes)} exit codes.")
        failed += _failure(name, codes)
        rounds += _rows(path, name, times, "s")
        rounds += _rows(path, MEMORY.format(name), listed(path, NAME, result.get("memory_usage_byte") or [], "memory_usage_byte"), "bytes")
    yield Manifest(valid=not failed, invalid_because="; ".join(failed) or None)
    yield columns_of("rounds", rounds)


def _rows(path: Path, name: str, values: list[Any], unit: str) -> list[RoundRow]:
    return [RoundRow(name, number, finite(path, NAME, value, f"run {number} of {name}"), unit) for number, value in enumerate(values)]


def _names(path: Path, results: list[dict[str, Any]]) -> list[str]:
    """Commands with their parameters; one that was given twice is numbered."""
    seen: Counter[str] = Counter()
    names = []
    for result in results:
        name = worded(path, NAME, result["command"], "a command")
        parameters = keyed(path, NAME, result.get("parameters") or {}, f"parameters of {name}")
        if parameters:
            name += f" [{', '.join(f'{key}={value}' for key, value in parameters.items())}]"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return names


def _failure(name: str, codes: list[Any]) -> list[str]:
    """A null is a run that a signal ended."""
    wrong = [code for code in codes if code != 0]
    if not wrong:
        return []
    endings = ", ".join(sorted({"a signal" if code is None else f"exit code {code}" for code in wrong}))
    return [f"{len(wrong)} of {len(codes)} runs of {name} failed with {endings}"]

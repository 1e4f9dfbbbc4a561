"""The rounds of perfkit's own benchmarks and sweeps: one JSON document, one format for two kinds of run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfkit.errors import ArtefactError
from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Columns
from perfkit.readers.parts.parsing import json_of, refuse, require_keys

FORMAT = 1
UNITS = ("ms", "count")
TEXTS = ("phase", "component")


@dataclass(frozen=True, slots=True)
class RoundsReader:
    """What a module of this folder offers, once for each kind."""

    NAME: str
    KIND: str
    TOOL: str
    ABOUT: str
    BY_LINE: bool = False

    def sniff(self, head: Head) -> bool:
        """The first two keys."""
        return bool(re.match(rf'\s*\{{\s*"perfkit_rounds":\s*\d+,\s*"kind":\s*"{self.KIND}"', head.text.lstrip("\ufeff")))

    def read(self, path: Path) -> Iterator[Batch]:
        """Every round, and every component's share of it."""
        document = require_keys(path, self.NAME, json_of(path, self.NAME), ("perfkit_rounds", "kind", "benchmark", "rounds"))
        if document["perfkit_rounds"] != FORMAT or document["kind"] != self.KIND:
            raise refuse(path, self.NAME, f"form {document['perfkit_rounds']!r} of kind {document['kind']!r}; known is form {FORMAT} of {self.KIND}.")
        if not isinstance(document["rounds"], list) or not isinstance(document["benchmark"], str):
            raise refuse(path, self.NAME, "benchmark is no text or rounds no list.")
        rounds = [self._round(path, number, item) for number, item in enumerate(document["rounds"])]
        names = ("round", "value", "unit", "phase", "size", "component")
        yield Columns("rounds", {"benchmark": [document["benchmark"]] * len(rounds)} | {name: [item.get(name) for item in rounds] for name in names})

    def _round(self, path: Path, number: int, item: Any) -> Mapping[str, Any]:
        row = require_keys(path, self.NAME, item, ("round", "value", "unit"))
        numbers = [row["round"], row["value"], row.get("size", 0)]
        if any(isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0 for value in numbers):
            raise self._wrong(path, number, "round, value and size must be finite numbers that are not negative")
        if not isinstance(row["round"], int) or row["round"] >= 2**31:
            raise self._wrong(path, number, "round must be a whole number")
        if row["unit"] not in UNITS or not all(isinstance(row.get(name, ""), str) for name in TEXTS):
            raise self._wrong(path, number, f"the unit must be one of {', '.join(UNITS)}, phase and component texts")
        return row

    def _wrong(self, path: Path, number: int, reason: str) -> ArtefactError:
        return refuse(path, self.NAME, f"round {number} of the list: {reason}.")


BENCH = RoundsReader("perfkit-bench", "bench", "perfkit.bench", "rounds of `perfkit collect bench`, JSON")
SWEEP = RoundsReader("perfkit-sweep", "sweep", "perfkit.sweep", "rounds of `perfkit collect sweep` by size and component, JSON")

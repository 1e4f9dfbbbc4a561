"""Rounds of a benchmark or a sweep → the one artefact that both leave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Round:
    """One measured value; a row of the table rounds."""

    round: int
    value: float
    unit: str
    phase: str | None = None
    """warmup, failed, verify, profiled or idle; None is a measured round."""
    size: float | None = None
    component: str | None = None
    """None: the whole."""


@dataclass(frozen=True, slots=True)
class Call:
    """One execution that is to be measured."""

    size: int
    round: int
    phase: str | None = None

    @property
    def seed(self) -> str:
        """Made data differ from round to round, so that no cache answers for the code."""
        return f"{self.size}:{self.round}:{self.phase or ''}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One execution that was measured."""

    call: Call
    seconds: float
    from_us: int
    to_us: int
    """Unix time: spans between the two belong to the execution."""
    problem: str | None = None
    """Such as `status 413` or `no answer`; None when it succeeded."""
    detail: str = ""
    """What it said when it failed."""


def write_rounds(path: Path, kind: Literal["bench", "sweep"], benchmark: str, rounds: Sequence[Round], about: dict[str, Any]) -> Path:
    """One JSON document, a line a round."""
    head = json.dumps({"perfkit_rounds": FORMAT, "kind": kind, "benchmark": benchmark, **about})
    lines = ",\n".join(json.dumps({name: value for name, value in asdict(item).items() if value is not None}) for item in rounds)
    path.write_text(f'{head[:-1]}, "rounds": [\n{lines}\n]}}\n', encoding="utf-8")
    return path

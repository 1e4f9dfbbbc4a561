"""From where are the application's functions called most?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class FrequentCaller:
    """One function of the application, and the caller that its time belongs to most."""

    run_id: str
    function: str
    module: str
    file: str
    line: int
    calls: int
    total: float
    share: float | None
    callers: int
    caller: str
    caller_file: str
    caller_line: int
    caller_calls: int
    caller_share: float | None


def frequent_callers(store: Store, run_ids: Sequence[str], least: float) -> list[FrequentCaller]:
    """Of every run that counts calls the functions of at least that share, the heaviest first."""
    return store.ask(QUESTION, FrequentCaller, run_ids=list(run_ids), least=least)

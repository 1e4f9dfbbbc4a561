"""In which words was a report written? A seal of each sentence with a number, of those reports that the store knows."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """What the store knows of a report."""

    sentences: str


def known_seals(store: Store, report: str) -> frozenset[str]:
    """Of a report that was written here, or came in a bundle; none of any other."""
    return frozenset(seal for known in store.ask(QUESTION, WrittenReport, report=report) for seal in known.sentences.split())


def remember_seals(store: Store, report: str, seals: AbstractSet[str]) -> None:
    """What is known of it already stays known."""
    known = known_seals(store, report)
    if not seals <= known:
        store.append("written_reports", [(report, " ".join(sorted(known | seals)))], replacing=True)

"""A finding is a diagnosed problem: where it is, what it costs, what removing it should save, and how."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

Priority = Literal["P0", "P1", "P2"]
Level = Literal["HIGH", "MEDIUM", "LOW"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A row of the table findings."""

    finding_id: str
    """Follows from rule, place and run: the same evidence gives the same id."""
    run_id: str
    """The run whose evidence shows it."""
    rule: str
    priority: Priority
    impact: Level
    effort: Level
    title: str
    subject: str | None
    """The endpoint that pays for it; None when the evidence does not say."""
    place: str
    """What a reader should open: file:line, a plan node, a statement."""
    file: str | None
    line: int | None
    cost_ms: float | None
    """Measured, per request of the subject or per execution of the statement."""
    saves_ms: float | None
    """Predicted from the evidence, per request. None when it cannot be predicted."""
    saving_basis: str
    """How the prediction follows from the evidence, in one sentence."""
    remedy: str
    identity: str
    """The same for the same problem in another run, at another line or in another number: what a team accepts is known by it."""
    round_trips: float | None = None
    """Round trips to a database that removing it saves per request, predicted. None when it does not say."""


def finding_id(rule: str, place: str, cause: str, run_id: str) -> str:
    """Stable over repeated diagnoses of one run; cause tells apart what one line does wrong twice."""
    return hashlib.sha256(f"{rule}\n{place}\n{cause}\n{run_id}".encode()).hexdigest()[:10]


def identity_of(rule: str, *anchor: str) -> str:
    """Stable over commits: anchor is what stays of a problem while code moves and counts change."""
    return hashlib.sha256("\n".join((rule, *anchor)).encode()).hexdigest()[:10]


def without_numbers(text: str) -> str:
    """Lines, node numbers and counts go, names stay."""
    return re.sub(r"\d+(?:[.,\u202f]\d+)*", "#", text)


def impact_of(saves_ms: float | None, request_ms: float | None) -> Level:
    """HIGH from 30 % of the request, MEDIUM from 10 %, else LOW."""
    if saves_ms is None or not request_ms:
        return "LOW"
    share = saves_ms / request_ms
    return "HIGH" if share >= 0.3 else "MEDIUM" if share >= 0.1 else "LOW"


WEIGHT: dict[Level, int] = {"HIGH": 2, "MEDIUM": 1, "LOW": 0}
PRIORITY_OF: dict[Level, Priority] = {"HIGH": "P0", "MEDIUM": "P1", "LOW": "P2"}

"""What does the evidence answer to a reviewer's questions? No, by a finding; nothing against it; or that nobody looked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Literal

from perfkit.model.finding import Finding
from perfkit.packs.model import Area, Check
from perfkit.report.evidence import Evidence

Answer = Literal["failed", "undecided", "passed", "not examined"]
OF_A_VERDICT: dict[str, Answer] = {"missed": "failed", "inconclusive": "undecided", "met": "passed"}
"""The first that occurs in a scorecard answers for all of it."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One question with its answer."""

    check: Check
    answer: Answer
    findings: Sequence[Finding] = ()
    """What answers it with no, worst first."""
    known: bool = False
    """True: its findings stand under an earlier question already."""
    lacks: Sequence[str] = ()
    """Kinds of runs that would have to be there."""


@dataclass(frozen=True, slots=True)
class ReviewedArea:
    """The questions of one kind."""

    area: Area
    reviewed: Sequence[Reviewed]

    def of(self, answer: Answer) -> list[Reviewed]:
        """Those with one answer."""
        return [item for item in self.reviewed if item.answer == answer]


@dataclass(frozen=True, slots=True)
class Recommended:
    """Findings of one priority and one step of the hierarchy."""

    priority: str
    step: str
    findings: Sequence[Finding]


def gates(evidence: Evidence, label: str) -> list[Reviewed]:
    """What must hold before code is approved."""
    return [_reviewed(evidence, check, label) for check in evidence.pack.gates]


def with_answer(evidence: Evidence, label: str, answer: Answer) -> list[Reviewed]:
    """The gates with one answer."""
    return [gate for gate in gates(evidence, label) if gate.answer == answer]


def areas(evidence: Evidence, label: str) -> list[ReviewedArea]:
    """Everything that a review goes through; a finding is told once."""
    told: set[str] = set()
    found = []
    for area in evidence.pack.review:
        reviewed = []
        for check in area.checks:
            one = _reviewed(evidence, check, label)
            new = {finding.finding_id for finding in one.findings} - told
            reviewed.append(Reviewed(check, one.answer, one.findings, bool(one.findings) and not new, one.lacks))
            told |= new
        found.append(ReviewedArea(area, reviewed))
    return found


def recommended(evidence: Evidence, findings: Iterable[Finding]) -> list[Recommended]:
    """By priority, then in the order in which the pack takes up kinds of problems, then by what they save."""
    steps = evidence.pack.hierarchy
    ordered = sorted(findings, key=lambda finding: (finding.priority, _step(steps, finding), -(finding.saves_ms or 0.0), finding.finding_id))
    groups = groupby(ordered, key=lambda finding: (finding.priority, _step(steps, finding)))
    return [Recommended(priority, steps[step].label if step < len(steps) else "", list(found)) for (priority, step), found in groups]


def _step(steps: Sequence[Check], finding: Finding) -> int:
    return next((position for position, step in enumerate(steps) if _fits(step, finding)), len(steps))


def _reviewed(evidence: Evidence, check: Check, label: str) -> Reviewed:
    if check.targets:
        return Reviewed(check, _of_targets(evidence, label))
    found = [finding for finding in evidence.findings_of(label) if _fits(check, finding)]
    lacks = sorted(set(check.evidence) - {run.kind for run in evidence.runs[label] if run.valid})
    if found:
        return Reviewed(check, "failed", found)
    return Reviewed(check, "passed" if check.rules and not lacks else "not examined", lacks=lacks)


def _of_targets(evidence: Evidence, label: str) -> Answer:
    given = {verdict.verdict for verdict in evidence.verdicts[label]}
    return next((answer for verdict, answer in OF_A_VERDICT.items() if verdict in given), "not examined")


def _fits(check: Check, finding: Finding) -> bool:
    return any(fnmatchcase(finding.rule, glob) for glob in check.rules)

"""What a template may use: evidence arranged for reading, and cite(), which numbers the footnotes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from perfkit.analyses.comparison import Compared
from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.analyses.request_time import RequestTime, request_time
from perfkit.model.finding import Finding
from perfkit.model.run import Run
from perfkit.model.verdict import Verdict
from perfkit.packs.investigation import Change, Investigation
from perfkit.report.citations import Origin, cite
from perfkit.report.evidence import Evidence
from perfkit.report.source import function_source

BOTH = "both labels"
RUN_IDS_A_LINE = 6
VERDICT_WORDS = {"met": "met", "missed": "**missed**", "inconclusive": "inconclusive", "no_data": "not measured"}


@dataclass
class Footnotes:
    """Numbers the citations of one document; equal ones share a footnote."""

    evidence: Evidence
    lines: list[str] = field(default_factory=list)

    def __call__(self, figure: str, name: str, subject: str, side: str = BOTH) -> str:
        """The number with its mark."""
        citation = cite(self.evidence, Origin(figure, name, subject, side))
        if citation.footnote not in self.lines:
            self.lines.append(citation.footnote)
        return f"{citation.text}[^{self.lines.index(citation.footnote) + 1}]"


@dataclass(frozen=True, slots=True)
class Judged:
    """One line of the scorecard: a target's verdicts under both labels."""

    target: str
    metric: str
    subject: str
    must_be: str
    base: Verdict | None
    candidate: Verdict | None


@dataclass(frozen=True, slots=True)
class Changed:
    """Code before and after, for one kind of finding."""

    change: Change
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that one report says; a shorter one shows fewer findings and says how many it leaves out."""

    investigation: Investigation
    evidence: Evidence
    written_on: date
    findings: Sequence[Finding]
    hidden: int
    """Findings that are in the store but not in the document."""
    changes: Sequence[Changed]
    technique: Mapping[str, str]
    """How a kind of finding was fixed, in the words of the investigation."""
    endpoints: Sequence[Compared]
    """By mean latency of the base, slowest first."""
    load_model: str | None
    """open or closed; None where the load runs do not agree or do not tell."""
    judged: Sequence[Judged]
    breakdown: Sequence[RequestTime]


def build(investigation: Investigation, evidence: Evidence, written_on: date, most_findings: int | None = None) -> Context:
    """Arrange the evidence; most_findings selects the worst ones."""
    shown = evidence.findings[:most_findings]
    rules = {finding.rule for finding in shown}
    endpoints = [item for item in evidence.compared("latency.p95").values() if item.subject != ALL_REQUESTS]
    return Context(
        investigation=investigation,
        evidence=evidence,
        written_on=written_on,
        findings=shown,
        hidden=len(evidence.findings) - len(shown),
        changes=[_changed(change) for change in investigation.changes if change.rule in rules],
        technique={change.rule: change.technique for change in investigation.changes},
        endpoints=sorted(endpoints, key=lambda item: -item.base),
        load_model=_load_model(evidence),
        judged=_judged(evidence),
        breakdown=request_time(evidence.store, [run.run_id for run in evidence.runs[evidence.base] if run.kind == "trace"]),
    )


def run_table(evidence: Evidence) -> list[tuple[str, str, str]]:
    """Label, kind and run ids, a few a line: what verify reads to pin the evidence."""
    lines = []
    for label, runs in evidence.runs.items():
        for kind in sorted({run.kind for run in runs}):
            ids = [run.run_id for run in runs if run.kind == kind]
            lines += [(label, kind, " ".join(ids[start : start + RUN_IDS_A_LINE])) for start in range(0, len(ids), RUN_IDS_A_LINE)]
    return lines


def measured_with(runs: Sequence[Run]) -> str:
    """Tools in one phrase."""
    tools = sorted({f"`{run.tool} {run.tool_version}`" if run.tool_version else f"`{run.tool}`" for run in runs if run.tool})
    return " and ".join(filter(None, [", ".join(tools[:-1]), *tools[-1:]]))


def _load_model(evidence: Evidence) -> str | None:
    models = {run.load_model for runs in evidence.runs.values() for run in runs if run.kind == "load"}
    return models.pop() if len(models) == 1 else None


def _changed(change: Change) -> Changed:
    return Changed(change, function_source(change.before), function_source(change.after))


def _judged(evidence: Evidence) -> list[Judged]:
    lines: dict[tuple[str, str | None], dict[str, Verdict]] = {}
    for label, verdicts in evidence.verdicts.items():
        for verdict in verdicts:
            lines.setdefault((verdict.target, verdict.subject), {})[label] = verdict
    return [_line(found, evidence) for found in lines.values()]


def _line(found: dict[str, Verdict], evidence: Evidence) -> Judged:
    some = next(iter(found.values()))
    return Judged(some.target, some.metric, some.subject or "", some.must_be, found.get(evidence.base), found.get(evidence.candidate or ""))

"""What a template may use: evidence arranged for reading, and cite(), which numbers the footnotes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from perfkit.analyses.comparison import Compared
from perfkit.analyses.known_runs import newest_evidence
from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.analyses.measure import Measurement
from perfkit.analyses.metrics import metric_named
from perfkit.analyses.request_time import RequestTime
from perfkit.analyses.vector_choice import VectorChoice, vector_choice
from perfkit.model.finding import Finding
from perfkit.model.patch import Hunk
from perfkit.model.run import Run
from perfkit.model.verdict import Verdict
from perfkit.packs.investigation import Change, Investigation
from perfkit.report.citations import Origin, cite
from perfkit.report.code_changes import Changed, Standing, change_of, found_changes, named_changes, standing_code
from perfkit.report.evidence import Evidence

BOTH = "both labels"
RUN_IDS_A_LINE = 6
URGENCY = ("missed", "inconclusive", "met", "no_data")
FEWEST_ALIKE = 3
"""Subjects that share a row of the table of targets."""
VERDICT_WORDS = {"met": "met", "missed": "**missed**", "inconclusive": "inconclusive", "no_data": "not measured"}


@dataclass
class Footnotes:
    """Numbers the citations of one document; equal ones share a footnote."""

    evidence: Evidence
    numbers: dict[str, int] = field(default_factory=dict)
    """By the footnote's text."""

    def __call__(self, figure: str, name: str, subject: str, side: str = BOTH) -> str:
        """The number with its mark."""
        citation = cite(self.evidence, Origin(figure, name, subject, side))
        number = self.numbers.setdefault(citation.footnote, len(self.numbers) + 1)
        return f"{citation.text}[^{number}]"


Item = TypeVar("Item")


class Shown(list[Item]):
    """The first of a list; knows how many more there are."""

    def __init__(self, items: Iterable[Item], of: int) -> None:
        super().__init__(items)
        self.hidden = of - len(self)


def shown(items: Sequence[Item], most: int | None) -> Shown[Item]:
    """At most so many of them."""
    return Shown(items[:most], len(items))


@dataclass(frozen=True, slots=True)
class Judged:
    """One line of the scorecard: a target's verdicts under both labels."""

    target: str
    metric: str
    subject: str
    must_be: str
    base: Verdict | None
    candidate: Verdict | None

    @property
    def urgency(self) -> int:
        """What decides comes first: missed, undecided, met, not measured."""
        deciding = self.candidate or self.base
        return URGENCY.index(deciding.verdict) if deciding else len(URGENCY)


@dataclass(frozen=True, slots=True)
class Row:
    """What the table of targets shows."""

    line: Judged
    hardest: bool
    """It stands for all subjects that meet the target under both labels, and they are too many for a row each."""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that one report says; a shorter one shows less of each list and says how much it leaves out."""

    investigation: Investigation
    evidence: Evidence
    written_on: date
    findings: Shown[Finding]
    """Worst first."""
    changes: Sequence[Changed]
    technique: Mapping[str, str]
    """How a kind of finding was fixed, in the words of the investigation."""
    endpoints: Shown[Compared]
    """By P95 of the base, slowest first."""
    load_model: str | None
    """open or closed; None where the load runs do not agree or do not tell."""
    judged: Shown[Judged]
    """In the pack's order; where not all fit, what is missed or undecided comes first."""
    scorecard: Sequence[Row]
    """The same, with one row for many subjects that meet a target."""
    breakdown: Shown[RequestTime]
    """Where the requests of the base spend their time, longest first."""
    pictures: Mapping[str, str]
    """Name → path of the file, relative to the report, of those that there is evidence for."""
    standing: Mapping[str, Standing]
    """Finding → the code that is to be changed, as it stands."""

    @property
    def planned(self) -> list[Finding]:
        """Findings that matter, or for which a change is written."""
        return [finding for finding in self.findings if finding.priority != "P2" or self.change_of(finding)]

    def change_of(self, finding: Finding) -> Change | None:
        """What the investigation does about a finding."""
        return change_of(finding, self.investigation.changes)


@dataclass(frozen=True, slots=True)
class Material:
    """What a report needs beyond the store."""

    written_on: date
    root: Path | None = None
    """Of the system's repository."""
    hunks: Sequence[Hunk] = ()
    """What changed between the labels' commits."""
    pictures: Mapping[str, str] = field(default_factory=dict)


def build(investigation: Investigation, evidence: Evidence, material: Material, most: int | None = None) -> Context:
    """Arrange the evidence; most bounds every list."""
    findings = shown(evidence.findings, most)
    rules = {finding.rule for finding in findings}
    changes = [change for change in investigation.changes if change.rule is None or change.rule in rules]
    judged = _chosen(_judged(evidence), most)
    endpoints = [item for item in evidence.compared("latency.p95").values() if item.subject != ALL_REQUESTS]
    return Context(
        investigation=investigation,
        evidence=evidence,
        written_on=material.written_on,
        findings=findings,
        changes=[*named_changes(changes, material.root), *found_changes(material.hunks, findings)],
        technique={change.rule: change.technique for change in investigation.changes if change.rule},
        endpoints=shown(sorted(endpoints, key=lambda item: -item.base), most),
        load_model=_load_model(evidence),
        judged=judged,
        scorecard=_rows(judged, evidence),
        breakdown=shown(evidence.breakdown, most),
        pictures=material.pictures,
        standing=standing_code(findings, changes, material.root),
    )


def worst(evidence: Evidence, metric: str, label: str, subject: str = "*", most: int = 5) -> Shown[Measurement]:
    """The subjects of a metric that are furthest from good: the five slowest gates."""
    fitting = [item for item in evidence.measured(metric, label).values() if fnmatchcase(item.subject, subject)]
    better = metric_named(metric).better
    return shown(sorted(fitting, key=lambda item: item.value if better == "higher" else -item.value), most)


def tuned(evidence: Evidence, label: str) -> list[VectorChoice]:
    """The setting of each vector index that reaches the wanted recall soonest, as the newest trials of a label show it."""
    trials = [run.run_id for run in newest_evidence(run for run in evidence.runs[label] if run.valid) if run.kind == "vectors"]
    return vector_choice(evidence.store, trials)


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


def _judged(evidence: Evidence) -> list[Judged]:
    """A target that one label has no evidence for needs no line of its own where the other one has."""
    lines: dict[tuple[str, str | None], dict[str, Verdict]] = {}
    for label, verdicts in evidence.verdicts.items():
        for verdict in verdicts:
            lines.setdefault((verdict.target, verdict.subject), {})[label] = verdict
    measured = {target for (target, _), found in lines.items() if any(verdict.verdict != "no_data" for verdict in found.values())}
    told = [
        found for (target, _), found in lines.items() if target not in measured or any(verdict.verdict != "no_data" for verdict in found.values())
    ]
    return [_line(found, evidence) for found in told]


def _line(found: dict[str, Verdict], evidence: Evidence) -> Judged:
    some = next(iter(found.values()))
    candidate = found.get(evidence.candidate) if evidence.candidate else None
    return Judged(some.target, some.metric, some.subject or "", some.must_be, found.get(evidence.base), candidate)


def _rows(lines: Sequence[Judged], evidence: Evidence) -> list[Row]:
    """Three subjects and more, when all that meet the target under the base do so under the candidate and are shown."""
    met = Counter(verdict.target for verdict in evidence.verdicts[evidence.base] if verdict.verdict == "met")
    alike: dict[str, list[tuple[float, Judged]]] = defaultdict(list)
    for line in lines:
        if line.base and line.base.value is not None and line.base.verdict == "met" == (line.candidate or line.base).verdict:
            alike[line.target].append((line.base.value, line))
    many = [found for target, found in alike.items() if len(found) >= max(FEWEST_ALIKE, met[target])]
    hardest = {id((max if found[0][1].must_be.startswith("<") else min)(found, key=itemgetter(0))[1]) for found in many}
    others = {id(line) for found in many for _, line in found} - hardest
    return [Row(line, id(line) in hardest) for line in lines if id(line) not in others]


def _chosen(lines: Sequence[Judged], most: int | None) -> Shown[Judged]:
    """The pack's order stays; what is missed or undecided is the last to be left out."""
    kept = set(map(id, sorted(lines, key=lambda line: line.urgency)[:most]))
    return Shown([line for line in lines if id(line) in kept], len(lines))

"""Which things on a pack's list are done, by evidence? And how does each criterion stand, by its hardest case?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from perfkit.analyses.measure import Measurement
from perfkit.analyses.metrics import metric_named
from perfkit.model.finding import Finding
from perfkit.model.verdict import Verdict
from perfkit.packs import Target
from perfkit.packs.model import CheckItem
from perfkit.report.evidence import Evidence

URGENCY = ("missed", "inconclusive", "met", "no_data")


@dataclass(frozen=True, slots=True)
class Done:
    """One thing to do, and what shows whether it was done."""

    item: CheckItem
    ticked: bool
    metric: str | None = None
    subject: str | None = None
    """What shows it best."""
    many: int = 0
    """Subjects that have a number, or became better."""
    finding: Finding | None = None
    """What was found before and is gone."""
    verdict: str = "inconclusive"
    """Of what shows it best, where two labels are compared."""

    @property
    def about(self) -> str:
        """What the metric says, in the words of the metric up to their first comma."""
        return metric_named(self.metric).about.partition(",")[0].partition(";")[0] if self.metric else ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One target by its hardest case under each label, which need not be the same one."""

    target: Target
    base: Verdict | None
    """None where nothing is compared."""
    judged: Verdict

    @property
    def missing(self) -> str:
        """Why there is no number, without what is there in its place."""
        return (self.judged.why or "").partition(";")[0]


def done(evidence: Evidence, item: CheckItem) -> Done:
    """Ticked only by evidence."""
    if item.measured is not None:
        return _measured(evidence, item, item.measured)
    if item.improved is not None:
        return _improved(evidence, item, item.improved)
    if item.fixed is not None:
        return _fixed(evidence, item, item.fixed)
    return Done(item, False)


def criteria(evidence: Evidence, labels: Sequence[str]) -> list[Criterion]:
    """The targets with these labels, in the order of the labels; sentences that are read in several ways are several."""
    targets = [target for label in labels for target in evidence.pack.targets if target.label == label]
    return [_criterion(evidence, target) for target in targets]


def _criterion(evidence: Evidence, target: Target) -> Criterion:
    base = _hardest(evidence.verdicts[evidence.base], target) if evidence.candidate else None
    return Criterion(target, base, _hardest(evidence.verdicts[evidence.judged], target))


def _hardest(verdicts: Sequence[Verdict], target: Target) -> Verdict:
    worst = -1 if target.must_be in ("<", "<=") else 1
    cases = [verdict for verdict in verdicts if verdict.target == target.name]
    return min(cases, key=lambda case: (URGENCY.index(case.verdict), worst * (case.value or 0.0)))


def _measured(evidence: Evidence, item: CheckItem, metric: str) -> Done:
    found = _fitting(evidence, metric, evidence.judged, item.subject)
    if not found:
        return Done(item, False, metric)
    sign = -1 if metric_named(metric).better == "lower" else 1
    return Done(item, True, metric, min(found.values(), key=lambda one: sign * one.value).subject, len(found))


def _improved(evidence: Evidence, item: CheckItem, metric: str) -> Done:
    """By the runs; a share that was 0 has no ratio, so there the intervals must lie apart."""
    before, after = _fitting(evidence, metric, evidence.base, item.subject), _fitting(evidence, metric, evidence.judged, item.subject)
    compared = evidence.compared(metric)
    both = [name for name in before if name in after and name in compared]
    better = [name for name in both if _is_better(compared[name].verdict, before[name], after[name], metric)]
    shown = max(better or both, key=lambda name: abs(before[name].value - after[name].value), default=None)
    return Done(item, bool(better), metric, shown, len(better), verdict=compared[shown].verdict if shown else "inconclusive")


def _is_better(verdict: str, before: Measurement, after: Measurement, metric: str) -> bool:
    if before.value or verdict != "inconclusive":
        return verdict == "faster"
    return metric_named(metric).better == "higher" and (after.lo or 0.0) > (before.hi if before.hi is not None else 1.0)


def _fixed(evidence: Evidence, item: CheckItem, rule: str) -> Done:
    there, still = ([finding for finding in found if finding.rule == rule] for found in (evidence.findings, evidence.remaining))
    gone = bool(there) and not still and evidence.candidate is not None
    return Done(item, gone, finding=next(iter(still or there), None), many=len(still or there))


def _fitting(evidence: Evidence, metric: str, label: str, subject: str) -> dict[str, Measurement]:
    return {name: item for name, item in evidence.measured(metric, label).items() if fnmatchcase(name, subject)}

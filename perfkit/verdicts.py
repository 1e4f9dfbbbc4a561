"""Targets × metrics → verdicts: met, missed, inconclusive or no_data; a latency counts only where the errors allow it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from perfkit.analyses.comparison import Compared, compare_runs
from perfkit.analyses.known_runs import ANY, Selection, known_runs, select_runs
from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.analyses.measure import Measurement, judgeable, measure_runs, measured_runs, observe
from perfkit.analyses.metrics import METRICS, Metric, metric_named
from perfkit.errors import Exit
from perfkit.model.run import Run
from perfkit.model.verdict import Verdict
from perfkit.packs import Pack, Target
from perfkit.stats.intervals import AT_LEAST, Interval
from perfkit.stats.verdict import Comparator, judge
from perfkit.store import Store

if TYPE_CHECKING:
    from perfkit.analyses.ladder import Step

ERRORS = "error.rate"
BASELINE = "baseline"
"""The label that a reduction is judged against when nobody names one."""
MOST_NAMED = 3
NO_EARLIER = "a reduction is judged against an earlier label; --against names it"


@dataclass(frozen=True, slots=True)
class Case:
    """One target and the evidence that it is judged by."""

    store: Store
    pack: Pack
    target: Target
    label: str | None
    runs: Sequence[Run]
    earlier: Sequence[Run]
    """What a reduction is measured from."""

    @property
    def metric(self) -> Metric:
        return metric_named(self.target.metric_name)

    def judged(self, subject: str, unit: str, interval: Interval, runs: Sequence[str], why: str | None = None) -> Verdict:
        """The verdict of an interval."""
        verdict = judge(interval, self.target.must_be, self.target.quantity.value)
        return self._verdict(subject, unit, interval, runs, verdict, why)

    def decided(self, verdict: str, subject: str, unit: str, interval: Interval, runs: Sequence[str], why: str) -> Verdict:
        """A verdict that the interval alone does not give."""
        return self._verdict(subject, unit, interval, runs, verdict, why)

    def no_data(self, why: str) -> Verdict:
        """Nobody measured it."""
        unit = "ratio" if self.target.reduction else self.metric.unit
        return replace(self.decided("no_data", self.target.subject, unit, Interval(0.0, None, None, 0, "none"), (), why), value=None)

    def _verdict(self, subject: str, unit: str, interval: Interval, runs: Sequence[str], verdict: str, why: str | None) -> Verdict:
        target = self.target
        rejected = target.rejected_from is not None and judge(interval, _harder(target), target.rejected_from) == "missed"
        if rejected:
            why = "; ".join(filter(None, [why, f"beyond {target.reject}, from which the source rejects it"]))
        return Verdict(
            system=self.pack.name,
            label=self.label,
            target=target.name,
            metric=target.metric_name,
            subject=subject,
            value=interval.value,
            lo=interval.lo,
            hi=interval.hi,
            unit=unit,
            n=interval.n,
            verdict=verdict,
            must_be=target.must_be,
            limit=target.quantity.value,
            runs=tuple(runs),
            why=why,
            reject=target.rejected_from,
            rejected=rejected,
            reading_of=target.label if target.label in self.pack.readings() else None,
            scope=target.scope,
            source=self.pack.source_of(target),
        )


def scorecard(store: Store, pack: Pack, selection: Selection, earlier: Sequence[Run] = ()) -> list[Verdict]:
    """Every target of the pack, one verdict a subject that it is about; earlier runs are what a reduction is measured from."""
    runs = select_runs(known_runs(store), selection)
    cases = [
        Case(store, pack, target, selection.label, *([run for run in side if _counts(run, target)] for side in (runs, earlier)))
        for target in pack.targets
    ]
    return [verdict for case in cases for verdict in JUDGES[case.target.form](case)]


def earlier_runs(runs: Sequence[Run], pack: Pack, label: str | None, against: str | None) -> list[Run]:
    """The runs of the label asked for, else of the baseline where that is another label."""
    if against is not None:
        return select_runs(runs, Selection(label=against, system=pack.name))
    return [run for run in runs if run.label == BASELINE != label and run.system in (pack.name, None)]


def newest_label(runs: Sequence[Run]) -> str | None:
    """What a question that names no label is about: variants are never mixed. None when no run, newest first, has a label."""
    return next((run.label for run in runs if run.label and run.valid), None)


def exit_code(verdicts: Sequence[Verdict]) -> Exit:
    """Missed weighs more than undecided, undecided more than met."""
    given = {verdict.verdict for verdict in verdicts}
    if "missed" in given:
        return Exit.MISSED
    return Exit.DONE if given == {"met"} else Exit.UNDECIDED


def keep(store: Store, verdicts: Sequence[Verdict], judged_at: datetime) -> None:
    """Remember what was concluded, when and from which runs."""
    rows = [
        (v.system, v.label, v.target, v.metric, v.subject, v.value, v.lo, v.hi, v.unit, v.n, v.verdict, judged_at, " ".join(v.runs)) for v in verdicts
    ]
    store.append("verdicts", rows)


def _counts(run: Run, target: Target) -> bool:
    return target.scenario is None or fnmatchcase(run.scenario or "", target.scenario)


def _harder(target: Target) -> Comparator:
    return "<=" if target.must_be in ("<", "<=") else ">="


def _by_limit(case: Case) -> list[Verdict]:
    """A subject that nobody measured answers no_data."""
    judged = judgeable(case.store, case.runs, case.metric)
    measured = measure_runs(case.store, case.metric, judged, case.target.subject)
    if not measured:
        return [case.no_data(_missing(case, judged))]
    answered = case.metric.name.startswith("latency.")
    errors = {item.subject: item for item in measure_runs(case.store, METRICS[ERRORS], judged)} if answered else {}
    return [_of_measured(case, item, errors.get(item.subject)) for item in measured]


def _of_measured(case: Case, measured: Measurement, errors: Measurement | None) -> Verdict:
    interval = Interval(measured.value, measured.lo, measured.hi, measured.n, measured.method)
    if errors is not None and errors.lo is not None and errors.lo >= case.pack.error_limit:
        why = f"{errors.value:.0%} of the requests failed: their latency says nothing"
        return case.decided("missed", measured.subject, measured.unit, interval, measured.runs, why)
    verdict = case.judged(measured.subject, measured.unit, interval, measured.runs)
    return replace(verdict, why=_undecided(measured)) if verdict.verdict == "inconclusive" else verdict


def _undecided(measured: Measurement) -> str | None:
    if measured.method == AT_LEAST:
        return "the tool does not tell of every request whether it was answered, so more may have failed"
    if measured.lo is not None or measured.hi is not None:
        return None
    values = f"{measured.n} value{'' if measured.n == 1 else 's'}"
    return f"{values} of {len(measured.runs)} run{'' if len(measured.runs) == 1 else 's'}: too little to bound it"


def _missing(case: Case, judged: Sequence[Run]) -> str:
    """Why there is no number: no such evidence, evidence that is not valid, or nothing in it that fits."""
    metric, target = case.metric, case.target
    kind = "" if metric.kind == ANY else f"{metric.kind} "
    within = f" in a scenario like {target.scenario!r}" if target.scenario else ""
    there = list(dict.fromkeys(item.subject for item in observe(case.store, metric, judged)))
    if there:
        named = ", ".join(there[:MOST_NAMED]) + (f" and {len(there) - MOST_NAMED} more" if len(there) > MOST_NAMED else "")
        return f"no {metric.subject}{within} is like {target.subject!r}; there is {named}"
    why = f"no valid {kind}run{within} measured it"
    refused = [run for run in case.runs if metric.kind in (run.kind, ANY) and not run.valid]
    return f"{why}; {len(refused)} not valid, the newest because {refused[0].invalid_because}" if refused else why


def _by_reduction(case: Case) -> list[Verdict]:
    """How much less than before, subject by subject."""
    if not case.earlier:
        return [case.no_data(NO_EARLIER)]
    sides = [judgeable(case.store, side, case.metric) for side in (case.earlier, case.runs)]
    compared = compare_runs(case.store, case.metric, case.earlier, case.runs)
    fitting = [item for item in compared if fnmatchcase(item.subject, case.target.subject) or item.subject == case.target.subject]
    if not fitting:
        return [case.no_data("the two labels have no such measurement in common")]
    told = [measured_runs(case.store, case.metric, side) for side in sides]
    return [_of_compared(case, item, [run for side in told for run in side[item.subject].runs]) for item in fitting]


def _of_compared(case: Case, item: Compared, runs: Sequence[str]) -> Verdict:
    n = item.runs_base + item.runs_candidate
    if item.ratio is None:
        return case.no_data(f"{item.subject} was 0 before, and nothing is less")
    interval = Interval(_fallen(item.ratio), None if item.hi is None else _fallen(item.hi), None if item.lo is None else _fallen(item.lo), n, "runs")
    if item.why is not None:
        return case.decided("inconclusive", item.subject, "ratio", interval, runs, item.why)
    return case.judged(item.subject, "ratio", interval, runs)


def _fallen(ratio: float) -> float:
    """By which share; without the last digits, so that 10 calls less 4 are 40 % less."""
    return round(1 - ratio, 12)


def _by_ladder(case: Case) -> list[Verdict]:
    """Ready for so many users: a step of at least so many was run, and it and all lower ones keep to the limit."""
    from perfkit.analyses.capacity import ready_for
    from perfkit.analyses.ladder import Passing, steps
    from perfkit.analyses.load_steps import load_steps

    wanted = case.target.users or 0
    # in an open model a step is a rate of arrivals, not a number of users
    runs = [run for run in judgeable(case.store, case.runs, case.metric) if run.load_model != "open"]
    if not load_steps(case.store, [run.run_id for run in runs]):
        return [case.no_data("no valid run climbed a ladder of users; `perfkit collect load --stages` does")]
    climbed = steps(case.store, runs, Passing(case.target.quantity.value, case.pack.error_limit))
    verdict, why = ready_for(climbed, wanted)
    if verdict == "no_data":
        return [case.no_data(why)]
    step = _deciding(climbed, wanted, verdict)
    interval = Interval(step.p95_ms, step.lo_ms, step.hi_ms, step.n, "step")
    return [case.decided(verdict, f"{ALL_REQUESTS} at {step.users} users", case.metric.unit, interval, step.runs, why)]


def _deciding(climbed: Sequence[Step], wanted: int, verdict: str) -> Step:
    """The step that broke or left it open, else the one that was asked for."""
    last = next((step for step in climbed if step.users >= wanted), climbed[-1])
    return next((step for step in climbed if step.verdict == verdict), last) if verdict != "met" else last


JUDGES: Mapping[str, Callable[[Case], list[Verdict]]] = {"limit": _by_limit, "reduction": _by_reduction, "users": _by_ladder}

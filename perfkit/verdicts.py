"""Targets × metrics → verdicts: met, missed, inconclusive or no_data; a latency counts only where the errors allow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from perfkit.analyses.known_runs import Selection, known_runs, select_runs
from perfkit.analyses.measure import Measurement, judgeable, measure_runs
from perfkit.analyses.metrics import METRICS, metric_named
from perfkit.errors import Exit
from perfkit.model.run import Run
from perfkit.model.verdict import Verdict
from perfkit.packs import Pack, Target
from perfkit.stats.intervals import AT_LEAST, Interval
from perfkit.stats.verdict import judge
from perfkit.store import Store
from perfkit.units import parse_quantity

ERRORS = "error.rate"


def scorecard(store: Store, pack: Pack, selection: Selection) -> list[Verdict]:
    """Every target of the pack, one verdict a subject that it is about."""
    runs = select_runs(known_runs(store), selection)
    return [verdict for target in pack.targets for verdict in _judge_target(store, pack, target, selection, runs)]


def _judge_target(store: Store, pack: Pack, target: Target, selection: Selection, runs: Sequence[Run]) -> list[Verdict]:
    """One target; a subject that nobody measured answers no_data."""
    metric = metric_named(target.metric)
    judged = judgeable(store, runs, metric)
    measured = measure_runs(store, metric, judged, target.subject)
    if not measured:
        return [_no_data(pack, target, selection, [run for run in runs if run.kind == metric.kind and not run.valid])]
    errors = {item.subject: item for item in measure_runs(store, METRICS[ERRORS], judged)} if target.metric.startswith("latency.") else {}
    return [_judged(pack, target, selection, item, errors.get(item.subject)) for item in measured]


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


def _judged(pack: Pack, target: Target, selection: Selection, measured: Measurement, errors: Measurement | None) -> Verdict:
    limit = parse_quantity(target.limit).value
    interval = Interval(measured.value, measured.lo, measured.hi, measured.n, measured.method)
    verdict, why = judge(interval, target.must_be, limit), None
    if verdict == "inconclusive":
        why = _undecided(measured)
    if errors is not None and errors.lo is not None and errors.lo >= pack.error_limit:
        verdict, why = "missed", f"{errors.value:.0%} of the requests failed: their latency says nothing"
    return _verdict(pack, target, selection, measured, verdict, why)


def _undecided(measured: Measurement) -> str | None:
    if measured.method == AT_LEAST:
        return "the tool does not tell of every request whether it was answered, so more may have failed"
    return f"{len(measured.runs)} run: too little to bound the value" if measured.lo is None and measured.hi is None else None


def _verdict(pack: Pack, target: Target, selection: Selection, measured: Measurement, verdict: str, why: str | None) -> Verdict:
    return Verdict(
        system=pack.name,
        label=selection.label,
        target=target.label,
        metric=target.metric,
        subject=measured.subject,
        value=measured.value,
        lo=measured.lo,
        hi=measured.hi,
        unit=measured.unit,
        n=measured.n,
        verdict=verdict,
        must_be=target.must_be,
        limit=parse_quantity(target.limit).value,
        runs=measured.runs,
        why=why,
    )


def _no_data(pack: Pack, target: Target, selection: Selection, refused: Sequence[Run]) -> Verdict:
    metric = metric_named(target.metric)
    empty = Measurement(metric.name, target.subject, 0.0, None, None, metric.unit, 0, (), "none")
    why = f"no valid {metric.kind} run measured it"
    if refused:
        why += f"; {len(refused)} not valid, the newest because {refused[0].invalid_because}"
    missing = _verdict(pack, target, selection, empty, "no_data", why)
    return replace(missing, value=None)

"""Did it get faster? Two labels, run by run: the run is the unit, and only like is compared with like."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from perfkit.analyses.known_runs import Selection, comparable, known_runs, select_runs
from perfkit.analyses.measure import Observation, judgeable, measured_runs
from perfkit.analyses.metrics import BY_DEFAULT, METRICS, Metric
from perfkit.analyses.noise import remembered
from perfkit.errors import UsageError
from perfkit.model.run import Run
from perfkit.stats.comparison import CHANCE, MIN_RUNS, Comparison, compare, false_discovery, ranks_agree
from perfkit.stats.intervals import centre_of_runs, proportion_interval
from perfkit.store import Store

ENOUGH_RUNS = 5
ERRORS, MOST_FAILING = "error.rate", 0.01
ANSWERED = ("latency.", "response.")
"""Metrics that count only where requests succeed."""
ONE_OF_MANY = "it does not stand out among {} subjects that were tested together"
LIKE = ("tool", "host", "load_model")
"""What must be equal beside scenario and parameters."""
COUNTED = ("load", "bench", "sweep")
"""Kinds whose runs are compared by their number; one trace or profile is looked at closely."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric of one subject under two labels."""

    metric: str
    subject: str
    unit: str
    base: float
    candidate: float
    ratio: float | None
    """Candidate over base; None when the base is 0."""
    lo: float | None
    hi: float | None
    verdict: str
    """faster, slower, same or inconclusive; faster means better, whatever the metric."""
    detectable: float | None
    """The smallest relative change that these runs could have shown."""
    runs_base: int
    runs_candidate: int
    why: str | None
    """Why there is no verdict, where there is none."""
    p_value: float | None = None
    """Welch's, adjusted for the number of subjects that were tested together."""
    p_exact: float | None = None
    """Mann and Whitney's, for this subject alone."""
    noise: float | None = None
    """The noise floor that is known for runs like these; None where nobody measured it."""


def compare_labels(
    store: Store, base: Selection, candidate: Selection, metrics: Sequence[Metric] | None = None, *, force: bool = False
) -> list[Compared]:
    """Every metric that both sides can answer, subject by subject."""
    runs = known_runs(store)
    base_runs, candidate_runs = select_runs(runs, base), select_runs(runs, candidate)
    compared: list[Compared] = []
    for metric in metrics or BY_DEFAULT:
        compared += compare_runs(store, metric, base_runs, candidate_runs, force=force)
    if not compared:
        raise UsageError("The two sides have no metric in common: they hold no valid runs of the same kind. `perfkit runs` lists what is there.")
    return compared


def compare_runs(store: Store, metric: Metric, base: Sequence[Run], candidate: Sequence[Run], *, force: bool = False) -> list[Compared]:
    """One metric; subjects that only one side knows are left out."""
    base_values, candidate_values = _by_subject(store, metric, base), _by_subject(store, metric, candidate)
    known = {run.run_id: run for run in (*base, *candidate)}
    unlike = {
        subject: _unlike(known[found[-1].run_id], known[candidate_values[subject][-1].run_id])
        for subject, found in base_values.items()
        if subject in candidate_values and not force
    }
    noise = _noise(store, base, metric)
    failing = _failing(store, candidate) if metric.name.startswith(ANSWERED) else {}
    return without_false_discoveries(
        [
            _compared(
                metric,
                subject,
                [item.value for item in found],
                [item.value for item in candidate_values[subject]],
                noise.get((metric.name, subject)),
                unlike.get(subject) or failing.get(subject),
            )
            for subject, found in base_values.items()
            if subject in candidate_values
        ]
    )


def one_sided(
    store: Store, base: Selection, candidate: Selection, metrics: Sequence[Metric] | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Subjects that only the base and that only the candidate has, of all kinds of evidence that both have: nobody compares them."""
    runs = known_runs(store)
    base_runs, candidate_runs = select_runs(runs, base), select_runs(runs, candidate)
    kinds = {(metric.kind, metric.subject): metric for metric in reversed(metrics or BY_DEFAULT)}
    found: tuple[list[str], list[str]] = ([], [])
    for metric in kinds.values():
        sides = [_by_subject(store, metric, side).keys() for side in (base_runs, candidate_runs)]
        if all(sides):
            found[0].extend(sorted(sides[0] - sides[1]))
            found[1].extend(sorted(sides[1] - sides[0]))
    return tuple(dict.fromkeys(found[0])), tuple(dict.fromkeys(found[1]))


def cautions(runs: Sequence[Run], base: Selection, candidate: Selection) -> list[str]:
    """What weakens a comparison without deciding it: few runs, runs that were not taken in turns."""
    sides = [[run for run in select_runs(runs, side) if run.valid and run.kind in COUNTED and run.started_at] for side in (base, candidate)]
    found = []
    if all(sides) and min(map(len, sides)) < ENOUGH_RUNS:
        found.append(f"{len(sides[0])} and {len(sides[1])} runs: with fewer than {ENOUGH_RUNS} a side only large changes are seen")
    if all(len(side) > 1 for side in sides) and _apart(*sides):
        found.append("all runs of one side came before those of the other, so a change of the machine would look like one of the code; take turns")
    return found


def _failing(store: Store, candidate: Sequence[Run]) -> dict[str, str]:
    """Subjects whose answers are mostly not worth timing: a refusal is fast."""
    observed = measured_runs(store, METRICS[ERRORS], judgeable(store, candidate, METRICS[ERRORS])).observed
    counted = {subject: (sum(item.successes or 0 for item in found), sum(item.n for item in found)) for subject, found in observed.items()}
    shares = {subject: proportion_interval(failed, n) for subject, (failed, n) in counted.items()}
    said = "{:.1%} of the candidate's requests failed, so its latency says nothing"
    return {subject: said.format(share.value) for subject, share in shares.items() if (share.lo or 0.0) > MOST_FAILING}


def _apart(base: Sequence[Run], candidate: Sequence[Run]) -> bool:
    moments = [[run.started_at for run in side if run.started_at] for side in (base, candidate)]
    return max(moments[0]) < min(moments[1]) or max(moments[1]) < min(moments[0])


def _noise(store: Store, runs: Sequence[Run], metric: Metric) -> dict[tuple[str, str], float]:
    fitting = comparable(store, runs, metric.kind)
    return remembered(store, fitting[0].fingerprint) if fitting else {}


def without_false_discoveries(compared: Sequence[Compared]) -> list[Compared]:
    """Of many subjects some differ by chance: what does not stand among all that were tested together is not decided."""
    adjusted = iter(false_discovery([item.p_value for item in compared if item.p_value is not None]))
    found = []
    for item in compared:
        p_value = None if item.p_value is None else next(adjusted)
        chance = p_value is not None and p_value > CHANCE and item.verdict in ("faster", "slower")
        verdict, why = ("inconclusive", ONE_OF_MANY.format(len(compared))) if chance else (item.verdict, item.why)
        found.append(replace(item, p_value=p_value, verdict=verdict, why=why))
    return found


def _by_subject(store: Store, metric: Metric, runs: Sequence[Run]) -> Mapping[str, Sequence[Observation]]:
    return measured_runs(store, metric, judgeable(store, runs, metric)).observed


def _unlike(one: Run, other: Run) -> str | None:
    """Why what two runs say of a subject may not be compared; all others that say it are like one of them."""
    if one.fingerprint == other.fingerprint or _variants(one, other):
        return None
    if one.scenario != other.scenario:
        names = f"{one.scenario or 'none'} and {other.scenario or 'none'}"
        return f"the runs of the two sides have no scenario in common ({names}); --force compares them all the same"
    return f"the runs differ in {differing(one, other)}; --force compares them all the same"


def _variants(one: Run, other: Run) -> bool:
    """An investigation says what each of its labels runs: that is what it compares, and nothing else may differ."""
    return one.investigation is not None and one.investigation == other.investigation and _differing(one, other).keys() == {"command"}


def differing(one: Run, other: Run) -> str:
    """Every setting that is not the same, with both values: users (50 and 100)."""
    told = [f"{name} ({_shown(left)} and {_shown(right)})" for name, (left, right) in _differing(one, other).items()]
    return ", ".join(told) or "host, workload or tool settings"


def _differing(one: Run, other: Run) -> dict[str, tuple[object, object]]:
    left, right = ({name: getattr(run, name) for name in LIKE} | json.loads(run.parameters) for run in (one, other))
    names = dict.fromkeys([*left, *right])
    return {name: (left.get(name), right.get(name)) for name in names if left.get(name) != right.get(name)}


def _shown(setting: object) -> str:
    return "not stated" if setting is None else str(setting)


def _compared(metric: Metric, subject: str, base: Sequence[float], candidate: Sequence[float], noise: float | None, unlike: str | None) -> Compared:
    result = compare(base, candidate, direction=metric.better, noise=noise, sums=metric.sums)
    why = unlike or _undecided(result, noise) if unlike or result.verdict == "inconclusive" else None
    return Compared(
        metric=metric.name,
        subject=subject,
        unit=metric.unit,
        base=centre_of_runs(base, sums=metric.sums),
        candidate=centre_of_runs(candidate, sums=metric.sums),
        ratio=result.ratio,
        lo=result.lo,
        hi=result.hi,
        verdict="inconclusive" if unlike else result.verdict,
        detectable=result.detectable,
        runs_base=len(base),
        runs_candidate=len(candidate),
        why=why,
        p_value=result.p_value,
        p_exact=result.p_exact,
        noise=noise,
    )


def _undecided(result: Comparison, noise: float | None) -> str:
    if min(result.runs_base, result.runs_candidate) < MIN_RUNS:
        return f"{result.runs_base} and {result.runs_candidate} runs: the run is the unit, and fewer than three a side decide nothing"
    if result.lo is None or result.hi is None or result.lo <= 1 <= result.hi:
        return "the runs vary too much for the difference"
    if not ranks_agree(result.p_exact, result.runs_base, result.runs_candidate):
        return "the interval leaves out 1, but the order of the runs does not confirm it"
    return f"the interval leaves out 1, but a change counts only beyond twice the noise floor, {2 * (noise or 0.0):.1%}"

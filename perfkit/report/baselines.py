"""Which of the measured improvements can a test measure again, and from where on is a run no longer one of the fixed code?"""

from __future__ import annotations

import json
import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from perfkit.analyses.comparison import Compared
from perfkit.analyses.measure import judgeable, observe
from perfkit.analyses.metrics import METRICS
from perfkit.analyses.noise import remembered
from perfkit.model.run import HIDDEN, Run
from perfkit.report.evidence import Evidence
from perfkit.report.work import Work
from perfkit.stats.comparison import MIN_RUNS
from perfkit.stats.next_run import between, centre, next_run_bound

How = Literal["command", "call", "url", "trace"]
Values = Mapping[str, float]
"""By run."""
COUNTS = ("statements.per_request", "llm.calls", "llm.input_tokens")
TRACED_TIMES = ("time.total", "span.p95")
MOST_COUNTS = 5
ATTEMPTS = 3
"""What is measured needs several; a count that never varied needs one."""
OTHER_CLIENT, OTHER_MACHINE = 2.0, 4.0
"""How many times slower the fault must be for the middle to tell it from a fix that another client, or another machine, measures."""
HALF, DRIFT = 0.5, 0.25
"""Of the way to the fault. Runs of one hour do not show how days differ, so a limit is never closer than a quarter of it."""
MACHINE = re.compile(r"(?P<cpu>.*), (?P<cores>\d+) cores, ")
PATH_OF = re.compile(r"GET (?P<path>/[^{}*\s]*)")


@dataclass(frozen=True, slots=True)
class Baseline:
    """One metric of one subject: runs of the fixed code, runs with the fault, and the limit between them."""

    how: How
    metric: str
    subject: str
    unit: str
    fixed: Values
    faulty: Values
    limit: float
    """On the machine of the baseline."""
    elsewhere: float | None
    """On any other. None: the fault is too small for that."""
    machine: str
    attempts: int
    """Runs in a row that must lie beyond the limit."""
    settings: Mapping[str, Any]
    """How the runs measured: rounds and warm-ups, users, or the traced command."""


@dataclass
class Chosen:
    """What can be tested, and in a sentence each what cannot."""

    baselines: list[Baseline] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def choose(evidence: Evidence, work: Work) -> Chosen:
    """At most one time of each way to measure, and the counts that fell."""
    chosen = Chosen()
    for how in _timings(work):
        _take(chosen, evidence, how, work)
    if not chosen.baselines:
        _take(chosen, evidence, TIMINGS["trace"], work)
    chosen.baselines += list(_counts(evidence))[:MOST_COUNTS]
    return chosen


@dataclass(frozen=True, slots=True)
class Timing:
    """One way to measure a time again."""

    how: How
    metrics: tuple[str, ...]
    settings: Callable[[Run, str, Work], dict[str, Any] | None]
    """How a run measured a subject; None where that cannot be done again."""
    least_fault: float = 1.0
    """How many times slower the fault must be."""


def _timings(work: Work) -> list[Timing]:
    asked: dict[How, bool] = {"command": bool(work.command), "call": work.call is not None, "url": work.url is not None}
    return [TIMINGS[how] for how, wanted in asked.items() if wanted]


def _take(chosen: Chosen, evidence: Evidence, timing: Timing, work: Work) -> None:
    """The greatest improvement that can be measured in this way, of the first metric that has one."""
    seen = [item for metric in timing.metrics for item in _improved(evidence, metric)]
    for improved in sorted(seen, key=lambda item: (timing.metrics.index(item.metric), item.ratio or 1.0)):
        fixed = _values(evidence, improved.metric, evidence.judged).get(improved.subject, {})
        settings = timing.settings(_run(evidence, next(iter(fixed))), improved.subject, work) if len(fixed) >= MIN_RUNS else None
        if settings is None:
            continue
        baseline = _baseline(evidence, timing, improved, fixed, settings)
        if isinstance(baseline, Baseline):
            chosen.baselines.append(baseline)
            return
        chosen.left.append(baseline)
    chosen.left.append(f"no {' or '.join(timing.metrics)} of this {timing.how} is stored that was shown to be faster, in {MIN_RUNS} runs or more")


def _baseline(evidence: Evidence, timing: Timing, improved: Compared, fixed: Values, settings: Mapping[str, Any]) -> Baseline | str:
    """Or why there is none."""
    faulty = _values(evidence, improved.metric, evidence.base)[improved.subject]
    values, fault, run = list(fixed.values()), list(faulty.values()), _run(evidence, next(iter(fixed)))
    times, middle = centre(fault) / centre(values), between(values, fault, HALF)
    noise = remembered(evidence.store, run.fingerprint).get((improved.metric, improved.subject))
    limit = max(next_run_bound(values, noise), between(values, fault, DRIFT)) if timing.least_fault == 1.0 else middle
    name = f"{improved.metric} of {improved.subject}"
    if times < timing.least_fault:
        return f"{name}: the fault is {times:.2g} times slower, and another client than that of the runs needs {timing.least_fault:g} to tell it"
    if limit >= min(fault):
        return f"{name}: unchanged code may reach {limit:.3g} ms, and so does the fault: the runs vary too much for a test"
    elsewhere = middle if times >= OTHER_MACHINE else None
    return Baseline(
        timing.how, improved.metric, improved.subject, improved.unit, fixed, faulty, limit, elsewhere, machine_of(run), ATTEMPTS, settings
    )


def _counts(evidence: Evidence) -> Iterator[Baseline]:
    """Counts that are lower in every run of the fixed code than in any with the fault; no machine changes them."""
    if evidence.candidate is None:
        return
    for metric in COUNTS:
        faulty = _values(evidence, metric, evidence.base)
        for subject, fixed in _values(evidence, metric, evidence.judged).items():
            fault, run = faulty.get(subject, {}), _run(evidence, next(iter(fixed)))
            settings = _traced(run, subject, Work())
            if not fault or settings is None or max(fixed.values()) >= min(fault.values()):
                continue
            same = len(set(fixed.values())) == 1
            limit = max(fixed.values()) if same else (max(fixed.values()) + min(fault.values())) / 2
            yield Baseline(
                "trace", metric, subject, METRICS[metric].unit, fixed, fault, limit, limit, machine_of(run), 1 if same else ATTEMPTS, settings
            )


def _improved(evidence: Evidence, metric: str) -> list[Compared]:
    return [item for item in evidence.compared(metric).values() if item.verdict == "faster"]


def _values(evidence: Evidence, metric: str, label: str) -> dict[str, dict[str, float]]:
    """By subject, then by run."""
    values: dict[str, dict[str, float]] = defaultdict(dict)
    for item in observe(evidence.store, METRICS[metric], judgeable(evidence.store, evidence.runs[label], METRICS[metric])):
        values[item.subject][item.run_id] = item.value
    return values


def _run(evidence: Evidence, run_id: str) -> Run:
    return next(run for runs in evidence.runs.values() for run in runs if run.run_id == run_id)


def machine_of(run: Run) -> str:
    """Processor and cores: what a test can find out without perfkit."""
    known = MACHINE.match(run.host or "")
    return f"{known['cpu']}, {known['cores']} cores" if known else "unknown"


def _benchmark(run: Run, subject: str, work: Work) -> dict[str, Any] | None:  # noqa: ARG001  every way takes the same
    """Runs may come in a bundle from elsewhere, and what they say of themselves stands in a program: each part is what it must be."""
    measured = json.loads(run.parameters)
    rounds, warmup = measured.get("rounds"), measured.get("warmup")
    whole = type(rounds) is int and type(warmup) is int
    if not whole or str(measured.get("workload")) not in work.marks or measured.get("loops", 1) != 1:
        return None
    return {"rounds": rounds, "warmup": warmup, "command": list(work.command), "call": work.call}


def _loaded(run: Run, subject: str, work: Work) -> dict[str, Any] | None:
    """The endpoint below the service's address, or the address itself where it names the endpoint."""
    path, users = PATH_OF.fullmatch(subject), run.setting("users")
    if path is None or users is None or not users.is_integer() or work.url is None:
        return None
    stated = urlsplit(work.url.replace("{port}", "1")).path
    if stated not in ("", "/", path["path"]):
        return None
    return {"users": int(users), "url": work.url if stated == path["path"] else urljoin(f"{work.url.rstrip('/')}/", path["path"].lstrip("/"))}


def _traced(run: Run, subject: str, work: Work) -> dict[str, Any] | None:  # noqa: ARG001
    measured = json.loads(run.parameters)
    hooks, limit_ms = measured.get("hooks", []), measured.get("limit_ms", 50.0)
    said = str(measured.get("command", ""))
    try:
        command = shlex.split(said) if HIDDEN not in said else []  # without its password it ends at once
    except ValueError:
        command = []
    if not command or not isinstance(limit_ms, int | float) or not isinstance(hooks, list) or not all(isinstance(hook, str) for hook in hooks):
        return None
    return {"command": command, "hooks": hooks, "limit_ms": limit_ms}


TIMINGS: dict[How, Timing] = {
    "command": Timing("command", ("bench.median",), _benchmark),
    "call": Timing("call", ("bench.median",), _benchmark),
    "url": Timing("url", ("latency.p95", "latency.p50"), _loaded, least_fault=OTHER_CLIENT),
    "trace": Timing("trace", TRACED_TIMES, _traced),
}

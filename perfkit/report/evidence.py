"""What a report stands on: for each of two labels a fixed set of runs, and whatever can be computed from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from perfkit.analyses.accuracy import Accuracy, withheld
from perfkit.analyses.accuracy_checks import known_accuracy
from perfkit.analyses.comparison import Compared, compare_runs
from perfkit.analyses.known_runs import Selection, known_runs, newest_evidence, select_runs
from perfkit.analyses.measure import Measurement, judgeable, measured_runs
from perfkit.analyses.metrics import metric_named
from perfkit.analyses.request_time import RequestTime, request_time
from perfkit.errors import UsageError
from perfkit.model.finding import Finding
from perfkit.model.run import Run
from perfkit.model.verdict import Verdict
from perfkit.packs import Pack
from perfkit.packs.investigation import Investigation
from perfkit.rules import diagnose
from perfkit.store import Store
from perfkit.verdicts import scorecard

MOST_RUNS = 60
"""Newest runs of one kind and scenario that a report stands on: a label may have been measured every night for years."""
PARTS = ("total", "db", "cache", "llm", "http", "own")
"""Of a request's time."""


@dataclass
class Evidence:
    """Computes on demand and remembers: the rows do not change while a report is written."""

    store: Store
    pack: Pack
    base: str
    candidate: str | None
    """None where the report is about one label and nothing is compared."""
    runs: Mapping[str, Sequence[Run]]
    """Label → runs, newest first."""

    @property
    def judged(self) -> str:
        """The label whose targets decide: what is released in the end."""
        return self.candidate or self.base

    @cached_property
    def diagnosed(self) -> dict[str, list[Finding]]:
        """What is wrong in the evidence of each label, worst first; what runs of several scenarios show, several times."""
        return {label: diagnose(self.store, self._looked_at(label), self.pack.components) for label in self.runs}

    @cached_property
    def findings(self) -> list[Finding]:
        """What is wrong in the base's evidence, worst first."""
        return _each_once(self.diagnosed[self.base])

    @cached_property
    def remaining(self) -> list[Finding]:
        """What is still wrong in the candidate's evidence."""
        return _each_once(self.diagnosed[self.candidate]) if self.candidate is not None else []

    def findings_of(self, label: str) -> list[Finding]:
        """What is wrong in a label's evidence; KeyError for a label that the report is not about."""
        if label not in self.runs:
            raise KeyError(label)
        return self.findings if label == self.base else self.remaining

    @cached_property
    def finding_by_id(self) -> dict[str, Finding]:
        return {finding.finding_id: finding for found in self.diagnosed.values() for finding in found}

    @cached_property
    def breakdown(self) -> list[RequestTime]:
        """Where the requests of the base's newest traces spend their time, by the numbers of all runs, longest first."""
        traces = [run for run in self.runs[self.base] if run.valid and run.kind == "trace"]
        newest = {run.run_id for run in newest_evidence(traces)}
        # of all at once: tables show their numbers beside it
        rows = [row for row in request_time(self.store, [run.run_id for run in traces]) if row.run_id in newest]
        known = {f"{part}_ms": self.measured(f"time.{part}", self.base) for part in PARTS} if rows else {}
        told: list[dict[str, Any]] = [{column: found[row.subject].value for column, found in known.items() if row.subject in found} for row in rows]
        return sorted((replace(row, **values) for row, values in zip(rows, told, strict=True)), key=lambda row: -row.total_ms)

    @cached_property
    def traced(self) -> frozenset[str]:
        """The endpoints that the breakdown is of."""
        return frozenset(row.subject for row in self.breakdown)

    @cached_property
    def verdicts(self) -> dict[str, list[Verdict]]:
        """The scorecard of each label."""
        return {label: self._scorecard(label) for label in self.runs}

    def measured(self, metric: str, label: str) -> Mapping[str, Measurement]:
        """A metric by subject."""
        if (metric, label) not in self._measured:
            known = metric_named(metric)
            self._measured[metric, label] = measured_runs(self.store, known, judgeable(self.store, self.runs[label], known))
        return self._measured[metric, label]

    def compared(self, metric: str) -> dict[str, Compared]:
        """Base against candidate by subject."""
        if self.candidate is None:
            return {}
        if metric not in self._compared:
            found = compare_runs(self.store, metric_named(metric), self.runs[self.base], self.runs[self.candidate])
            self._compared[metric] = {item.subject: item for item in (withheld(found, self.accuracy) if self.accuracy else found)}
        return self._compared[metric]

    @cached_property
    def accuracy(self) -> Accuracy | None:
        """Whether the judged label still answers rightly; None when nobody checked."""
        return known_accuracy(self.store, self.runs[self.base], self.runs[self.judged])

    @cached_property
    def _measured(self) -> dict[tuple[str, str], Mapping[str, Measurement]]:
        return {}

    @cached_property
    def _compared(self) -> dict[str, dict[str, Compared]]:
        return {}

    def _looked_at(self, label: str) -> list[str]:
        """The newest run of each kind: all of them are judged by their number, and these closely, too."""
        return [run.run_id for run in newest_evidence(run for run in self.runs[label] if run.valid)]

    def _scorecard(self, label: str) -> list[Verdict]:
        earlier = self.runs[self.base] if label != self.base else ()
        return scorecard(self.store, self.pack, Selection(run_ids=tuple(run.run_id for run in self.runs[label]), label=label), earlier)


class MissingRunsError(UsageError):
    """A report names runs that the store does not have."""


def gather(store: Store, pack: Pack, said: Investigation) -> Evidence:
    """The runs of an investigation's labels that the store has now."""
    runs = known_runs(store)
    chosen = {label: select_runs(runs, Selection(label=label, system=pack.name, investigation=said.name)) for label in said.compared}
    return Evidence(store, pack, said.base, said.candidate, {label: _cited(found) for label, found in chosen.items()})


def pinned(store: Store, pack: Pack, base: str, candidate: str | None, run_ids: Mapping[str, Iterable[str]]) -> Evidence:
    """Exactly the runs that a report names."""
    runs = known_runs(store)
    by_id = {run.run_id: run for run in runs}
    asked = {run_id for ids in run_ids.values() for run_id in ids}
    missing = sorted(asked - set(by_id))
    if missing:
        raise MissingRunsError(f"{len(missing)} of the {len(asked)} runs that the report stands on are not in this store, such as {missing[0]}.")
    order = {run.run_id: place for place, run in enumerate(runs)}
    chosen = {label: sorted((by_id[run_id] for run_id in ids), key=lambda run: order[run.run_id]) for label, ids in run_ids.items()}
    return Evidence(store, pack, base, candidate, chosen)


def _cited(runs: Sequence[Run]) -> list[Run]:
    """What the report's numbers come from: of each kind and scenario the newest runs, which are listed first."""
    seen: Counter[tuple[str, str | None]] = Counter()
    cited = []
    for run in runs:
        seen[run.kind, run.scenario] += 1
        if seen[run.kind, run.scenario] <= MOST_RUNS:
            cited.append(run)
    return cited


def _each_once(found: Sequence[Finding]) -> list[Finding]:
    """What runs of several scenarios show, by the run in which it costs most, which comes first."""
    shown_by: dict[tuple[str, str, str | None], str] = {}
    return [item for item in found if shown_by.setdefault((item.rule, item.place, item.subject), item.run_id) == item.run_id]

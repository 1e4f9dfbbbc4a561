"""What a notebook or a command holds: the workspace's evidence, one method a question, no branch of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.analyses.known_runs import Selection, comparable, known_runs, newest_of_each_kind, profile_runs, profile_sides, select_runs
from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.model.finding import Finding
from perfkit.model.run import MANIFEST_SUFFIX, Manifest, Run
from perfkit.model.verdict import Verdict
from perfkit.store import Store
from perfkit.store.vault import Vault
from perfkit.store.writer import Staging
from perfkit.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    import pandas

    from perfkit.analyses.accuracy import Accuracy
    from perfkit.analyses.capacity import Capacity
    from perfkit.analyses.comparison import Compared
    from perfkit.analyses.functions import FunctionTime
    from perfkit.analyses.history import HistoryPoint
    from perfkit.analyses.latency import Latency
    from perfkit.analyses.latency_histogram import LatencyBin
    from perfkit.analyses.latency_quantiles import LatencyQuantile
    from perfkit.analyses.latency_timeline import LatencyStretch
    from perfkit.analyses.load_steps import LoadStep
    from perfkit.analyses.measure import Measurement
    from perfkit.analyses.memory import Memory
    from perfkit.analyses.noise import NoiseFloor
    from perfkit.analyses.plan_changes import PlanPair
    from perfkit.analyses.profile_comparison import ProfileComparison
    from perfkit.analyses.profiled import Profiled
    from perfkit.analyses.request_time import RequestTime
    from perfkit.analyses.traced_statements import TracedStatement
    from perfkit.analyses.trend import Trend
    from perfkit.collectors import Options
    from perfkit.collectors.base import Progress as Step
    from perfkit.collectors.inventory import Tool
    from perfkit.collectors.own_views import OwnView
    from perfkit.figures.flame import FlameGraph, Part
    from perfkit.ingest import Ingested, Looked, Progress
    from perfkit.model.index import IndexCandidate
    from perfkit.model.plan import Plan
    from perfkit.notebooks import Executed
    from perfkit.packs import Component, Pack
    from perfkit.packs.investigation import Investigation
    from perfkit.report.verify import Checked
    from perfkit.rules.acceptance import Accepted
    from perfkit.rules.round_trips import RemoteRequest


@dataclass(frozen=True, slots=True)
class Workbench:
    """Everything that can be asked of one workspace."""

    workspace: Workspace

    @property
    def store(self) -> Store:
        return Store(self.workspace.database)

    @property
    def vault(self) -> Vault:
        return Vault(self.workspace.vault)

    def ingest(
        self,
        paths: Sequence[Path],
        stated: Manifest | None = None,
        as_format: str | None = None,
        progress: Progress | None = None,
        *,
        partial: bool = False,
    ) -> list[Ingested]:
        """Store artefacts, all or none."""
        from perfkit.analyses.validity import examined
        from perfkit.ingest import Reading, ingest

        how = Reading(as_format, partial)
        return ingest(paths, self.store, self.vault, stated=stated, reading=how, examine=examined, progress=progress)

    @contextmanager
    def looking(
        self, paths: Sequence[Path], as_format: str | None = None, progress: Progress | None = None, query: str | None = None
    ) -> Iterator[tuple[Staging, list[Looked]]]:
        """The rows of files, asked without storing them; judged, too, unless one query is all that is asked."""
        from perfkit.analyses.validity import examined
        from perfkit.ingest import Reading, looking

        examine = None if query else examined
        with looking(paths, reading=Reading(as_format), examine=examine, query=query, progress=progress) as found:
            yield found

    def collect(self, options: Options, progress: Step | None = None) -> Ingested:
        """Run the tool that the options are for, and store what it left."""
        from perfkit.collectors import collect

        artefact = collect(options, self.workspace.collected, progress)
        [stored] = self.ingest([artefact])
        artefact.unlink()
        artefact.with_name(artefact.name + MANIFEST_SUFFIX).unlink()
        return stored

    def profile_call(self, call: Callable[[], object], stated: Manifest | None = None, *, tool: str = "cprofile") -> Ingested:
        """Call a function of this process under cProfile or pyinstrument, and store the profile."""
        from perfkit.collectors.profile.call import CallOptions

        return self.collect(CallOptions(call, tool, stated or Manifest()))

    def run_notebooks(
        self, names: Sequence[str], given: Mapping[str, object], *, timeout_s: float = 1800.0, progress: Step | None = None
    ) -> list[Executed]:
        """Run notebooks, by name or path, one after another."""
        from perfkit.notebooks import find, run

        paths = [find(self.workspace.notebooks, name) for name in names]
        folder, root = self.workspace.executed_notebooks, self.workspace.root
        return [run(path, given, output_folder=folder, workspace_root=root, timeout_s=timeout_s, progress=progress) for path in paths]

    def tools(self) -> list[Tool]:
        """Tools and servers that are here, and those that are not."""
        from perfkit.collectors.inventory import inventory

        return inventory()

    def runs(self, selection: Selection | None = None) -> list[Run]:
        """Runs that fit, newest first."""
        return select_runs(known_runs(self.store), selection or Selection())

    def latency(self, run_id: str) -> list[Latency]:
        """The endpoints of one load run."""
        from perfkit.analyses.latency import latency

        return latency(self.store, [run_id])

    def measure(self, metric: str, selection: Selection | None = None, subject: str | None = None) -> list[Measurement]:
        """A metric's value and interval, subject by subject."""
        from perfkit.analyses.measure import measure
        from perfkit.analyses.metrics import metric_named

        return measure(self.store, metric_named(metric), selection or Selection(), subject)

    def by_subject(self, metric: str, selection: Selection) -> dict[str, Measurement]:
        """The same, to look subjects up in."""
        return {item.subject: item for item in self.measure(metric, selection)}

    def functions(self, selection: Selection) -> list[FunctionTime]:
        """Functions of the newest profile, by their own time."""
        from perfkit.analyses.functions import functions

        return functions(self.store, [run.run_id for run in newest_of_each_kind(self.runs(replace(selection, kind="profile")))])

    def profile(self, name: str) -> Profiled:
        """The profiles of a run or a label: their paths, functions, lines and threads."""
        from perfkit.analyses.profiled import Profiled

        return Profiled(self.store, profile_runs(self.runs(), name))

    def flame(self, name: str, *, against: str | None = None, part: Part | None = None, bottom_up: bool = False) -> FlameGraph:
        """A profile to walk through, or what changed in it since another one."""
        from perfkit.figures.flame import Part, flame_graph

        names = [name] if against is None else [against, name]
        return flame_graph({side: self.profile(side) for side in names}, part or Part(), view="bottom-up" if bottom_up else "top-down")

    def memory(self, name: str) -> Memory:
        """What the memory of a run, or of the newest runs of a label, is for, what grows, and whether it leaks."""
        from perfkit.analyses.memory import memory

        with self.store.sitting():
            return memory(self.store, self.runs(), name)

    def profile_change(self, base: str, candidate: str, *, force: bool = False) -> ProfileComparison:
        """What changed from the profiles of one run or label to those of another: functions and paths."""
        from perfkit.analyses.profile_comparison import ProfileComparison
        from perfkit.collectors.function_bodies import function_bodies

        return ProfileComparison(self.store, *profile_sides(self.runs(), base, candidate), bodies=function_bodies, force=force)

    def own_view(self, run_id: str) -> OwnView:
        """The stored artefact of a profile in its tool's own view: snakeviz, scalene."""
        from perfkit.collectors.own_views import own_view

        [run] = self.runs(Selection(run_ids=(run_id,)))
        with self.vault.opened(run.artefact_sha256) as artefact:
            return own_view(artefact, run.format, self.workspace.opened, run.run_id)

    def traced_statements(self, run_id: str) -> list[TracedStatement]:
        """The different statements that a traced run sent, by the time that they took."""
        from perfkit.analyses.traced_statements import traced_statements

        return traced_statements(self.store, [run.run_id for run in self.runs(Selection(run_ids=(run_id,)))])

    def request_time(self, selection: Selection) -> list[RequestTime]:
        """Where the requests of the newest trace spend their time."""
        from perfkit.analyses.request_time import request_time

        return request_time(self.store, [run.run_id for run in newest_of_each_kind(self.runs(replace(selection, kind="trace")))])

    def latency_timeline(self, selection: Selection | None = None, subject: str = ALL_REQUESTS) -> list[LatencyStretch]:
        """Latency over the time of the newest load run of each scenario and label."""
        from perfkit.analyses.latency_timeline import latency_timeline

        return latency_timeline(self.store, [run.run_id for run in newest_of_each_kind(self._load_runs(selection))], subject)

    def latency_quantiles(self, selection: Selection | None = None, subject: str = ALL_REQUESTS) -> list[LatencyQuantile]:
        """Percentiles of every load run, up to the rarest that its requests carry."""
        from perfkit.analyses.latency_quantiles import latency_quantiles

        return latency_quantiles(self.store, [run.run_id for run in self._load_runs(selection)], subject)

    def latency_histogram(self, selection: Selection | None = None, subject: str = ALL_REQUESTS) -> list[LatencyBin]:
        """How many requests of every load run took how long."""
        from perfkit.analyses.latency_histogram import latency_histogram

        return latency_histogram(self.store, [run.run_id for run in self._load_runs(selection)], subject)

    def load_steps(self, selection: Selection | None = None, subject: str = ALL_REQUESTS) -> list[LoadStep]:
        """What each step of the ladders among the load runs answered, and how fast."""
        from perfkit.analyses.load_steps import load_steps

        return load_steps(self.store, [run.run_id for run in self._load_runs(selection)], subject)

    def history(self, metric: str, selection: Selection | None = None, subject: str = ALL_REQUESTS) -> list[HistoryPoint]:
        """A metric's value of each valid run that is like the newest one, oldest first."""
        from perfkit.analyses.history import history
        from perfkit.analyses.metrics import metric_named

        return history(self.store, metric_named(metric), selection or Selection(), subject)

    def plans(self, name: str | None = None) -> list[Plan]:
        """Execution plans: of a run, of a label, one plan as RUN:NUMBER, or all."""
        from perfkit.analyses.plan_trees import plans_named

        return plans_named(self.store, self.runs(), name)

    def plan_pairs(self, base: str, candidate: str) -> list[PlanPair]:
        """Plans of the same statements side by side: what changed, and what it cost."""
        from perfkit.analyses.plan_changes import pairs

        return pairs(self.plans(base), self.plans(candidate))

    def _load_runs(self, selection: Selection | None) -> list[Run]:
        return self.runs(replace(selection or Selection(), kind="load"))

    def compare(self, base: Selection, candidate: Selection, metrics: Sequence[str] | None = None, *, force: bool = False) -> list[Compared]:
        """Two sides, metric by metric."""
        from perfkit.analyses.comparison import compare_labels
        from perfkit.analyses.metrics import metric_named

        chosen = [metric_named(name) for name in metrics] if metrics else None
        with self.store.sitting():
            return compare_labels(self.store, base, candidate, chosen, force=force)

    def cautions(self, base: Selection, candidate: Selection) -> list[str]:
        """What weakens a comparison of the two sides."""
        from perfkit.analyses.comparison import cautions

        return cautions(self.runs(), base, candidate)

    def one_sided(self, base: Selection, candidate: Selection, metrics: Sequence[str] | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Subjects that only one of the two sides has."""
        from perfkit.analyses.comparison import one_sided
        from perfkit.analyses.metrics import metric_named

        return one_sided(self.store, base, candidate, [metric_named(name) for name in metrics] if metrics else None)

    def accuracy(self, check: str, names: tuple[str, str], sides: tuple[Selection, Selection]) -> Accuracy:
        """Whether the second side is at least as right as the first, by a metric or by a command."""
        from perfkit.analyses.accuracy import accuracy_between, accuracy_from
        from perfkit.analyses.metrics import METRICS
        from perfkit.collectors.accuracy import accuracy_of

        by_metric = check in METRICS
        return accuracy_from(self.compare(*sides, [check])) if by_metric else accuracy_between(check, *map(partial(accuracy_of, check), names))

    def withheld(self, compared: Sequence[Compared], accuracy: Accuracy) -> list[Compared]:
        """The comparison as far as the accuracy check lets it stand."""
        from perfkit.analyses.accuracy import withheld

        return withheld(compared, accuracy)

    def noise(self, selection: Selection | None = None, metrics: Sequence[str] = ()) -> list[NoiseFloor]:
        """How much runs of the same code differ; remembered for comparisons."""
        from perfkit.analyses.metrics import METRICS, metric_named
        from perfkit.analyses.noise import noise_floors, remember

        chosen = [metric_named(name) for name in metrics or METRICS]
        floors = noise_floors(self.store, chosen, selection or Selection())
        remember(self.store, floors, _now())
        return floors

    def trend(self, metric: str, selection: Selection | None = None, subject: str | None = None, last: int | None = None) -> Trend:
        """The history of a metric: changes of level, and drift."""
        from perfkit.analyses.metrics import metric_named
        from perfkit.analyses.trend import trend

        return trend(self.store, metric_named(metric), selection or Selection(), subject, last)

    def capacity(self, selection: Selection, limit_ms: float = 500.0, error_limit: float = 0.01, users: int | None = None) -> Capacity:
        """The highest step of a ladder that passes, and whether the system is ready for so many users."""
        from perfkit.analyses.capacity import capacity
        from perfkit.analyses.ladder import Passing

        runs = comparable(self.store, self.runs(selection), "load")
        return capacity(self.store, runs, Passing(limit_ms, error_limit), users)

    def diagnose(self, selection: Selection | None = None, system: str | None = None) -> list[Finding]:
        """What is wrong in the newest evidence of each kind, worst first."""
        from perfkit.analyses.known_runs import newest_evidence, system_of
        from perfkit.rules import diagnose

        with self.store.sitting():
            close = newest_evidence(run for run in self.runs(selection) if run.valid)
            findings = diagnose(self.store, [run.run_id for run in close], _components(system or system_of(close)))
        self.store.append("findings", [_finding_row(finding) for finding in findings], (*Finding.__slots__, "found_at"), replacing=True)
        return findings

    def findings(self, names: Sequence[str]) -> list[Finding]:
        """Findings of earlier diagnoses, by finding_id or identity."""
        from perfkit.analyses.known_findings import known_findings

        return known_findings(self.store, names)

    def accepted(self) -> list[Accepted]:
        """Findings that stay as they are."""
        from perfkit.rules.acceptance import read

        return read(self.workspace.accepted)

    def accept(self, findings: Sequence[Finding], reason: str) -> list[Accepted]:
        """Let findings stay; returns those that were not accepted before."""
        from perfkit.rules.acceptance import accept

        return accept(self.workspace.accepted, findings, reason, _now().date())

    def take_back(self, identities: Sequence[str]) -> list[Accepted]:
        """Undo of accept."""
        from perfkit.rules.acceptance import take_back

        return take_back(self.workspace.accepted, identities)

    def new_findings(self, selection: Selection | None = None, system: str | None = None) -> list[Finding]:
        """What is wrong and not accepted."""
        from perfkit.rules.acceptance import not_accepted

        return not_accepted(self.diagnose(selection, system), self.accepted())

    def remote_requests(self, selection: Selection, rtt_ms: float) -> list[RemoteRequest]:
        """A model of the traced endpoints with a longer way to the database."""
        from perfkit.rules.round_trips import remote_requests

        return remote_requests(self.request_time(selection), rtt_ms)

    def index_candidates(self, run: Run) -> list[IndexCandidate]:
        """Indexes that the plans of a run ask for, not tried yet."""
        from perfkit.analyses.plan_trees import plan_trees
        from perfkit.rules.plans.index_candidates import index_candidates

        return index_candidates(plan_trees(self.store, [run.run_id]))

    def check(self, system: str, label: str | None = None) -> list[Verdict]:
        """All targets of a pack."""
        from perfkit.verdicts import keep, scorecard

        pack = self.pack(system)
        with self.store.sitting():
            verdicts = scorecard(self.store, pack, Selection(label=label, system=pack.name))
        keep(self.store, verdicts, _now())
        return verdicts

    def pack(self, system: str) -> Pack:
        """The description of a system."""
        from perfkit.packs import load_pack

        return load_pack(system)

    def report(self, investigation: Investigation, output: Path | None = None) -> Path:
        """Write the report of an investigation from everything that its two labels have."""
        from perfkit.report.archive import slug
        from perfkit.report.evidence import gather
        from perfkit.report.render import render, write

        path = output or self.workspace.reports / f"{slug(investigation.feature)}_{_now():%Y-%m-%d_%H%M%S}.md"
        with self.store.sitting():
            evidence = gather(self.store, self.pack(investigation.system), investigation.base, investigation.candidate)
            write(path, render(investigation, evidence, _now().date()))
        return path

    def verify(self, report: Path) -> list[Checked]:
        """Every number of a report, recomputed."""
        from perfkit.report.verify import verify

        with self.store.sitting():
            return verify(report, self.store)

    def archive(self, report: Path, feature: str | None = None) -> Path:
        """Keep a report in docs/archive."""
        from perfkit.report.archive import archive

        return archive(report, self.workspace.archive, feature, _now().date())

    def sql(self, query: str, parameters: Mapping[str, object] | None = None) -> pandas.DataFrame:
        """Any question, as a pandas frame."""
        return self.store.frame(query, parameters)


def open_workbench(folder: str | Path | None = None) -> Workbench:
    """The workbench of a folder; without one, of the workspace around the current folder."""
    return Workbench(find_workspace(Path(folder) if folder else None))


def _components(system: str | None) -> tuple[Component, ...]:
    if system is None:
        return ()
    from perfkit.packs import load_pack

    return load_pack(system).components


def _finding_row(finding: Finding) -> tuple[object, ...]:
    return (*(getattr(finding, name) for name in finding.__slots__), _now())


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)

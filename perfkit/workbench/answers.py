"""What the evidence answers, one method a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfkit.analyses.known_runs import Selection, comparable, newest_of_each_kind
from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.model.run import Run
from perfkit.workbench.evidence import Evidence, now

if TYPE_CHECKING:
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
    from perfkit.collectors.own_views import OwnView
    from perfkit.figures.flame import FlameGraph, Part
    from perfkit.model.plan import Plan


@dataclass(frozen=True, slots=True)
class Answers(Evidence):
    """Numbers, comparisons and pictures of the runs."""

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

    def profile(self, name: str, tool: str | None = None) -> Profiled:
        """The profiles of a run or a label, of one profiler: their paths, functions, lines and threads."""
        from perfkit.analyses.profiled import profiled

        return profiled(self.store, self.runs(), name, tool)

    def flame(
        self, name: str, *, against: str | None = None, part: Part | None = None, bottom_up: bool = False, tool: str | None = None
    ) -> FlameGraph:
        """A profile to walk through, or what changed in it since another one."""
        from perfkit.analyses.profiled import both_profiled
        from perfkit.figures.flame import Part, flame_graph

        sides = (self.profile(name, tool),) if against is None else both_profiled(self.store, self.runs(), (against, name), tool)
        named = dict(zip((name,) if against is None else (against, name), sides, strict=True))
        return flame_graph(named, part or Part(), view="bottom-up" if bottom_up else "top-down")

    def memory(self, name: str) -> Memory:
        """What the memory of a run, or of the newest runs of a label, is for, what grows, and whether it leaks."""
        from perfkit.analyses.memory import memory

        with self.store.sitting():
            return memory(self.store, self.runs(), name)

    def profile_change(self, base: str, candidate: str, *, tool: str | None = None, force: bool = False) -> ProfileComparison:
        """What changed from the profiles of one run or label to those of another: functions and paths."""
        from perfkit.analyses.profile_comparison import ProfileComparison
        from perfkit.analyses.profiled import both_profiled
        from perfkit.collectors.function_bodies import function_bodies

        before, after = both_profiled(self.store, self.runs(), (base, candidate), tool)
        return ProfileComparison(self.store, before.runs, after.runs, bodies=function_bodies, force=force, others=after.others)

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

        if check in METRICS:
            return accuracy_from(self.compare(*sides, [check]))
        base, candidate = (accuracy_of(check, name) for name in names)
        return accuracy_between(check, base, candidate)

    def known_accuracy(self, base: str, candidate: str) -> Accuracy | None:
        """What the checks of two labels that were done before say together; None when there are none."""
        from perfkit.analyses.accuracy_checks import known_accuracy

        runs = self.runs()
        sides = [[run for run in runs if run.label == name or run.run_id.startswith(name)] for name in (base, candidate)]
        return known_accuracy(self.store, *sides)

    def withheld(self, compared: Sequence[Compared], accuracy: Accuracy) -> list[Compared]:
        """The comparison as far as the accuracy check lets it stand."""
        from perfkit.analyses.accuracy import withheld

        return withheld(compared, accuracy)

    def noise(self, selection: Selection | None = None, metrics: Sequence[str] = ()) -> list[NoiseFloor]:
        """How much runs of the same code differ; remembered for comparisons."""
        from perfkit.analyses.metrics import BY_DEFAULT, metric_named
        from perfkit.analyses.noise import noise_floors, remember

        chosen = [metric_named(name) for name in metrics] or list(BY_DEFAULT)
        floors = noise_floors(self.store, chosen, selection or Selection())
        remember(self.store, floors, now())
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

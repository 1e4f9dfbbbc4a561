"""The whole path on the sample application: collect both variants, analyse, compare, report, archive."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from perfkit.collectors.load import LoadOptions, RequestSpec
from perfkit.collectors.plans import PlanOptions
from perfkit.collectors.statements import Statement
from perfkit.collectors.trace import TraceOptions
from perfkit.demo.processes import child
from perfkit.demo.services import PERSONAS, SERVICES_FILE, services
from perfkit.demo.settings import BASELINE, OPTIMIZED, Backends
from perfkit.demo.statements import statements
from perfkit.demo.traffic import REQUESTS
from perfkit.model.run import Manifest
from perfkit.model.verdict import Verdict
from perfkit.report.verify import Checked
from perfkit.workbench import Workbench

VARIANTS = (BASELINE, OPTIMIZED)
INVESTIGATION = Path(__file__).parent / "demo" / "investigation.yml"
SYSTEM = "demo"
TRAFFIC = "visitors"
"""The scenario of the load runs; the notebook names it after the file of requests."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much the demo measures."""

    rounds: int = 5
    """Load runs of each variant, taken in turns."""
    load_s: float = 6.0
    warmup_s: float = 1.0
    users: int = 4
    exercise_rounds: int = 8
    personas: int = PERSONAS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo leaves."""

    report: Path
    scorecards: dict[str, list[Verdict]]
    checked: Sequence[Checked]
    notebooks: Sequence[Path]
    seconds: float


@dataclass
class Steps:
    """Names what goes on and how far the whole is."""

    progress: Progress
    total: int
    done: int = 0

    @contextmanager
    def step(self, name: str) -> Iterator[Progress]:
        """One step; what goes on inside it moves the bar within its share."""
        share = 1 / self.total
        self.progress(name, self.done * share)
        yield lambda text, part: self.progress(f"{name} · {text}", (self.done + min(part, 1.0)) * share)
        self.done += 1


@dataclass
class Walk:
    """One walk: the workbench, the servers and the folder for what the tools exchange."""

    bench: Workbench
    backends: Backends
    folder: Path
    size: Size
    steps: Steps
    urls: dict[str, str] = field(default_factory=dict)
    notebooks: list[Path] = field(default_factory=list)

    @property
    def services_file(self) -> Path:
        """Where other processes find the servers."""
        return self.folder / SERVICES_FILE

    def serve(self, closing: ExitStack) -> None:
        """Both variants run all the time; only one of them is ever asked."""
        for variant in VARIANTS:
            options = ["--variant", variant, "--services", str(self.services_file)]
            server = closing.enter_context(child("perfkit.demo.server", options, self.folder / f"server-{variant}.log"))
            self.urls[variant] = f"http://127.0.0.1:{server.announced['port']}"

    def load(self) -> None:
        """The first round by notebook, the others directly: the same runs either way."""
        listed = self.folder / f"{TRAFFIC}.json"
        listed.write_text(json.dumps([asdict(request) for request in self._requests()]), encoding="utf-8")
        for variant in VARIANTS:
            self._notebook("collect_load", variant, {**self._load_parameters(variant), "requests_file": str(listed)})
        for number in range(2, self.size.rounds + 1):
            for variant in VARIANTS:
                with self.steps.step(f"load on {variant}, round {number} of {self.size.rounds}") as inside:
                    self.bench.collect(self._load_options(variant), inside)

    def trace(self) -> None:
        """The recorder follows a fixed list of requests, one at a time."""
        for variant in VARIANTS:
            trace = self.folder / f"{variant}.trace.ndjson"
            options = [*self._exercise(variant), "--trace", str(trace)]
            # the process says its medians when it is done, and the trace is complete by then
            with self.steps.step(f"trace of {variant}"), child("perfkit.demo.exercise", options, self.folder / "exercise.log"):
                self.bench.collect(TraceOptions(trace, self._stated(variant, "exercise")))

    def profile(self) -> None:
        """cProfile around the same requests."""
        for variant in VARIANTS:
            program = ["-m", "perfkit.demo.exercise", *self._exercise(variant)]
            self._notebook("collect_profile", variant, {"program": program, "label": variant, "system": SYSTEM, "scenario": "exercise"})

    def plans(self) -> None:
        """The statements that matter, explained on each variant's own database; SQLite has no such plans."""
        for variant in VARIANTS:
            with self.steps.step(f"plans of {variant}") as inside:
                found = [item for item in statements(self.backends, variant) if not item.dsn.startswith("sqlite")]
                if found:
                    wanted = tuple(Statement(item.text, item.name) for item in found)
                    self.bench.collect(PlanOptions(found[0].dsn, wanted, stated=self._stated(variant, "statements")), inside)

    def analyse(self, report: Path) -> None:
        """The notebooks that read the store."""
        for variant in VARIANTS:
            self._notebook("where_does_the_time_go", variant, {"label": variant, "system": SYSTEM})
        self._notebook("compare_two_labels", "both", {"base": BASELINE, "candidate": OPTIMIZED})
        self._notebook("write_the_report", "both", {"investigation": str(INVESTIGATION), "output": str(report)})

    def _notebook(self, name: str, about: str, given: Mapping[str, object]) -> None:
        with self.steps.step(f"notebook {name} on {about}") as inside:
            [executed] = self.bench.run_notebooks([name], {"workspace": str(self.bench.workspace.root), **given}, progress=inside)
            self.notebooks.append(executed.output)

    def _load_parameters(self, variant: str) -> dict[str, object]:
        size = self.size
        common = {"label": variant, "system": SYSTEM, "users": size.users}
        return {**common, "url": self.urls[variant], "duration_s": size.load_s, "warmup_s": size.warmup_s}

    def _load_options(self, variant: str) -> LoadOptions:
        size = self.size
        return LoadOptions(
            target=self.urls[variant],
            requests=self._requests(),
            users=size.users,
            spawn_rate=float(size.users),
            duration_s=size.load_s,
            warmup_s=size.warmup_s,
            stated=self._stated(variant, TRAFFIC),
        )

    def _requests(self) -> tuple[RequestSpec, ...]:
        return tuple(
            RequestSpec(
                name=request.name.partition(" ")[2],
                paths=request.paths,
                method=request.method,
                body=json.loads(request.body) if request.body else None,
                weight=request.weight,
            )
            for request in REQUESTS
        )

    def _exercise(self, variant: str) -> list[str]:
        return ["--services", str(self.services_file), "--variant", variant, "--rounds", str(self.size.exercise_rounds)]

    def _stated(self, variant: str, scenario: str) -> Manifest:
        return Manifest(label=variant, system=SYSTEM, scenario=scenario)


def walk(bench: Workbench, progress: Progress, size: Size | None = None) -> Outcome:
    """Everything, from an empty machine to an archived report that verifies."""
    began, chosen = time.monotonic(), size or Size()
    steps = Steps(progress, total=_steps(chosen))
    bench.workspace.scratch.mkdir(parents=True, exist_ok=True)
    with ExitStack() as closing:
        folder = Path(closing.enter_context(TemporaryDirectory(dir=bench.workspace.scratch, prefix="demo-")))
        with steps.step("sample application") as inside:
            backends = closing.enter_context(services(folder, lambda text: inside(text, 0.0), personas=chosen.personas))
        walked = Walk(bench, backends, folder, chosen, steps)
        walked.serve(closing)
        for collect in (walked.load, walked.trace, walked.profile, walked.plans):
            collect()
        report = bench.workspace.reports / f"demo_{datetime.now(UTC):%Y-%m-%d_%H%M%S}.md"
        walked.analyse(report)
    with steps.step("archive and verify"):
        kept = bench.archive(report)
        scorecards = {variant: bench.check(SYSTEM, variant) for variant in VARIANTS}
        return Outcome(kept, scorecards, bench.verify(kept), walked.notebooks, time.monotonic() - began)


def _steps(size: Size) -> int:
    """Servers, load rounds, traces, profiles, plans, four notebooks, the end."""
    return 1 + len(VARIANTS) * (size.rounds + 3) + 4 + 1

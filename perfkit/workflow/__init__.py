"""An investigation file, from its first step to its scorecard and its report; what was done already is not done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from perfkit.analyses.accuracy import Accuracy
from perfkit.analyses.accuracy_checks import accuracy_answers
from perfkit.analyses.known_runs import Selection
from perfkit.collectors.accuracy import Answered
from perfkit.collectors.answered import AnsweredOptions
from perfkit.errors import Exit, Interrupted, PerfkitError
from perfkit.model.run import Manifest
from perfkit.model.verdict import Verdict
from perfkit.notebooks import Settings, parameters_of, run
from perfkit.packs.investigation import AccuracyCheck, Investigation
from perfkit.packs.placeholders import placeholders
from perfkit.units import format_quantity
from perfkit.verdicts import exit_code
from perfkit.workbench import Workbench
from perfkit.workbench.evidence import STATED
from perfkit.workflow.accuracy import answer_by_command, answer_by_metric, asked_by
from perfkit.workflow.checks import Question, read_question
from perfkit.workflow.jobs import Job, filling, in_a_file_name, jobs_of, values_of
from perfkit.workflow.serving import Service, serving
from perfkit.workflow.state import Done, State, held

Progress = Callable[[str, float], None]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a workflow leaves."""

    investigation: str
    system: str
    label: str
    """The one that was judged."""
    verdicts: Sequence[Verdict]
    accuracy: Accuracy | None
    """None: the investigation asks for none."""
    report: Path
    notebooks: Sequence[str]
    """All executed ones, in order."""
    skipped: int
    """How many had been executed before."""
    seconds: float

    @property
    def exit(self) -> Exit:
        """As check has it; what is wrong misses more than a target."""
        return Exit.MISSED if self.accuracy and not self.accuracy.held else exit_code(self.verdicts)


@dataclass
class Workflow:
    """One investigation in one workspace, while it runs."""

    bench: Workbench
    question: Question
    state: State
    progress: Progress
    say: Say
    timeout_s: float
    again: bool
    began: float = field(default_factory=time.monotonic)
    finished: list[str] = field(default_factory=list)
    skipped: list[Job] = field(default_factory=list)

    @property
    def said(self) -> Investigation:
        return self.question.said

    @property
    def folder(self) -> Path:
        """Where executed notebooks and logs are kept."""
        return self.bench.workspace.reports / self.said.name

    def go(self, jobs: Sequence[Job]) -> None:
        """Every step in order; the services of a step live as long as the step."""
        there = {found.run_id for found in self.bench.runs()}
        for _, step in groupby(jobs, key=lambda job: job.position):
            with ExitStack() as closing:
                urls: dict[str, str] = {}
                for job in step:
                    if not self._skips(job, there):
                        self._do(job, jobs, urls, closing)
        if self.said.accuracy is not None:
            self._check_accuracy(self.said.accuracy)

    def _skips(self, job: Job, there: set[str]) -> bool:
        """What was done counts while its runs are there."""
        done = self.state.done.get(job.fingerprint)
        if done is None or not set(done.runs) <= there:
            return False
        self.skipped.append(job)
        self.finished.append(done.notebook)
        return True

    def _do(self, job: Job, jobs: Sequence[Job], urls: dict[str, str], closing: ExitStack) -> None:
        total, place = len(jobs), self.said.label(job.label or "")
        share = len(self.finished) / total
        elapsed = format_quantity((time.monotonic() - self.began) * 1000, "ms")
        head = f"{job.said} ({len(self.finished) + 1} of {total}, after {elapsed})"
        self.progress(head, share)
        before = {found.run_id for found in self.bench.runs()}
        if job.label and place.url and job.label not in urls and (job.step.served or job.asks("url")):
            urls[job.label] = closing.enter_context(serving(self._service(job.label)))
        known = filling(job.label, place, urls.get(job.label), self.question.commits.get(job.label)) if job.label else {}
        executed = run(
            job.notebook,
            values_of(job, parameters_of(job.notebook), known),
            self._settings(job),
            lambda text, part: self.progress(f"{head} · {text}", share + min(part, 1.0) / total),
        )
        runs = tuple(found.run_id for found in self.bench.runs() if found.run_id not in before and found.investigation == self.said.name)
        self.finished.append(str(executed.output))
        if runs:
            self.state.forget([*(later.fingerprint for later in jobs[len(self.finished) :]), *map(_accuracy_of, self.said.compared)])
        self.state.keep(job.fingerprint, Done(job.said, str(executed.output), executed.seconds, runs))

    def _check_accuracy(self, check: AccuracyCheck) -> None:
        """For each label, unless it passed and no run came since; the answer is evidence like any other."""
        asked = asked_by(check)
        for label in self.said.compared:
            known = accuracy_answers(self.bench.store, self.bench.runs(Selection(label=label)) if self._has(label) else [])
            if _accuracy_of(label) in self.state.done and any(item.asked == asked and item.passed for item in known.values()):
                continue
            self.progress(f"accuracy of {label}", 1.0)
            stated = self._stated(label).overridden_by(Manifest(label=label, system=self.said.system, scenario=asked))
            self.bench.collect(AnsweredOptions(asked, self._answer(check, label), stated, self.bench.workspace.root))
            self.state.keep(_accuracy_of(label), Done(f"accuracy of {label}", "", 0.0, ()))

    def _answer(self, check: AccuracyCheck, label: str) -> Answered:
        if check.metric is not None:
            return answer_by_metric(check, self.bench, label, self.said.system)
        place = self.said.label(label)
        with ExitStack() as closing:
            url = closing.enter_context(serving(self._service(label))) if place.url and "url" in placeholders(check.command) else None
            return answer_by_command(check, filling(label, place, url, self.question.commits.get(label)), self.bench.workspace.root)

    def _has(self, label: str) -> bool:
        return any(found.label == label for found in self.bench.runs())

    def _service(self, label: str) -> Service:
        log = self.folder / f"service-{in_a_file_name(label)}.log"
        return Service(label, self.said.label(label), log, self.bench.workspace.root, self.question.commits.get(label))

    def _settings(self, job: Job) -> Settings:
        """Every run that the notebook stores knows its investigation, and its label's commit where the file names one."""
        environment = {STATED: self._stated(job.label).to_json()}
        root, limit_s = self.bench.workspace.root, self.timeout_s
        return Settings(self.folder, root, limit_s, limit_s, kept_as=job.file_name, environment=environment)

    def _stated(self, label: str | None) -> Manifest:
        return Manifest(investigation=self.said.name, commit=self.question.commits.get(label or ""))


def _accuracy_of(label: str) -> str:
    """Stands for its check among the fingerprints."""
    return f"accuracy of {label}"


def run_investigation(bench: Workbench, path: Path, progress: Progress, say: Say, *, again: bool = False, timeout_s: float = 1800.0) -> Outcome:
    """Everything that the file asks for, and in the end the scorecard and the report."""
    question = read_question(path, bench.workspace)
    said, jobs = question.said, jobs_of(question.said, bench.workspace)
    with held(bench.workspace.workflows / f"{said.name}.json", said.name, again=again) as state:
        work = Workflow(bench, question, state, progress, say, timeout_s, again)
        with _resumable(work, len(jobs)):
            work.go(jobs)
        if work.skipped:
            say(_skipped(work.skipped, len(jobs)))
        progress("scorecard and report", 1.0)
        verdicts = bench.check(said.system, said.judged, said.base if said.candidate else None, said.name)
        accuracy = bench.known_accuracy(said.base, said.judged) if said.accuracy else None
        report = bench.report(said)
    return Outcome(said.name, said.system, said.judged, verdicts, accuracy, report, work.finished, len(work.skipped), time.monotonic() - work.began)


@contextmanager
def _resumable(work: Workflow, total: int) -> Iterator[None]:
    """Whoever is stopped is told what is kept."""
    try:
        yield
    except PerfkitError:
        work.say(_kept(work, total))
        raise
    except KeyboardInterrupt as stop:
        raise Interrupted(f"interrupted: what was started has ended. {_kept(work, total)}") from stop


def _kept(work: Workflow, total: int) -> str:
    command = "the same command without --again" if work.again else "the same command"
    return f"{len(work.finished)} of {total} executions are finished and kept; {command} goes on after them."


def _skipped(skipped: Sequence[Job], total: int) -> str:
    names: Mapping[str, None] = dict.fromkeys(job.step.title for job in skipped)
    return f"{len(skipped)} of {total} executions were finished before and not done again ({', '.join(names)}); --again does them anew."

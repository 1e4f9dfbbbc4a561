"""What a notebook or a command holds: the workspace's evidence, one method a question, no branch of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from perfkit.analyses.known_runs import Selection
from perfkit.model.finding import Finding
from perfkit.model.run import Run
from perfkit.model.verdict import Verdict
from perfkit.workbench.answers import Answers
from perfkit.workbench.evidence import now
from perfkit.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    from perfkit.bundle.contents import Contents
    from perfkit.model.index import IndexCandidate
    from perfkit.packs import Component, Pack
    from perfkit.packs.investigation import Investigation
    from perfkit.report.archive import Archiving
    from perfkit.report.prometheus import Rules
    from perfkit.report.regression_tests import RegressionTest
    from perfkit.report.verify import Checked
    from perfkit.report.work import Work
    from perfkit.rules.acceptance import Accepted
    from perfkit.rules.round_trips import RemoteRequest


@dataclass(frozen=True, slots=True)
class Workbench(Answers):
    """Everything that can be asked of one workspace: evidence, answers, and what is concluded from them."""

    def diagnose(self, selection: Selection | None = None, system: str | None = None) -> list[Finding]:
        """What is wrong in the newest evidence of each kind, worst first."""
        from perfkit.analyses.known_runs import newest_evidence, system_of
        from perfkit.rules import diagnose

        with self.store.sitting():
            close = newest_evidence(run for run in self.runs(selection) if run.valid)
            findings = diagnose(self.store, [run.run_id for run in close], _components(system or system_of(close), self.workspace))
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

        return accept(self.workspace.accepted, findings, reason, now().date())

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

    def check(self, system: str, label: str | None = None, against: str | None = None, investigation: str | None = None) -> list[Verdict]:
        """All targets of a pack; against is the label that reductions are measured from, investigation the name of whoever asks."""
        from perfkit.verdicts import earlier_runs, keep, scorecard

        pack = self.pack(system)
        with self.store.sitting():
            asked = Selection(label=label, system=pack.name, investigation=investigation)
            earlier = earlier_runs(self.runs(Selection(investigation=investigation)), pack, label, against)
            verdicts = scorecard(self.store, pack, asked, earlier)
        keep(self.store, verdicts, now())
        return verdicts

    def pack(self, system: str) -> Pack:
        """The description of a system."""
        from perfkit.packs import load_pack

        return load_pack(system, self.workspace)

    def alert_rules(self, system: str, label: str | None = None) -> Rules:
        """Alerting rules for a system's targets; with a label for those that its runs measured."""
        from perfkit.report.prometheus import alert_rules
        from perfkit.verdicts import scorecard

        pack = self.pack(system)
        with self.store.sitting():
            return alert_rules(pack, scorecard(self.store, pack, Selection(label=label, system=pack.name)) if label else None)

    def report(self, investigation: Investigation, output: Path | None = None) -> Path:
        """Write the report of an investigation from everything that its labels have, with its pictures beside it."""
        from perfkit.collectors.code_changes import code_changes
        from perfkit.report.as_written import remember
        from perfkit.report.evidence import gather
        from perfkit.report.named import report_lines
        from perfkit.report.repository import slug
        from perfkit.report.writing import write_report

        path = output or self.workspace.reports / f"{slug(investigation.feature)}_{now():%Y-%m-%d_%H%M%S}.md"
        changes = partial(code_changes, self.workspace.root)
        with self.store.sitting():
            evidence = gather(self.store, self.pack(investigation.system), investigation)
            report = write_report(path, investigation, evidence, root=self.workspace.root, changes=changes, on=now().date())
        remember(self.store, report, report_lines(report))
        return report

    def page(self, report: Path, output: Path | None = None) -> Path:
        """A report as one HTML file, beside it where nobody names another place."""
        from perfkit.report.changes import write
        from perfkit.report.page import page

        path = output or report.with_suffix(".html")
        write(path, page(report))
        return path

    def summary(self, report: Path) -> str:
        """A report as the comment of a pull request."""
        from perfkit.report.summary import summary

        with self.store.sitting():
            return summary(report, self.store, self.pack)

    def verify(self, report: Path) -> list[Checked]:
        """Every number of a report, recomputed."""
        from perfkit.report.verify import verify

        with self.store.sitting():
            return verify(report, self.store, self.pack)

    def knows_words_of(self, report: Path) -> bool:
        """Whether the store knows in which words a report was written, so that verify compares them."""
        from perfkit.report.verify import known_words

        return known_words(report, self.store)

    def export(self, report: Path, target: Path, investigation: Path | None = None) -> Contents:
        """A bundle of all that a report needs in another workspace."""
        from perfkit.workbench.bundles import export_report

        return export_report(self.workspace, report, target, investigation)

    def export_rows(self, runs: Sequence[str], target: Path) -> dict[str, int]:
        """The rows of runs or labels as Parquet; returns how many of each table."""
        from perfkit.workbench.bundles import export_rows

        return export_rows(self.workspace, runs, target)

    def archive(self, report: Path, feature: str | None = None) -> Path:
        """Keep a report in docs/archive."""
        archiving = self.archiving(report, feature=feature)
        archiving.apply()
        return archiving.place

    def archiving(self, report: Path, docs: Path | None = None, feature: str | None = None, kind: str | None = None) -> Archiving:
        """What keeping a report would change: in the archive, and in the document that the pack names for its kind."""
        from perfkit.report.archive import Wanted, keeping
        from perfkit.report.repository import repository

        wanted = Wanted(report, repository(docs or self.workspace.root), now().date(), feature, kind)
        with self.store.sitting():
            return keeping(wanted, self.store, self.pack)

    def unarchiving(self, report: Path, docs: Path | None = None, feature: str | None = None, kind: str | None = None) -> Archiving:
        """What taking its digest out of the document again would change."""
        from perfkit.report.archive import Wanted, removal
        from perfkit.report.repository import repository

        return removal(Wanted(report, repository(docs or self.workspace.root), now().date(), feature, kind), self.pack)

    def regression_test(self, investigation: Investigation, into: Path, given: Work | None = None, feature: str | None = None) -> RegressionTest:
        """A test for the repository of the measured code; of the fixed label's work unless other work is given."""
        from perfkit.report.evidence import gather
        from perfkit.report.regression_tests import planned
        from perfkit.report.repository import repository
        from perfkit.report.work import work_of

        with self.store.sitting():
            evidence = gather(self.store, self.pack(investigation.system), investigation)
            return planned(evidence, given or work_of(investigation), repository(into), feature or investigation.feature, now().date())


def open_workbench(folder: str | Path | None = None) -> Workbench:
    """The workbench of a folder; without one, of the workspace around the current folder."""
    return Workbench(find_workspace(Path(folder) if folder else None))


def _components(system: str | None, workspace: Workspace) -> tuple[Component, ...]:
    if system is None:
        return ()
    from perfkit.packs import load_pack

    return load_pack(system, workspace).components


def _finding_row(finding: Finding) -> tuple[object, ...]:
    return (*(getattr(finding, name) for name in finding.__slots__), now())

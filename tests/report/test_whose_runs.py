"""Two investigations of one system that use the same labels do not stand on each other's runs; one that measured nothing stands on all."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfkit.model.run import Manifest
from perfkit.report.named import named_in, report_lines
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace
from tests.conftest import described, request_log
from tests.report.small_reports import INVESTIGATION

FIRST, SECOND, BY_HAND = "search", "checkout", None


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder = tmp_path_factory.mktemp("shared")
    bench, logs = Workbench(Workspace(folder)), folder / "raw"
    logs.mkdir()
    for number, (investigation, label) in enumerate((who, label) for who in (FIRST, SECOND, BY_HAND) for label in ("baseline", "optimized")):
        for seed in range(5):
            log = request_log(logs / f"{number}-{seed}.csv", seed=10 * number + seed)
            described(log, Manifest(label=label, system="demo", scenario="api", investigation=investigation))
    bench.ingest([logs])
    return bench


@pytest.mark.parametrize(("asker", "whose"), [(FIRST, {FIRST, BY_HAND}), (SECOND, {SECOND, BY_HAND}), ("somebody", {FIRST, SECOND, BY_HAND})])
def test_a_report_stands_on_its_own_runs(asker: str, whose: set[str | None], bench: Workbench, tmp_path: Path) -> None:
    report = bench.report(INVESTIGATION.model_copy(update={"name": asker}), tmp_path / "shop.md")
    named = set(named_in(report, report_lines(report)).all_run_ids)
    belongs = {run.run_id: run.investigation for run in bench.runs()}
    assert {belongs[run_id] for run_id in named} == whose
    assert len(named) == 10 * len(whose)


def test_targets_are_judged_by_the_same_runs(bench: Workbench) -> None:
    judged = {asker: bench.check("demo", "optimized", "baseline", asker) for asker in (FIRST, None)}
    cited = {asker: {run_id for verdict in verdicts for run_id in verdict.runs} for asker, verdicts in judged.items()}
    assert 0 < len(cited[FIRST]) < len(cited[None])

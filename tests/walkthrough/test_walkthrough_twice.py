"""Run twice, it works twice, and the store holds both."""

from __future__ import annotations

import pytest

from perfkit.analyses.known_runs import Selection
from perfkit.walkthrough import Size, walk
from tests.walkthrough.conftest import Walked

pytestmark = pytest.mark.whole


def test_a_second_walk_adds_to_the_first(walked: Walked) -> None:
    first = {run.run_id for run in walked.bench.runs()}
    size = Size(rounds=1, load_s=1.0, warmup_s=0.0, users=4, exercise_rounds=1, personas=1_000)
    outcome = walk(walked.bench, lambda text, done: None, size)
    both = {run.run_id for run in walked.bench.runs()}
    assert first < both
    assert outcome.report.exists()
    assert [item for item in outcome.checked if not item.agrees] == []
    assert len({run.label for run in walked.bench.runs(Selection(kind="trace"))}) == 2

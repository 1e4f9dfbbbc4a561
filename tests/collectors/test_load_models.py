"""Ladders, open models and bystanders are visible in the store as what they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from perfkit.collectors.load import LoadOptions, RequestSpec
from perfkit.collectors.load_child import CHILDREN
from perfkit.collectors.load_options import Arrivals, Bystander, Generators, Ladder
from perfkit.workbench import Workbench
from tests.collectors.load_site import Site, serving, weighty

pytestmark = pytest.mark.alone

CATS = RequestSpec("/cats", ("/cats",))


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as served:
        yield served


def test_the_steps_of_a_ladder_are_in_the_store(bench: Workbench, site: Site) -> None:
    ladder = Ladder((2, 8), hold_s=1.5, warmup_s=0.5)
    bench.collect(LoadOptions(site.url, (CATS,), ladder=ladder, spawn_rate=4, wait_s=0.05))
    rows = bench.store.query("select stage, phase, count(*), max(started_at) - min(started_at) from requests group by all order by min(started_at)")[
        1
    ]
    assert [(stage, phase) for stage, phase, _, _ in rows][-5:] == [(2, "warmup"), (2, "steady"), (8, "ramp"), (8, "warmup"), (8, "steady")]
    assert sum(count for _, _, count, _ in rows) == len(site.heard)
    steady = {stage: (count, length.total_seconds()) for stage, phase, count, length in rows if phase == "steady"}
    assert all(0.5 < length < 1.3 for _, length in steady.values()) and steady[8][0] > 2 * steady[2][0]
    [run] = bench.runs()
    assert weighty(run.invalid_because) == []
    assert '"stages": [2, 8]' in run.parameters and run.load_model == "closed"


def test_an_open_model_shows_the_wait_that_a_frozen_server_causes(bench: Workbench, site: Site) -> None:
    site.freeze_s = 1.0
    bench.collect(LoadOptions(site.url, (CATS,), arrivals=Arrivals(20.0), duration_s=3))
    query = "select count(*), max(waited), count(*) filter (waited > 400) from (select epoch_ms(started_at - intended_at) + duration_ms as waited from requests)"
    [(requests, longest_ms, delayed)] = bench.store.query(query)[1]
    assert requests == len(site.heard) == pytest.approx(60, abs=1)
    assert 700 < longest_ms < 1900
    assert 8 <= delayed <= 25
    [run] = bench.runs()
    assert (run.load_model, weighty(run.invalid_because)) == ("open", [])


def test_workers_share_the_rate_of_an_open_ladder(bench: Workbench, site: Site) -> None:
    options = LoadOptions(site.url, (CATS,), arrivals=Arrivals(), ladder=Ladder((20, 40), hold_s=1), generators=Generators(processes=2))
    bench.collect(options)
    rows = bench.store.query("select stage, worker, count(*) from requests group by all order by all")[1]
    assert rows == [(20, "worker-1", 10), (20, "worker-2", 10), (40, "worker-1", 20), (40, "worker-2", 20)]
    assert len(site.heard) == 60


def test_random_arrivals_keep_the_rate_and_not_the_pace(bench: Workbench, site: Site) -> None:
    bench.collect(LoadOptions(site.url, (CATS,), arrivals=Arrivals(100.0, "poisson"), duration_s=1))
    gaps = "select epoch_ms(intended_at - lag(intended_at) over (order by intended_at)) as gap from requests"
    [(count, least, most)] = bench.store.query(f"select count(*), min(gap), max(gap) from ({gaps})")[1]
    assert 60 < count < 140 and least < 5 and most > 20


def test_a_bystander_and_samples_are_beside_the_load_and_not_of_it(bench: Workbench, site: Site) -> None:
    options = LoadOptions(site.url, (CATS,), users=2, spawn_rate=2, duration_s=3, wait_s=0.05, bystander=Bystander(("/health",), 10))
    bench.collect(options)
    [(endpoint, method, count, phases, late)] = bench.store.query(
        "select endpoint, method, count(*), count(phase), max(epoch_ms(started_at - intended_at)) from requests where worker = 'watch' group by all"
    )[1]
    assert (endpoint, method, phases) == ("watch GET /health", None, 0) and late < 500
    assert count == site.asked("/health") > 10
    [(load,)] = bench.store.query("select count(*) from requests where worker <> 'watch'")[1]
    assert load == site.asked("/cats")
    series = dict(bench.store.query("select series, (count(*), min(value)) from samples group by series")[1])
    assert set(series) == {"generator.cpu", "machine.cpu", "target.cpu", "target.rss", "target.threads"}
    assert 2 <= series["generator.cpu"][0] <= 4
    assert 0 < series["machine.cpu"][1] <= 100
    assert series["target.rss"][1] > 1e6 and series["target.threads"][1] >= 2


def test_a_bystander_whose_load_test_is_gone_ends_by_itself(site: Site, tmp_path: Path) -> None:
    asked = {"target": site.url, "file": str(tmp_path / "watch.csv"), "paths": ["/health"], "per_second": 20, "answer_s": 1, "parent": 0}
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    environment = {**os.environ, "PERFKIT_BYSTANDER": str(tmp_path / "asked.json")}
    assert subprocess.run([sys.executable, str(CHILDREN / "bystander.py")], env=environment, timeout=30, check=False).returncode == 0

"""Advice on indexes is proved on a real server, and the server is afterwards as it was, to the byte."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from perfkit.analyses.index_trials import index_trials
from perfkit.cli import program
from perfkit.collectors.index_trials import IndexTrialOptions, collect
from perfkit.collectors.plans import PlanOptions
from perfkit.errors import PerfkitError, UsageError
from perfkit.model.finding import Finding
from perfkit.model.index import Asker, IndexCandidate, IndexKey, IndexShape
from perfkit.model.run import Manifest
from tests.index_trials.conftest import Shop

BY_KIND = "select * from items where kind = 7 and price > 140000"
PROOFS = {
    "an equality and a range": (BY_KIND, "items (kind, price)"),
    "an expression": ("select * from items where lower(name) = 'item 77'", "items ((lower(name)))"),
    "a prefix": ("select * from items where name like 'Item 29999%'", "items (name text_pattern_ops)"),
    "a word inside a text": ("select * from makers where note like '%abcdef%'", "makers using gin (note gin_trgm_ops)"),
    "a document's value": ("select * from items where data ->> 'tag' = '77'", "items ((data ->> 'tag'))"),
    "a document that contains": ("select * from makers join items using (id) where data @> '{\"tag\": 77}'", "items using gin (data jsonb_path_ops)"),
    "rows that a condition without a value keeps": (
        "select * from items where sold_at is null and price > 149000",
        "items (price) where sold_at is null",
    ),
    "an order of which few rows are wanted": ("select * from items order by price desc limit 5", "items (price desc)"),
    "a join's key": ("select * from makers join parts on parts.maker_id = makers.id where makers.id = 77", "parts (maker_id)"),
    "partitions": ("select * from days where kind = 77", "days (kind)"),
    "the nearest vectors": (
        "select id from points order by place <-> '[.5,.5,.5,.5,.5,.5,.5,.5]' limit 5",
        "points using hnsw (place vector_l2_ops)",
    ),
}


def candidate(relation: str, *keys: IndexKey, statement: str = BY_KIND, method: str = "btree") -> IndexCandidate:
    return IndexCandidate(None, relation, (IndexShape(keys, method),), (Asker("plans", 0, 0, statement),))


BIG_BUILD = candidate(
    "items", IndexKey("note", operator_class="gin_trgm_ops"), statement="select * from items where note like '%abcdef%'", method="gin"
)


@pytest.fixture(scope="module")
def proofs(shop: Shop) -> tuple[dict[str, list[Finding]], bool]:
    """The findings of every fault's statement, and whether the catalog is afterwards as it was."""
    before = shop.catalog()
    _, findings = shop.tried(*(statement for statement, _ in PROOFS.values()))
    plans = {fault: f"(plan {number}," for number, fault in enumerate(PROOFS)}
    return {fault: [item for item in findings if plan in item.place] for fault, plan in plans.items()}, shop.catalog() == before


@pytest.mark.parametrize("fault", PROOFS)
def test_the_index_that_a_fault_asks_for_is_proved(fault: str, proofs: tuple[dict[str, list[Finding]], bool]) -> None:
    shape, findings = PROOFS[fault][1], proofs[0][fault]
    [proof] = [finding for finding in findings if finding.rule == "index-proved"]
    assert f" on {shape};" in proof.remedy and proof.title.startswith(f"An index on {shape} takes the statement from ")
    assert proof.saves_ms is not None and proof.cost_ms is not None and proof.saves_ms >= 0.5 * proof.cost_ms
    assert [finding.rule for finding in findings if "create index" in finding.remedy] == ["index-proved"]


def test_not_a_byte_of_the_catalog_is_changed(proofs: tuple[dict[str, list[Finding]], bool]) -> None:
    assert proofs[1]


def test_a_proof_on_300000_rows_takes_little_longer_than_the_build_itself(shop: Shop) -> None:
    candidates = shop.candidates(shop.planned(BY_KIND))
    build = f"begin; create index perfkit_own on items (kind, price); {BY_KIND}; rollback"
    rounds = [(seconds(lambda: shop.run(build)), seconds(lambda: proved(shop, candidates))) for _ in range(3)]
    assert min(proof - built for built, proof in rounds) < 5 * min(built for built, _ in rounds)


def proved(shop: Shop, candidates: tuple[IndexCandidate, ...]) -> Path:
    return collect(IndexTrialOptions(shop.dsn, candidates), shop.bench.workspace.root)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def test_each_arm_of_an_or_gets_its_index(shop: Shop) -> None:
    [*_, trial], findings = shop.tried("select * from parts where maker_id = 7 or weight = 77")
    assert trial.used and trial.definition == "create index concurrently on parts (maker_id); create index concurrently on parts (weight)"
    assert findings[0].title.startswith("Indexes on parts (maker_id) and on parts (weight) take the statement from ")


def test_one_index_serves_several_statements_and_is_built_once(shop: Shop) -> None:
    trials, findings = shop.tried("select * from parts where maker_id = 7", "select * from parts where maker_id = 8")
    assert [(trial.trial, trial.plan_id, trial.used) for trial in trials] == [(0, 0, True), (0, 1, True)]
    assert [finding.rule for finding in findings] == ["index-proved", "index-proved"]


def test_what_an_index_of_the_server_covers_is_not_tried(shop: Shop) -> None:
    plans = shop.planned(BY_KIND)
    shop.run("create index items_kind on items (price, kind, name)", "create index items_all on items (kind, price desc, name)")
    try:
        run_id = shop.bench.collect(IndexTrialOptions(shop.dsn, shop.candidates(plans))).run_id
    finally:
        shop.run("drop index items_kind, items_all")
    [finding] = shop.found(plans, run_id)
    assert "this server has items_all, which covers it" in finding.remedy


def test_an_index_that_the_planner_does_not_take_is_not_advised(shop: Shop) -> None:
    [trial], [finding] = shop.tried("select * from makers where note like '%ab_c%'")
    assert not trial.used and trial.refused is None
    assert finding.rule == "scan-discards-rows" and finding.saves_ms == 0
    assert finding.remedy.startswith("No index that was tried is worth it.") and finding.remedy.endswith("the planner does not take it.")


def test_a_statement_with_unknown_values_is_tried_by_its_cost(shop: Shop) -> None:
    run_id = shop.bench.collect(
        IndexTrialOptions(shop.dsn, (candidate("items", IndexKey("kind", True), statement="select * from items where kind = $1"),))
    ).run_id
    [trial], [finding] = index_trials(shop.bench.store, [run_id]), shop.found(run_id)
    assert trial.used and trial.before_ms is None
    assert finding.title.endswith("(planned, not executed)") and finding.saves_ms is None


def test_a_statement_that_writes_is_only_planned(shop: Shop) -> None:
    [trial], [finding] = shop.tried("update items set name = 'gone' where kind = 7 and price > 140000", analyze=False)
    assert trial.used and trial.before_ms is None and finding.rule == "index-proved"
    with psycopg.connect(shop.dsn) as connection:
        assert connection.execute("select count(*) from items where name = 'gone'").fetchone() == (0,)


def test_a_table_that_is_too_large_or_not_there_is_not_touched(shop: Shop) -> None:
    wanted = (candidate("items", IndexKey("kind", True)), candidate("nowhere", IndexKey("kind", True)))
    run_id = shop.bench.collect(IndexTrialOptions(shop.dsn, wanted, largest_bytes=1_000_000)).run_id
    _, rows = shop.bench.store.query(f"select refused from index_trials where run_id = '{run_id}' order by trial")
    [[large], [missing]] = rows
    assert "building an index blocks writing to it; the limit is 1.00 MB, --largest raises it" in large
    assert missing == "this server has no table nowhere"


def test_a_build_that_takes_too_long_is_ended_and_leaves_nothing(shop: Shop) -> None:
    before = shop.catalog()
    run_id = shop.bench.collect(IndexTrialOptions(shop.dsn, (BIG_BUILD,), timeout_s=0.5)).run_id
    assert shop.bench.store.query(f"select refused from index_trials where run_id = '{run_id}'")[1] == [
        ("not done after 0.5 s; allow more with --timeout",)
    ]
    assert shop.catalog() == before


def test_a_table_that_is_being_written_to_is_left_alone(shop: Shop) -> None:
    with psycopg.connect(shop.dsn) as writer:
        writer.execute("update makers set name = name where id = 1")
        # it never ends while the trial lasts: that the trial ends says that it did not wait for it
        options = IndexTrialOptions(shop.dsn, (candidate("makers", IndexKey("name", True), statement="table makers"),), lock_s=0.2)
        run_id = shop.bench.collect(options).run_id
        writer.rollback()
    [[refused]] = shop.bench.store.query(f"select refused from index_trials where run_id = '{run_id}'")[1]
    assert refused.startswith("the table was not free of writing transactions in time")


def test_who_may_not_create_indexes_is_told_so(shop: Shop) -> None:
    dsn = shop.dsn.replace("postgres:@", "guest:@")
    with pytest.raises(UsageError, match="The role guest may not create an index on items: only the owner of a table may"):
        collect(IndexTrialOptions(dsn, (candidate("items", IndexKey("kind", True)),)), shop.bench.workspace.root)


KILLED = """
import sys
from pathlib import Path
from perfkit.collectors.index_trials import collect
from tests.index_trials.test_index_trials import BIG_BUILD, IndexTrialOptions
collect(IndexTrialOptions(sys.argv[1], (BIG_BUILD,)), Path(sys.argv[2]))
"""
BUILDING = "select count(*) from pg_stat_activity where query like 'create index perfkit_try%' and pid <> pg_backend_pid()"


def test_a_client_that_is_killed_while_an_index_is_built_leaves_nothing(shop: Shop) -> None:
    before = shop.catalog()
    with psycopg.connect(shop.dsn, autocommit=True) as watcher:

        def building() -> bool:
            return watcher.execute(BUILDING).fetchone() != (0,)

        client = subprocess.Popen([sys.executable, "-c", KILLED, shop.dsn, str(shop.bench.workspace.root)])
        try:
            wait_until(building, True)
        finally:
            client.send_signal(signal.SIGKILL)
            client.wait()
        wait_until(building, False)
    assert shop.catalog() == before


def wait_until(asked: object, wanted: bool, seconds: float = 20) -> None:
    assert callable(asked)
    until = time.monotonic() + seconds
    while asked() is not wanted:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_the_column_with_more_values_comes_first(shop: Shop) -> None:
    [trial, *_], _ = shop.tried("select * from items where data = '{\"tag\": 7}' and kind = 7 and id = 7")
    assert trial.definition == "create index concurrently on items (id, data, kind)"


def test_a_trial_without_its_plan_is_a_finding_of_its_own(shop: Shop) -> None:
    plans = shop.planned(BY_KIND)
    run_id = shop.bench.collect(IndexTrialOptions(shop.dsn, shop.candidates(plans))).run_id
    [alone], [together] = shop.found(run_id), shop.found(plans, run_id)
    assert (alone.title, alone.run_id, together.run_id) == (together.title, run_id, plans)


def diagnose(shop: Shop, *arguments: str) -> Result:
    return CliRunner().invoke(program, ["--workspace", str(shop.bench.workspace.root), "diagnose", *arguments])


def test_the_command_tries_stores_and_prints_the_proof(shop: Shop) -> None:
    stated = Manifest(label="slow", system="demo")
    plans = shop.bench.collect(PlanOptions(shop.dsn, (BY_KIND,), stated=stated)).run_id
    [unproved] = json.loads(diagnose(shop, "--run", plans, "--json").stdout)
    shown = diagnose(shop, "--run", plans, "--try-indexes", "--dsn", shop.dsn, "--json")
    [proved] = json.loads(shown.stdout)
    assert (unproved["rule"], proved["rule"], proved["place"]) == ("scan-discards-rows", "index-proved", unproved["place"])
    assert proved.keys() == unproved.keys()
    [run] = [run for run in shop.bench.runs() if run.kind == "trials" and run.label == "slow"]
    assert run.system == "demo" and run.run_id in proved["saving_basis"]


def test_on_a_copy_the_server_is_only_read(shop: Shop) -> None:
    before = shop.catalog()
    guest = shop.dsn.replace("postgres:@", "guest:@")
    plans = shop.planned(
        "select * from makers join parts on parts.maker_id = makers.id where makers.name = 'maker 77'", "select * from days where kind = 77"
    )
    options = IndexTrialOptions(guest, shop.candidates(plans), on_copy=True)
    run_id = shop.bench.collect(options).run_id
    trials, findings = index_trials(shop.bench.store, [run_id]), shop.found(plans, run_id)
    assert {trial.relation for trial in trials if trial.used} >= {"makers", "parts", "days"}
    assert all(trial.on_copy for trial in trials) and shop.catalog() == before
    assert any("measured on a copy of the tables" in finding.saving_basis for finding in findings)
    with pytest.raises(UsageError, match=r"parts has more than 70,000 rows. --copy-rows raises the limit"):
        collect(replace(options, copy_rows=70_000), shop.bench.workspace.root)


def test_a_statement_that_asks_for_nothing_is_told_so(shop: Shop) -> None:
    nothing = diagnose(shop, "--run", shop.planned("select * from makers where id = 7"), "--try-indexes", "--dsn", shop.dsn)
    assert nothing.exit_code == 0 and "No plan asks for an index, so none was tried." in nothing.stderr


def test_the_command_says_what_it_needs(shop: Shop) -> None:
    try_on = ("--run", shop.planned(BY_KIND), "--try-indexes", "--dsn")
    wrong: dict[tuple[str, ...], tuple[str, int]] = {
        try_on[:3]: ("Name the server with --dsn", 2),
        (*try_on, shop.dsn.replace("postgres:@", "guest:@")): ("only the owner of a table may", 2),
        (*try_on, "postgresql://nobody@127.0.0.1:1/none"): ("Start the server", 4),
        (*try_on, shop.dsn, "--largest", "many"): ("no quantity", 2),
        (*try_on, shop.dsn, "--largest", "3 ms"): ("no size", 2),
    }
    for arguments, (words, exit_code) in wrong.items():
        error = diagnose(shop, *arguments).exception
        assert isinstance(error, PerfkitError) and words in str(error) and error.exit_code == exit_code


def test_an_index_of_a_table_in_many_parts_is_one_proof(shop: Shop) -> None:
    parts = [f"create table weeks_{week} partition of weeks for values in ({week})" for week in range(30)]
    shop.run("create table weeks (week int, kind int) partition by list (week)", *parts)
    shop.run("insert into weeks select n % 30, n % 50000 from generate_series(1, 90000) as n", "analyze weeks")
    _, findings = shop.tried("select * from weeks where kind = 77")
    shop.run("drop table weeks")
    [proof] = [finding for finding in findings if "create index" in finding.remedy]
    assert proof.rule == "index-proved" and "create index on weeks (kind);" in proof.remedy


def test_a_logged_statement_is_measured_with_its_logged_values(shop: Shop) -> None:
    values = json.dumps([77, "it's, $2 = 'no'"])
    statement = f"select * from parts where maker_id = $1 and $2::text is not null\n-- params: {values}"
    run_id = shop.bench.collect(IndexTrialOptions(shop.dsn, (candidate("parts", IndexKey("maker_id", True), statement=statement),))).run_id
    [trial] = index_trials(shop.bench.store, [run_id])
    assert trial.used and trial.before_ms is not None and trial.refused is None

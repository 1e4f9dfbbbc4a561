"""Stages of real programs: shares that add up, side by side and nested, slow ones with before and after, and what should run together."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from perfkit.analyses.sequences import sequences
from perfkit.analyses.slowest_stages import slowest_stages
from perfkit.analyses.stage_sequences import COLUMNS, sequence_stages
from perfkit.analyses.stages import CLOCK_MS, ITSELF, QUESTION, Stage, StageSpan, staged, stages
from perfkit.cli import program
from perfkit.errors import UsageError
from perfkit.figures.stages import stages_figure
from perfkit.model.run import Manifest
from perfkit.rules import stages as rules
from perfkit.trace import record, request, span, timed
from perfkit.workbench import Workbench

Trace = Callable[..., str]


@timed
def load() -> None:
    time.sleep(0.01)


@timed("gate.pii", module="gdpr")
async def pii(factor: float = 1.0) -> None:
    await asyncio.sleep(0.03 * factor)


@timed("gate.hipaa", module="health")
async def hipaa() -> None:
    await asyncio.sleep(0.03)


@timed("gate.consent", module="gdpr")
async def consent() -> None:
    await asyncio.sleep(0.05)


@timed
async def one_after_another(factor: float) -> None:
    await pii(factor)
    await hipaa()
    await consent()


@timed
async def side_by_side() -> None:
    await asyncio.gather(pii(), hipaa(), consent())


async def validate(factor: float = 1.0) -> None:
    with request("validate"):
        load()
        await one_after_another(factor)
        await side_by_side()


@pytest.fixture
def traced(bench: Workbench, tmp_path: Path) -> Trace:
    """Records a program and stores its trace; returns the run."""

    def run(work: Callable[[], object], label: str = "base") -> str:
        path = tmp_path / f"{label}.ndjson"
        with record(path):
            work()
        [stored] = bench.ingest([path], Manifest(label=label))
        path.unlink()
        return stored.run_id

    return run


def at(name: str, start: float, end: float, above: str | None = None, span_id: str | None = None) -> StageSpan:
    return StageSpan("r", "t", span_id or name, above, "internal", name, None, None, start, end - start, resumed=False)


def by_stage(rows: list[Stage]) -> dict[str, Stage]:
    return {row.stage: row for row in rows}


def test_own_times_add_up_to_the_whole(bench: Workbench, traced: Trace) -> None:
    rows = stages(bench.store, [traced(lambda: asyncio.run(validate()))])
    assert sum(row.share for row in rows) == pytest.approx(1.0, abs=1e-6)
    assert all(row.total_ms <= row.whole_ms + 1e-6 for row in rows)
    found = by_stage(rows)
    assert found["gate.consent"].own_ms > found["gate.hipaa"].own_ms > found["load"].own_ms
    assert found["gate.consent"].parallel > 1.1 > found["load"].parallel
    assert found["one_after_another"].waits_for == "gate.consent"


@pytest.mark.parametrize(
    ("spans", "own"),
    [
        ([at("root", 0, 10), at("a", 2, 6, "root"), at("b", 3, 5, "a")], {ITSELF: 6, "a": 2, "b": 2}),
        ([at("root", 0, 10), at("a", 0, 10, "root"), at("b", 0, 10, "root")], {ITSELF: 0, "a": 5, "b": 5}),
        ([at("root", 0, 10), at("a", 0, 4, "root"), at("b", 2, 8, "a")], {ITSELF: 2, "a": 2, "b": 6}),
        ([at("root", 0, 10), at("late", 5, 30, "root")], {ITSELF: 5, "late": 5}),
        ([at("root", 0, 10), at("a", 1, 3, "root"), at("a", 3, 5, "root", "a2")], {ITSELF: 6, "a": 4}),
        ([at("root", 0, 10), at("f", 1, 9, "root"), at("f", 2, 8, "f", "f2")], {ITSELF: 2, "f": 8}),
        ([at("root", 0, 10), at("lost", 2, 4, "nobody")], {ITSELF: 10}),
    ],
)
def test_a_moment_belongs_to_the_innermost_stages_that_are_open(spans: list[StageSpan], own: dict[str, float]) -> None:
    rows = [row for row in staged(spans) if row.subject == "root"]
    assert {row.stage: row.own_ms for row in rows} == pytest.approx(own)
    assert sum(row.own_ms for row in rows) == pytest.approx(10)


def test_repeated_and_circular_ids_end(bench: Workbench) -> None:
    twins = [at("root", 0, 10)] + [at("a", 1, 2, "root", "same"), at("a", 1, 2, "same", "same")] * 20
    assert sum(row.share for row in staged(twins) if row.subject == "root") == pytest.approx(1.0)
    assert staged([at("a", 0, 1, "b"), at("b", 0, 1, "a")]) == []
    assert stages(bench.store, []) == []


def test_steps_of_a_generator_are_one_call(bench: Workbench, traced: Trace) -> None:
    @timed("rows")
    def rows() -> object:
        for number in range(4):
            time.sleep(0.005)
            yield number

    def consume() -> None:
        with request("import"):
            for _ in rows():  # type: ignore[attr-defined]
                with timed("store"):
                    time.sleep(0.01)

    found = by_stage(stages(bench.store, [traced(consume)]))
    assert (found["rows"].calls, found["store"].calls) == (1, 4)
    assert 18 < found["rows"].own_ms < 35 < found["store"].own_ms


def test_the_slowest_of_many_like_things_before_and_after(bench: Workbench, traced: Trace) -> None:
    base = [traced(lambda: asyncio.run(validate())) for _ in range(4)]
    other = [traced(lambda: asyncio.run(validate(6.0)), "slow") for _ in range(4)]
    found = {row.stage: row for row in slowest_stages(bench.store, base, "gate.*", other)}
    assert next(iter(found)) == "gate.consent"
    assert (found["gate.pii"].verdict, found["gate.hipaa"].verdict in ("same", "inconclusive")) == ("slower", True)
    assert found["gate.pii"].lo is not None and 1.5 < found["gate.pii"].lo < 3.6
    assert {row.stage for row in slowest_stages(bench.store, base, "module=gd*")} == {"gate.pii", "gate.consent"}
    with pytest.raises(UsageError, match="names no stages"):
        slowest_stages(bench.store, base, "=x")


def test_one_run_a_side_decides_nothing(bench: Workbench, traced: Trace) -> None:
    base, other = traced(lambda: asyncio.run(validate())), traced(lambda: asyncio.run(validate(3.0)), "slow")
    assert {row.verdict for row in slowest_stages(bench.store, [base], "gate.*", [other])} == {"inconclusive"}


def test_awaited_one_after_another_is_found_and_side_by_side_is_not(bench: Workbench, traced: Trace) -> None:
    run = traced(lambda: asyncio.run(validate()))
    [finding] = [found for found in rules.find(bench.store, [run]) if found.rule == "sequential-awaits"]
    assert finding.title == "3 calls of gate.*, one after another, in one_after_another"
    assert finding.saves_ms == pytest.approx(60, abs=12)
    assert finding.file == "tests/analyses/test_stages.py"


def test_functions_that_compute_one_after_another_are_nobodys_fault(bench: Workbench, traced: Trace) -> None:
    def computes() -> None:
        with request("report"):
            for _ in range(8):
                load()

    run = traced(computes)
    assert sequences(bench.store, [run]) == []
    assert rules.find(bench.store, [run]) == []


def test_a_dominating_stage_is_named(bench: Workbench, traced: Trace) -> None:
    def pipeline(parse_s: float) -> None:
        with request("import"):
            for name, seconds in (("read", 0.01), ("parse", parse_s), ("store", 0.02)):
                with timed(name):
                    time.sleep(seconds)

    [finding] = rules.find(bench.store, [traced(lambda: pipeline(0.1))])
    assert (finding.rule, finding.title) == ("dominating-stage", f"parse alone takes {finding.title.split()[3]} % of import")
    assert rules.find(bench.store, [traced(lambda: pipeline(0.02))]) == []


def test_the_command_and_its_picture(bench: Workbench, traced: Trace, tmp_path: Path) -> None:
    for _ in range(2):
        traced(lambda: asyncio.run(validate()))
    call = ["--workspace", str(bench.workspace.root)]
    shown = CliRunner().invoke(program, [*call, "stages", "base", "--like", "gate.*", "--slowest", "2"], catch_exceptions=False)
    assert shown.exit_code == 0
    assert "the newest of 2 runs" in shown.stdout and "Most of its own time: gate.consent" in shown.stdout
    found = json.loads(CliRunner().invoke(program, [*call, "stages", "base", "--like", "gate.*", "--slowest", "2", "--json"]).stdout)
    assert [row["stage"] for row in found["slowest"]] == ["gate.consent", "gate.pii"] or found["slowest"][1]["stage"] == "gate.hipaa"
    picture = tmp_path / "stages.svg"
    assert CliRunner().invoke(program, [*call, "figure", "stages", "base", "-o", str(picture)]).exit_code == 0
    assert "validate itself" in picture.read_text("utf-8")


def test_spans_of_callbacks_and_pools_are_no_stages(bench: Workbench, traced: Trace) -> None:
    def work() -> None:
        with request("GET /"), span("pool", "held"), span("loop", "handler"):
            time.sleep(0.01)

    assert [row.stage for row in stages(bench.store, [traced(work)])] == [ITSELF]


@timed
def countdown(n: int) -> int:
    return countdown(n - 1) if n else sum(range(2000))


@timed
def nested(n: int) -> int:
    return sum(countdown(depth % 4) for depth in range(n))


def test_calls_that_follow_each_other_add_up_as_if_walked_through_moment_by_moment(bench: Workbench, traced: Trace) -> None:
    def work() -> None:
        for n in range(40):
            nested(n)
        asyncio.run(validate())

    run = traced(work)
    rows, tangled = sequence_stages(bench.store, [run], CLOCK_MS)
    assert len(tangled) == 1  # the one whose gates run side by side
    assert {row.subject for row in rows} == {"nested"}
    every = bench.store.columns(COLUMNS, run_ids=[run])["trace"].tolist()
    walked = staged(bench.store.ask(QUESTION, StageSpan, run_ids=[run], tangled=every))
    told = stages(bench.store, [run])
    assert [(row.subject, row.stage, row.calls, row.waits_for) for row in told] == [
        (row.subject, row.stage, row.calls, row.waits_for) for row in walked
    ]
    for one, other in zip(told, walked, strict=True):
        assert (one.own_ms, one.total_ms, one.whole_ms) == pytest.approx((other.own_ms, other.total_ms, other.whole_ms), abs=0.005)


def test_a_run_without_spans_has_no_stages(bench: Workbench) -> None:
    assert stages(bench.store, ["nobody"]) == []


def test_a_large_trace_is_swept_in_seconds() -> None:
    spans = [at("root", 0, 100_000)] + [at(f"s{number % 7}", number, number + 0.5, "root", str(number)) for number in range(50_000)]
    began = time.process_time()
    rows = staged(spans)
    assert time.process_time() - began < 5
    assert sum(row.own_ms for row in rows) == pytest.approx(100_000)


def test_a_stage_between_many_calls_is_not_blamed_for_what_they_cost() -> None:
    load = Stage("r", "GET /items", "load", "internal", "shop/items.py", 3, 5, 1.0, 90.0, 0.7, 120.0, 1.0, "select", 130.0)
    others = [replace(load, stage=name, share=0.05, own_ms=6.0) for name in ("parse", "render")]
    select = replace(load, stage="select", kind="db", calls=40.0, share=0.2, own_ms=26.0)
    assert [finding.rule for finding in rules.judge([load, *others])] == ["dominating-stage"]
    assert rules.judge([load, *others, select]) == []


def test_a_loop_span_of_others_that_tells_no_limit_is_no_blocked_loop(bench: Workbench, tmp_path: Path) -> None:
    head = {"perfkit_trace": 2, "clock": "unix_us", "started_at": 0, "tool_version": "0", "attributes": {}}
    span = {"trace_id": "t", "parent_id": None, "kind": "loop", "started_at": 1_790_000_000_000_000, "duration_ms": 80.0, "status": "ok"}
    silent, told = {"span_id": "1", "name": "tick", "attributes": {}}, {"span_id": "2", "name": "pause", "attributes": {"limit_ms": 50.0}}
    (tmp_path / "trace.ndjson").write_text("".join(json.dumps(line) + "\n" for line in (head, {**span, **silent}, {**span, **told})))
    bench.ingest([tmp_path / "trace.ndjson"])
    found = [finding.title for finding in bench.diagnose() if finding.rule == "blocked-event-loop"]
    assert found == ["pause keeps the event loop to itself for 80 ms, once"]


def test_nothing_is_drawn_from_no_stages() -> None:
    with pytest.raises(UsageError, match="nothing to draw"):
        stages_figure([], title="Stages")

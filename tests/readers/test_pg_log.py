"""auto_explain's plans in a server's log: every kind of log says the same, and functions lead to their callers."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.workbench import Workbench
from tests.readers.plan_files import ARTEFACTS, Read, read_plans

FOLDER = ARTEFACTS / "pg_log"
STDERR = {kind: FOLDER / f"{kind}.log" for kind in ("json", "text")}


def read(path: Path) -> Read:
    return read_plans(path, "auto-explain-log")


@pytest.mark.parametrize("kind", ["json", "text"])
def test_every_kind_of_log_says_the_same(kind: str) -> None:
    stderr = read(STDERR[kind])
    assert stderr == read(FOLDER / f"{kind}.csv") == read(FOLDER / f"{kind}.json")


def test_the_duration_is_the_execution_time() -> None:
    plan = read(STDERR["json"]).plans[0]
    [duration] = [line.split("duration: ")[1].split(" ms")[0] for line in STDERR["json"].read_text().splitlines() if "duration: " in line][:1]
    assert plan["execution_ms"] == float(duration)


def test_a_statement_of_several_lines_is_kept_as_it_was_sent() -> None:
    for path in STDERR.values():
        [statement] = [plan["statement"] for plan in read(path).plans if "comment" in plan["statement"]]
        assert statement == "select count(*) from items\n  where price < 1 -- a comment: LOG:  not a line of the log\n    and name like '%a%'"


@pytest.mark.parametrize("kind", ["json", "text"])
def test_statements_in_functions_know_their_caller(kind: str) -> None:
    plans = read(STDERR[kind]).plans
    callers = [plans[plan["nested_in"]]["statement"] if plan["nested_in"] is not None else None for plan in plans]
    inner = [caller for plan, caller in zip(plans, callers, strict=True) if plan["statement"].startswith("(select count(*)")]
    assert inner == ["select sum(cheap_twice(id)) from kinds where id < 2"] * 4 + ["SELECT cheap_in(3)"]
    assert {plan["statement"]: caller for plan, caller in zip(plans, callers, strict=True)}["select id from kinds where id = 5"] is None


def test_a_foreign_keys_statements_are_nested_in_the_delete() -> None:
    plans = read(STDERR["json"]).plans
    [delete] = [plan["plan_id"] for plan in plans if plan["statement"] == "delete from parent where id < 3"]
    assert [plan["nested_in"] for plan in plans if plan["statement"].startswith("DELETE FROM ONLY")] == [delete, delete]


@pytest.mark.parametrize("prefix", ["", "%t [%p]: [7-1] user=a,db=b ", "Jan  1 10:00:00 host app[42]: "])
def test_any_prefix_will_do(prefix: str, tmp_path: Path) -> None:
    lines = STDERR["text"].read_text().splitlines(keepends=True)
    changed = [line if line.startswith("\t") else prefix + line.split("postgres@postgres ", 1)[-1] for line in lines]
    path = tmp_path / "server.log"
    path.write_text("".join(changed))
    assert read(path).nodes == read(STDERR["text"]).nodes


def test_query_parameters_are_kept(tmp_path: Path) -> None:
    text = (
        "LOG:  duration: 2.000 ms  plan:\n\tQuery Text: select * from a where b = $1\n\tQuery Parameters: $1 = 'x'\n"
        "\tSeq Scan on a  (cost=0.00..1.00 rows=1 width=4) (actual time=0.100..1.500 rows=1 loops=1)\n\t  Filter: (b = 'x'::text)\n"
    )
    path = tmp_path / "server.log"
    path.write_text(text)
    [plan] = read(path).plans
    assert (plan["statement"], plan["details"]) == ("select * from a where b = $1", {"Query Parameters": "$1 = 'x'"})
    assert plan["outside_ms"] == pytest.approx(0.5)


@pytest.mark.parametrize("path", [path for path in sorted(FOLDER.iterdir()) if path.suffix != ".md"], ids=lambda path: path.name)
def test_a_log_cut_in_its_last_plan_names_the_line_and_can_be_read_in_part(path: Path, tmp_path: Path, bench: Workbench) -> None:
    content = path.read_text(encoding="utf-8")
    cut = tmp_path / f"cut-{path.name}"
    cut.write_text(content[: content.rfind("Seq Scan") + 5], encoding="utf-8")
    with pytest.raises(ArtefactError, match=rf"{cut.name}, line \d+: .*--partial"):
        bench.ingest([cut])
    [stored] = bench.ingest([cut], partial=True)
    assert stored.rows["plans"] == len(read(path).plans) - 1
    assert bench.sql("select valid from runs")["valid"].tolist() == [False]

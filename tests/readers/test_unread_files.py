"""What no reader takes is refused with the way to something that can be read; marks of mails and tools around a plan change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfkit.errors import ArtefactError, UnknownFormat
from perfkit.model.batch import Columns
from perfkit.readers import detect, pg_log

PLAN = """Limit  (cost=0.43..8.45 rows=1 width=8) (actual time=0.025..0.026 rows=1 loops=1)
  ->  Index Scan using t_pkey on t  (cost=0.43..8.45 rows=1 width=8) (actual time=0.024..0.024 rows=1 loops=1)
        Index Cond: (id = 5)
Planning Time: 0.080 ms
Execution Time: 0.045 ms
"""
XML = """<explain xmlns="http://www.postgresql.org/2009/explain">
  <Query>
    <Plan>
      <Node-Type>Seq Scan</Node-Type>
"""
YAML = """- Plan:
    Node Type: "Seq Scan"
    Parallel Aware: false
"""
LOGGED = """2024-03-01 10:00:00.123 UTC [123] LOG:  duration: 24.500 ms  plan:
\tQuery Text: select * from orders where customer = 7
\tSeq Scan on orders  (cost=0.00..5853.00 rows=3 width=34) (actual time=0.012..24.310 rows=3 loops=1)
\t  Filter: (customer = 7)
2024-03-01 10:00:01.123 UTC [123] LOG:  checkpoint starting: time
"""


def framed(text: str) -> str:
    """As psql's aligned format prints a document of several lines."""
    lines = [f" {line:<60}+" for line in text.splitlines()]
    return "\n".join([f"{'QUERY PLAN':^62}", "-" * 62, *lines[:-1], lines[-1][:-1], "(1 row)", ""])


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "pasted.txt"
    path.write_text(text, encoding=encoding)
    return path


def nodes(path: Path) -> list[tuple[object, object]]:
    [found] = [batch for batch in detect(path).read(path) if isinstance(batch, Columns) and batch.table == "plan_nodes"]
    return list(zip(found.columns["node_type"], found.columns["parent_id"], strict=True))


@pytest.mark.parametrize("text", [XML, framed(XML), YAML, framed(YAML)], ids=["xml", "framed xml", "yaml", "framed yaml"])
def test_plans_as_xml_and_yaml_are_refused_with_the_statement_to_run(text: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match=r"as (XML|YAML) is not read\. Run EXPLAIN \(ANALYZE, BUFFERS, FORMAT JSON\) instead"):
        detect(written(tmp_path, text))


@pytest.mark.parametrize("text", [XML, YAML.removeprefix("- ")], ids=["xml", "yaml"])
def test_logged_plans_as_xml_and_yaml_are_refused_with_the_setting(text: str, tmp_path: Path) -> None:
    log = LOGGED.splitlines(keepends=True)[0] + "".join(f"\t{line}" for line in text.splitlines(keepends=True))
    with pytest.raises(ArtefactError, match=r"line 1: .* set auto_explain\.log_format = json"):
        list(pg_log.read(written(tmp_path, log)))


def test_text_as_powershell_redirects_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match="UTF-16"):
        detect(written(tmp_path, PLAN, "utf-16"))


def test_plans_of_mysql_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match="MySQL"):
        detect(written(tmp_path, "| id | select_type | table  | type |\n|  1 | SIMPLE      | orders | ALL  |\n"))


@pytest.mark.parametrize(
    "pasted",
    [
        "Bob wrote:\n\n" + "".join(f"> {line}\n" for line in PLAN.splitlines()),
        "".join(f">> {line}\n" for line in PLAN.splitlines()),
        f"The plan:\n\n```text\n{PLAN}```\nCould you look?\n",
    ],
    ids=["answered", "answered twice", "markdown"],
)
def test_a_plan_out_of_a_mail_is_the_plan(pasted: str, tmp_path: Path) -> None:
    assert nodes(written(tmp_path, pasted)) == [("Limit", None), ("Index Scan", 0)]


def test_the_log_of_a_container_is_the_log(tmp_path: Path) -> None:
    inside = "".join(f"db-1  | {line}" for line in LOGGED.splitlines(keepends=True))
    assert nodes(written(tmp_path, inside)) == [("Seq Scan", None)]


@pytest.mark.parametrize(
    ("begins", "instead"),
    [
        (
            '<?xml version="1.0" standalone="no"?><!DOCTYPE svg PUBLIC "x" "y"><svg version="1.1"><!--Flame graph stack visualization.--></svg>',
            "--format raw",
        ),
        ("<!DOCTYPE html><html><head><title>pyinstrument</title></head></html>", "-r json"),
        ("v8-version,11,3,244,8,-node.30,0\n", "--cpu-prof"),
        ('{"snapshot":{"meta":{"node_fields":["type","name"]}}}', "--heap-prof"),
        (
            "Filename: a.py\n\nLine #    Mem usage    Increment  Occurrences   Line Contents\n=====\n     3   43.2 MiB   43.2 MiB   1   @profile\n",
            "mprof run",
        ),
        ("         197 function calls (192 primitive calls) in 0.002 seconds\n\n   Ordered by: standard name\n", "cProfile -o"),
        ("PERFILE2h\0\0\0", "perf script"),
        ("go 1.19 trace\0\0\0", "go tool trace -pprof"),
        ("FLR\0\0\2", "jfrconv"),
        ("version: 1\ncreator: xdebug 3.1.2 (PHP 8.1.2)\nevents: Time_(10ns)\n\nfl=(1) php:internal\nfn=(1) php::strlen\n", "cProfile"),
    ],
    ids=["flame graph", "report", "v8 log", "heap snapshot", "lines of memory", "printed table", "perf.data", "Go trace", "JFR", "callgrind"],
)
def test_what_profilers_leave_beside_their_profiles_is_refused_with_what_to_give_instead(begins: str, instead: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match=instead):
        detect(written(tmp_path, begins))

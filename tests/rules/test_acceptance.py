"""An accepted finding is known again after lines moved, counts changed and commits passed; another problem is not taken for it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from perfkit.analyses.known_runs import Selection
from perfkit.errors import UsageError
from perfkit.model.finding import Finding
from perfkit.model.run import Manifest
from perfkit.rules.acceptance import accept, not_accepted, read, take_back
from perfkit.rules.drafts import draft
from perfkit.workbench import Workbench

SHOP = """
from sqlalchemy import create_engine, text
from perfkit.trace import record, span
from perfkit.trace.sqlalchemy import install
{moved}
def price(connection, item):
    return connection.execute(text("select price from prices where {column} = :item"), {{"item": item}}).scalar()

engine = create_engine("sqlite://")
with engine.begin() as connection:
    connection.execute(text("create table prices (item integer, shop integer, price integer)"))
install(engine)
with record("trace.ndjson"), engine.connect() as connection:
    with span("internal", "nightly prices"):
        for item in range({items}):
            price(connection, item)
"""
TODAY = date(2026, 1, 31)


def shop_findings(bench: Workbench, folder: Path, commit: str, **how: object) -> list[Finding]:
    """What is found in a script of its own process."""
    folder.mkdir()
    (folder / "shop.py").write_text(SHOP.format(**({"moved": "", "items": 8, "column": "item"} | how)))
    subprocess.run([sys.executable, "shop.py"], cwd=folder, check=True, env={"PYTHONPATH": str(Path.cwd())})
    [stored] = bench.ingest([folder / "trace.ndjson"], Manifest(label="script", commit=commit))
    return bench.diagnose(Selection(run_ids=(stored.run_id,)))


def made(title: str = "8 things", place: str = "shop/a.py:12", rule: str = "slow", cause: str = "", subject: str | None = "GET /a") -> Finding:
    return draft(rule, "r", title=title, place=place, cause=cause, subject=subject, saving_basis="b", remedy="m", effort="LOW")


def test_a_moved_line_another_count_and_another_commit_are_the_same_problem(bench: Workbench, tmp_path: Path) -> None:
    [first] = shop_findings(bench, tmp_path / "first", "a1")
    [moved] = shop_findings(bench, tmp_path / "second", "b2", moved="\n\n# a comment\n", items=30)
    assert (first.subject, first.rule, first.file) == ("nightly prices", "n-plus-one", "shop.py")
    assert (first.line, first.title) != (moved.line, moved.title)
    assert first.identity == moved.identity
    [other] = shop_findings(bench, tmp_path / "third", "c3", column="shop")
    assert other.identity != first.identity


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (made(), made("9 things", "shop/a.py:340"), True),
        (made(place="Seq Scan on items (plan 3, node 14)"), made(place="Seq Scan on items (plan 0, node 2)"), True),
        (made(), made(place="shop/b.py:12"), False),
        (made(), made(rule="other"), False),
        (made(), made(subject="GET /b"), False),
        (made(cause="load"), made(cause="save"), False),
    ],
)
def test_without_a_statement_the_rule_the_place_and_the_endpoint_decide(one: Finding, two: Finding, same: bool) -> None:
    assert (one.identity == two.identity) is same


def test_what_was_accepted_is_read_again_and_can_be_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "perfkit-accepted.yml"
    assert read(path) == []
    added = accept(path, [made(), made("again", "shop/a.py:99")], "known since May: “legacy”", TODAY)
    assert [(entry.identity, entry.reason, entry.accepted_on) for entry in read(path)] == [(made().identity, "known since May: “legacy”", TODAY)]
    assert added == read(path) and accept(path, [made()], "another reason", TODAY) == []
    assert not_accepted([made(), made(rule="other")], read(path)) == [made(rule="other")]
    assert path.read_text("utf-8").startswith("# Findings that were looked at")
    assert take_back(path, [made().identity]) == added and read(path) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("accepted: [", "cannot be read"),
        ("- 1", "not a list of accepted findings"),
        ("accepted: {a: b}", "not a list of accepted findings"),
        ("accepted: [{identity: x}]", "entry 1 must have the keys identity, rule"),
        ("accepted: [{identity: x, rule: r, place: p, title: t, reason: r, accepted_on: soon}]", "accepted_on must be a date"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_fault(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "perfkit-accepted.yml"
    path.write_text(text)
    with pytest.raises(UsageError, match=complaint):
        read(path)


def test_taking_back_what_is_not_there_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "perfkit-accepted.yml"
    accept(path, [made()], "why", TODAY)
    with pytest.raises(UsageError, match="has no entry nothing"):
        take_back(path, [made().identity, "nothing"])
    assert len(yaml.safe_load(path.read_text())["accepted"]) == 1
    assert [item.name for item in tmp_path.iterdir()] == ["perfkit-accepted.yml"]

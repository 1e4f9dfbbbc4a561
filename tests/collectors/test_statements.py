"""Semicolons in quotes divide nothing, and what cannot be undone is refused."""

from __future__ import annotations

import pytest

from perfkit.collectors.statements import explainable, statements_in
from perfkit.errors import UsageError

FILE = """\
-- name: cats; and dogs
select 'a;b', "c;d", E'it\\'s;', $tag$ x; $$ y $tag$ from cats; -- the end;
/* nothing;
   here */
;
-- name: second
select $1;
select 'it''s'
"""


def test_a_file_is_divided_at_semicolons_outside_quotes_and_comments() -> None:
    found = statements_in(FILE)
    assert [statement.splitlines()[0] for statement in found] == ["-- name: cats; and dogs", "-- name: second", "select 'it''s'"]
    assert len(found) == 3


@pytest.mark.parametrize(
    "sql",
    [
        "select 1;",
        "  ( select 1 ) union select 2",
        "/* x */ with a as (select 1) table a",
        "values (1)",
        "merge into a using b on true when matched then delete",
    ],
)
def test_statements_that_a_rollback_undoes_are_taken(sql: str) -> None:
    assert explainable(sql) == sql.strip().removesuffix(";")


@pytest.mark.parametrize(
    "sql",
    [
        *("vacuum", "create database x", "drop table cats", "copy cats to program 'rm x'", "begin", "commit", "rollback", "set x = 1"),
        *(
            "truncate cats",
            "select 1; select 2",
            "select 1; commit",
            "",
            "-- nothing",
            "do $$ begin end $$",
            "call f()",
            "explain select 1",
        ),
        *("select 'open", "select $$ open", "select 1 /* open", "/* a /* b */ vacuum */ select 1", "prepare x as select 1", "42"),
    ],
)
def test_everything_else_is_refused(sql: str) -> None:
    with pytest.raises(UsageError):
        explainable(sql)

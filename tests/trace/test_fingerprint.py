"""What differs only in values is one statement; what differs in shape is not."""

from __future__ import annotations

import pytest

from perfkit.trace.fingerprint import describe, normalise, pattern

SAME = [
    ("SELECT a FROM t WHERE id = 1", "select a\n  from t where id = 42 -- hot"),
    ("select * from t where id in (1, 2, 3)", "select * from t where id in (%(id_1)s, %(id_2)s)"),
    ("select * from t where id in (%(a)s::INTEGER, %(b)s::INTEGER)", "select * from t where id in (%(a)s::INTEGER)"),
    ("insert into t (a, b) values (1, 'x')", "INSERT INTO t (a,b) VALUES ($1, $2), ($3, $4)"),
    ("select 'it''s' /* why */, 1.5e3", "select E'\\'', $tag$ from x $tag$"),
    ("select :name", "select ?"),
]
DIFFERENT = [
    ("select a from t1", "select a from t2"),
    ("select a::text from t", "select a::int from t"),
    ('select "A" from t', 'select "a" from t'),
    ("select a from t where b = 1", "select a from t where c = 1"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_values_comments_case_and_space_do_not_matter(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_shape_matters(one: str, other: str) -> None:
    assert describe(one)[1] != describe(other)[1]


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("/* x */ SELECT p.id FROM personas AS p", "SELECT personas"),
        ("insert into traits values (1)", "INSERT traits"),
        ("update only seats set a = 1", "UPDATE seats"),
        ("with a as (select 1 from b) select * from a", "WITH b"),
        ("", "statement"),
    ],
)
def test_a_statement_is_called_by_its_verb_and_table(statement: str, name: str) -> None:
    assert describe(statement)[0] == name


@pytest.mark.parametrize(
    ("key", "collapsed"),
    [
        ("user:42:page:3", "user:{id}:page:{id}"),
        ("session:0b9f3c1e-8f0e-4c4e-9f57-0d6c1f2a3b4c", "session:{id}"),
        ("v2:dashboard", "v2:dashboard"),
    ],
)
def test_identifiers_collapse_in_keys(key: str, collapsed: str) -> None:
    assert pattern(key) == collapsed

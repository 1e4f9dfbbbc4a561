"""What differs only in values is one statement; what differs in shape is not."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from benchmarks.fingerprints import statements
from perfkit.trace.fingerprint import describe, fingerprint_of, normalise, pattern

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

WITHOUT_A_DRIVER = [
    ("select a from t where b = $1 and c = $2", "select a from t where b = %(b_1)s and c = %(c_1)s"),
    ("select a from t where b = ? and c in (?, ?, ?)", "select a from t where b = :b and c in (:c)"),
    ("select a from t where b = 'it''s ? %s :x'", "select a from t where b = %s"),
    ("select a->>'k' from t where d ? 'key' and e @> '{}'::jsonb", "select a->>'j' from t where d ? 'other' and e @> '[]'::jsonb"),
    ("/* trace='00-a' */ select a from t x -- it's hot", "select a from t AS x"),
    ("select a from one.t12 x where b::text = 'a'", "select a from two.t13 x where b::text = 'b'"),
    ("select `a` from `t` limit 1, 2", "select `a` from `t` limit ?, ?"),
    ("pragma table_info('a')", "PRAGMA table_info('b')"),
]
SAME_ALIAS = [
    ("select t.a from accounts as t", "select t.a from orders as t"),
    ("select x.a from z as x, accounts t where t.id = x.id", "select x.a from z as x, orders t where t.id = x.id"),
    ("update accounts t set a = 1", "update orders t set a = 1"),
    ("select a from x where id in (select id from accounts t)", "select a from x where id in (select id from orders t)"),
]
"""The grammar's own fingerprint takes these for one."""


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


@pytest.mark.parametrize(("one", "other"), [*SAME, *WITHOUT_A_DRIVER])
def test_equal_statements_have_one_fingerprint(one: str, other: str) -> None:
    assert fingerprint_of(one) == fingerprint_of(other)


@pytest.mark.parametrize(("one", "other"), [*DIFFERENT, *SAME_ALIAS])
def test_other_statements_have_another(one: str, other: str) -> None:
    assert fingerprint_of(one) != fingerprint_of(other)


@pytest.mark.parametrize("text", ["", "select '", "select \x00", "\ud800", "select (((", "insert into", "?" * 50, "e'\\", "(" * 20_000])
def test_no_text_is_too_odd_for_a_fingerprint(text: str) -> None:
    assert re.fullmatch("[0-9a-f]{16}", describe(text)[1])


def test_without_the_grammar_statements_are_still_told_apart() -> None:
    probe = (
        "import sys; sys.modules['pglast'] = sys.modules['pglast.parser'] = None\n"
        "from perfkit.trace.fingerprint import fingerprint_of as f\n"
        "print(f('select a from t where b = 1') == f('select a from t where b = ?'), f('select a from t') == f('select a from u'))"
    )
    assert subprocess.check_output([sys.executable, "-c", probe], text=True).split() == ["True", "False"]


def test_sixty_shapes_are_sixty_groups() -> None:
    groups: dict[str, set[int]] = {}
    for shape, text in statements(1500):
        groups.setdefault(fingerprint_of(text), set()).add(shape)
    assert sorted(min(shapes) for shapes in groups.values()) == list(range(60))
    assert all(len(shapes) == 1 for shapes in groups.values())

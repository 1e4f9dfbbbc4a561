"""Every driver's placeholders become numbered ones, and nothing else does."""

from __future__ import annotations

import pytest

from perfkit.collectors.placeholders import numbered, values_of
from perfkit.collectors.postgres_server import as_literal
from perfkit.collectors.statements import Statement, described, modifies
from perfkit.errors import UsageError


@pytest.mark.parametrize(
    ("sql", "text", "names"),
    [
        ("select 1", "select 1", ()),
        ("select $2, $1", "select $2, $1", ("1", "2")),
        ("select %s, '%s', %s -- %s", "select $1, '%s', $2 -- %s", ("1", "2")),
        ("a = %(x)s::INTEGER and b = %(y)s or c = %(x)s", "a = $1::INTEGER and b = $2 or c = $1", ("x", "y")),
        ("a like 'x%%' and b %% 2 = %s", "a like 'x%' and b % 2 = $1", ("1",)),
        ("a like 'x%%' and b % 2 = 0", "a like 'x%%' and b % 2 = 0", ()),
        ("a = :x and b::int = :y and c[1:2] = '{:z}'", "a = $1 and b::int = $2 and c[1:2] = '{:z}'", ("x", "y")),
        ("a = ? and b in (?, ?) limit ?", "a = $1 and b in ($2, $3) limit $4", ("1", "2", "3", "4")),
        ("data ? 'key' and data ?| array['a'] and data ?& array['b']", "data ? 'key' and data ?| array['a'] and data ?& array['b']", ()),
        ("data ? %s and data ?| %s", "data ? $1 and data ?| $2", ("1", "2")),
        ('select $$ ? $1 $$, $tag$ :x $tag$, "a?"', 'select $$ ? $1 $$, $tag$ :x $tag$, "a?"', ()),
        ("a = @x and b = $y", "a = $1 and b = $2", ("x", "y")),
        ("a = any(?::int[]) and b = ?", "a = any($1::int[]) and b = $2", ("1", "2")),
        ("a <@b and c @@to_tsquery('x') and d = {'e':f} and g[1:h]", "a <@b and c @@to_tsquery('x') and d = {'e':f} and g[1:h]", ()),
        ("case when a=? then ? else ? end", "case when a=$1 then $2 else $3 end", ("1", "2", "3")),
    ],
)
def test_placeholders_are_numbered(sql: str, text: str, names: tuple[str, ...]) -> None:
    found = numbered(sql)
    assert found.text == text and found.names == names


def test_sqlite_numbers_them_with_its_own_mark() -> None:
    assert numbered("a = :x and b = ?", "?").text == "a = ?1 and b = ?"
    assert numbered("a = ? and b = ?", "?").text == "a = ?1 and b = ?2"
    assert numbered("a = ?2 and b = ?1", "?").names == ("1", "2")


def test_values_come_by_position_or_by_name() -> None:
    assert values_of(Statement("", values=[1, 2]), ("1", "2")) == [1, 2]
    assert values_of(Statement("", values={"y": 1, "x": 2, "more": 3}), ("x", "y")) == [2, 1]
    assert values_of(Statement(""), ("x",)) is None and values_of(Statement(""), ()) == []
    for values, names in (([1], ("1", "2")), ({"x": 1}, ("x", "y")), ([1], ())):
        with pytest.raises(UsageError):
            values_of(Statement("select 1", values=values), names)


def test_values_are_written_as_literals_of_unknown_type() -> None:
    given = [None, 3, 2.5, True, "o'k", [1, None, 'a,"b"'], [[1], [2]], {"a": [1]}]
    assert [as_literal(value) for value in given] == [
        *(None, "3", "2.5", "true", "o'k"),
        *('{"1",null,"a,\\"b\\""}', '{{"1"},{"2"}}', '{"a": [1]}'),
    ]


def test_comments_name_a_statement_and_give_its_values() -> None:
    found = described("-- name: late orders \n-- params: {\"day\": 3}\nselect '-- name: x' where a = :day")
    assert found.name == "late orders" and found.values == {"day": 3}
    for wrong in ("-- params: [1\nselect 1", "-- params: 7\nselect 1"):
        with pytest.raises(UsageError):
            described(wrong)


@pytest.mark.parametrize(
    ("sql", "changes"),
    [
        ("select 'delete from x' from t for update", False),
        ("with a as (select 1) select * from a -- update", False),
        ("with a as (delete from t returning *) select * from a", True),
        ("/* x */ insert into t values (1)", True),
        ("merge into a using b on true when matched then delete", True),
        ("table updates", False),
        ("with a as (select 1 from t for update) select * from a", False),
        ("with a as (update t set b = 1 returning *) select * from a", True),
    ],
)
def test_changes_are_told_from_questions(sql: str, changes: bool) -> None:
    assert modifies(sql) is changes

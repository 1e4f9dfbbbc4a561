"""Conditions that compare with no value, such as `deleted_at is null`: what a partial index can leave to its where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from perfkit.rules.plans.conditions import quoted


@dataclass(frozen=True, slots=True)
class Predicate:
    """One such condition."""

    text: str
    columns: tuple[str, ...]


def predicates_of(condition: str) -> list[Predicate]:
    """Those that hold for every row that the condition keeps; empty where it is no SQL, as with sub-plans."""
    from pglast import parse_sql
    from pglast.parser import ParseError

    try:
        statement: Any = parse_sql(f"select 1 where {condition}")[0].stmt if condition else None
    except ParseError:
        return []
    parts = _conjuncts(statement.whereClause) if statement else ()
    return [predicate for part in parts if (predicate := _predicate(part)) is not None]


def _conjuncts(tree: Any) -> Iterator[Any]:
    from pglast import ast, enums

    if type(tree) is ast.BoolExpr and tree.boolop == enums.BoolExprType.AND_EXPR:
        for part in tree.args or ():
            yield from _conjuncts(part)
    else:
        yield tree


def _predicate(tree: Any) -> Predicate | None:
    from pglast import ast, enums

    kind, column = type(tree), tree
    words = "{}"
    if kind is ast.BoolExpr and tree.boolop == enums.BoolExprType.NOT_EXPR:
        words, column = "not {}", tree.args[0]
    elif kind is ast.NullTest:
        words = "{} is null" if tree.nulltesttype == enums.NullTestType.IS_NULL else "{} is not null"
        column = tree.arg
    if not isinstance(column, ast.ColumnRef):
        return None
    return Predicate(words.format(_name(column)), (_name(column),))


def _name(reference: Any) -> str:
    return quoted(str(getattr(reference.fields[-1], "sval", "*")))

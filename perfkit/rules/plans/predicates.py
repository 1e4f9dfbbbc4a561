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
        clause = parse_sql(f"select 1 where {condition}")[0].stmt.whereClause if condition else None
    except ParseError:
        return []
    return [predicate for part in _conjuncts(clause) if (predicate := _predicate(part)) is not None]


def _conjuncts(tree: Any) -> Iterator[Any]:
    from pglast import ast, enums

    if isinstance(tree, ast.BoolExpr) and tree.boolop == enums.BoolExprType.AND_EXPR:
        for part in tree.args:
            yield from _conjuncts(part)
    elif tree is not None:
        yield tree


def _predicate(tree: Any) -> Predicate | None:
    from pglast import ast, enums

    if isinstance(tree, ast.ColumnRef):
        return Predicate(_name(tree), (_name(tree),))
    if isinstance(tree, ast.BoolExpr) and tree.boolop == enums.BoolExprType.NOT_EXPR and isinstance(tree.args[0], ast.ColumnRef):
        return Predicate(f"not {_name(tree.args[0])}", (_name(tree.args[0]),))
    if isinstance(tree, ast.NullTest) and isinstance(tree.arg, ast.ColumnRef):
        words = "is null" if tree.nulltesttype == enums.NullTestType.IS_NULL else "is not null"
        return Predicate(f"{_name(tree.arg)} {words}", (_name(tree.arg),))
    return None


def _name(reference: Any) -> str:
    return quoted(str(getattr(reference.fields[-1], "sval", "*")))

"""Which index there is already: what it covers need not be tried, let alone advised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from perfkit.model.index import IndexKey, IndexShape


@dataclass(frozen=True, slots=True)
class Existing:
    """An index of the server, its parts as the server prints them."""

    name: str
    method: str
    predicate: str | None
    keys: tuple[IndexKey, ...]


def covering(shape: IndexShape, existing: Sequence[Existing]) -> Existing | None:
    """The first index that serves everything the shape would."""
    return next((index for index in existing if covers(index, shape)), None)


def covers(index: Existing, shape: IndexShape) -> bool:
    """The same method and rows, and the shape's keys at the beginning: those of equality in any order, the others as they stand."""
    if index.method != shape.method or canonical(index.predicate) not in {"", canonical(shape.predicate)}:
        return False
    there, wanted = [_plain(key) for key in index.keys], [_plain(key) for key in shape.keys]
    if index.method != "btree":
        return {key.written for key in wanted} <= {key.written for key in there}
    equal = [key for key in wanted if key.equal]
    rest = wanted[len(equal) :]
    if {key.written for key in equal} != {key.written for key in there[: len(equal)]}:
        return False
    follow = there[len(equal) : len(wanted)]
    forward, backward = [_ordered(key) for key in follow], [_ordered(key, backward=True) for key in follow]
    return [_ordered(key) for key in rest] in (forward, backward)


def most_selective_first(shape: IndexShape, distinct: Mapping[str, float]) -> IndexShape:
    """The keys of equality by how many values they have; which are unknown keep their place behind."""
    equal = [key for key in shape.keys if key.equal]
    rest = [key for key in shape.keys if not key.equal]
    return replace(shape, keys=(*sorted(equal, key=lambda key: -distinct.get(key.text.strip('"'), 0.0)), *rest))


def canonical(expression: str | None) -> str:
    """The expression as one parser prints it, without the casts of texts to text that servers add; empty for none."""
    from pglast import parse_sql
    from pglast.parser import ParseError
    from pglast.stream import RawStream

    if not expression:
        return ""
    try:
        statement: Any = parse_sql(f"select {expression}")[0].stmt
    except ParseError:
        return expression
    return str(RawStream()(_uncast(statement.targetList[0].val)))


def _uncast(tree: Any) -> Any:
    from pglast import ast

    kind = type(tree)
    if kind is ast.TypeCast and type(tree.arg) is ast.A_Const and tree.typeName.names[-1].sval == "text":
        return tree.arg
    if kind in {tuple, list}:
        return tuple(_uncast(item) for item in tree)
    if issubclass(kind, ast.Node):
        return kind(**{name: _uncast(getattr(tree, name)) for name in tree.__slots__ if name != "location"})
    return tree


def _plain(key: IndexKey) -> IndexKey:
    return replace(key, text=canonical(key.text))


def _ordered(key: IndexKey, *, backward: bool = False) -> tuple[str, str | None, bool, bool]:
    """The key and where its order begins, read from the other end if asked."""
    nulls_first = key.nulls == "first" if key.nulls else key.descending
    return key.text, key.operator_class, key.descending != backward, nulls_first != backward

"""A statement for SQLite → what it compares and sorts by, table by table. PostgreSQL's grammar reads most of them; of the rest nothing is known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

How = Literal["equality", "range", "like"]

FOREIGN = re.compile(
    r"(?P<kept>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/)|`(?P<tick>[^`]*)`|\[(?P<bracket>[A-Za-z_][\w ]*)\]"
    r"|(?P<parameter>\?\d*|(?<![:\w])[:@$][A-Za-z_]\w*|%s|%\(\w+\)s)|(?P<same>==)|(?P<hint>\bindexed\s+by\s+\w+|\bnot\s+indexed\b)",
    re.DOTALL | re.IGNORECASE,
)
RANGES = frozenset({"<", ">", "<=", ">="})
STATEMENTS = frozenset({"SelectStmt", "UpdateStmt", "DeleteStmt"})
Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison that every row must pass."""

    source: str
    """The table's name in the statement: its alias where it has one."""
    expression: str
    """A column, or a function of one."""
    how: How
    joins: bool
    """True: it is compared with a column of another table."""
    pattern: str | None = None
    """Of a LIKE, where it is written out."""


@dataclass
class Asked:
    """All of a statement, its subqueries included."""

    tables: dict[str, str | None] = field(default_factory=dict)
    """By alias; None is a subquery."""
    derived: set[str] = field(default_factory=set)
    """Names that WITH gives."""
    terms: list[Term] = field(default_factory=list)
    alternatives: list[Term] = field(default_factory=list)
    """Comparisons between OR, where every side of it is one."""
    extremes: list[tuple[str | None, str]] = field(default_factory=list)
    """Source and column of min() and max()."""
    keys: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    """Per purpose, ORDER BY, GROUP BY or DISTINCT: what each SELECT sorts by, where it is columns alone."""

    def terms_on(self, source: str) -> list[Term]:
        """Comparisons of one table, equality first."""
        own = [term for term in self.terms if term.source == source.lower()]
        return sorted(own, key=lambda term: ("equality", "range", "like").index(term.how))


@lru_cache(maxsize=256)
def asked_of(statement: str) -> Asked | None:
    """None when the grammar does not read it."""
    import pglast

    try:
        parsed = pglast.parse_sql(FOREIGN.sub(_translated, statement))
        trees = [raw(skip_none=True) for raw in parsed]
    except (pglast.parser.ParseError, RecursionError):
        return None
    asked = Asked()
    for node in (node for tree in trees for node in _nodes(tree)):
        if node.get("@") == "CommonTableExpr":
            asked.derived.add(node["ctename"])
        elif node.get("@") in STATEMENTS:
            _read_scope(node, asked)
    return asked


def _translated(match: re.Match[str]) -> str:
    if match["kept"] is not None:
        return match["kept"]
    if match["hint"]:
        return " "
    name = match["tick"] or match["bracket"]
    return f'"{name}"' if name else "=" if match["same"] else " $1 "


def _nodes(tree: Any) -> Iterator[Tree]:
    waiting = [tree]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting += reversed([value for value in found.values() if isinstance(value, dict | list | tuple)])
        elif isinstance(found, list | tuple):
            waiting += reversed(found)


def _read_scope(scope: Tree, asked: Asked) -> None:
    tables, conditions = _sources([*scope.get("fromClause", ()), *scope.get("usingClause", ()), *filter(None, [scope.get("relation")])])
    asked.tables |= tables
    conditions += [scope["whereClause"]] if scope.get("whereClause") else []
    for part in (part for condition in conditions for part in _conjuncts(condition)):
        asked.terms += _terms(part, tables)
        asked.alternatives += _alternatives(part, tables)
    outputs = [target.get("val", {}) for target in scope.get("targetList", ()) if target.get("@") == "ResTarget"]
    asked.extremes += _extremes(outputs, tables)
    keys = {
        "ORDER BY": [_sort_key(item, outputs) for item in scope.get("sortClause", ())],
        "GROUP BY": [_column(_output(item, outputs)) for item in scope.get("groupClause", ())],
        "DISTINCT": [_column(output) for output in outputs] if "distinctClause" in scope else [],
    }
    for purpose, columns in keys.items():
        if columns and all(columns):
            asked.keys.setdefault(purpose, []).append(tuple(column for column in columns if column))


def _sources(items: Sequence[Tree]) -> tuple[dict[str, str | None], list[Tree]]:
    """Tables of a FROM with the conditions of its joins."""
    tables: dict[str, str | None] = {}
    conditions: list[Tree] = []
    waiting = list(items)
    while waiting:
        item = waiting.pop()
        if item.get("@") == "JoinExpr":
            waiting += [item["larg"], item["rarg"]]
            conditions += [item["quals"]] if item.get("quals") else []
        else:
            alias = item.get("alias", {}).get("aliasname") or item.get("relname")
            if alias:
                tables[alias.lower()] = item.get("relname")
    return tables, conditions


def _conjuncts(condition: Tree) -> Iterator[Tree]:
    if condition.get("@") == "BoolExpr" and condition["boolop"]["name"] == "AND_EXPR":
        for part in condition["args"]:
            yield from _conjuncts(part)
    else:
        yield condition


def _terms(condition: Tree, tables: Mapping[str, str | None]) -> Iterator[Term]:
    """Of both sides, where they are columns or functions of one."""
    sides, how = _compared(condition)
    if how is None:
        return
    pattern = _text(sides[-1]) if how == "like" else None
    used = [{_source(node, tables) for node in _nodes(side) if node.get("@") == "ColumnRef"} for side in sides]
    for number, side in enumerate(sides):
        source, expression = _source(side, tables), _expression(side)
        others = set().union(*(sources for at, sources in enumerate(used) if at != number))
        if source in tables and expression and not (how == "like" and number):
            yield Term(str(source), expression, how, joins=bool(others - {source}), pattern=pattern)


def _alternatives(condition: Tree, tables: Mapping[str, str | None]) -> list[Term]:
    """The comparisons of an OR; none when one side has none, as then no index serves."""
    if condition.get("@") != "BoolExpr" or condition["boolop"]["name"] != "OR_EXPR":
        return []
    sides = [[term for part in _conjuncts(side) for term in _terms(part, tables)] for side in condition["args"]]
    return [side[0] for side in sides] if all(sides) else []


def _extremes(outputs: Sequence[Tree], tables: Mapping[str, str | None]) -> Iterator[tuple[str | None, str]]:
    for output in outputs:
        column = _column(output["args"][0]) if output.get("@") == "FuncCall" and len(output.get("args", ())) == 1 else None
        if column and output["funcname"][-1]["sval"] in ("min", "max"):
            yield _source(output, tables), column


def _compared(condition: Tree) -> tuple[list[Tree], How | None]:
    """The two sides of a comparison, or the one that a list or NULL is compared with."""
    kind = condition.get("@")
    if kind == "NullTest" and condition["nulltesttype"]["name"] == "IS_NULL":
        return [condition["arg"]], "equality"
    if kind == "SubLink" and condition["subLinkType"]["name"] == "ANY_SUBLINK" and "testexpr" in condition:
        return [condition["testexpr"]], "equality"
    if kind == "A_Expr":
        return [condition.get("lexpr", {}), condition.get("rexpr", {})], _how(condition)
    return [], None


def _how(condition: Tree) -> How | None:
    kind = condition["kind"]["name"]
    operator = condition["name"][0].get("sval")
    if kind in ("AEXPR_LIKE", "AEXPR_ILIKE"):
        return "like" if operator in ("~~", "~~*") else None
    if kind in ("AEXPR_OP", "AEXPR_IN"):
        return "equality" if operator == "=" else "range" if operator in RANGES else None
    return "range" if kind == "AEXPR_BETWEEN" else None


def _source(side: Tree, tables: Mapping[str, str | None]) -> str | None:
    """Whose column it is, or is a function of."""
    column = side if side.get("@") == "ColumnRef" else next((node for node in _nodes(side) if node.get("@") == "ColumnRef"), None)
    fields = [part.get("sval", "*") for part in column["fields"]] if column else []
    if len(fields) > 1:
        return str(fields[-2]).lower()
    return next(iter(tables)) if fields and len(tables) == 1 else None


def _expression(side: Tree) -> str | None:
    """A column's name, or a function of one column alone as it must stand in an index."""
    if side.get("@") == "ColumnRef":
        return _column(side)
    arguments = side.get("args", ())
    column = _column(arguments[0]) if side.get("@") == "FuncCall" and len(arguments) == 1 else None
    return f"{side['funcname'][-1]['sval']}({column})" if column else None


def _column(node: Tree) -> str | None:
    return node["fields"][-1].get("sval") if node.get("@") == "ColumnRef" else None


def _output(item: Tree, outputs: Sequence[Tree]) -> Tree:
    """What a number in ORDER BY or GROUP BY stands for."""
    number = item.get("val", {}).get("ival") if item.get("@") == "A_Const" else None
    return outputs[number - 1] if isinstance(number, int) and 0 < number <= len(outputs) else item


def _sort_key(item: Tree, outputs: Sequence[Tree]) -> str | None:
    column = _column(_output(item["node"], outputs))
    return f"{column} desc" if column and item["sortby_dir"]["name"] == "SORTBY_DESC" else column


def _text(node: Tree) -> str | None:
    value = node.get("val", {})
    return value.get("sval") if isinstance(value, dict) else None

"""Conditions as EXPLAIN prints them → columns that an index would have to hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from typing import Any

from perfkit.model.plan import Node
from perfkit.rules.plans.wanted import Kind, Method, Wanted, operator_class_of, type_of, wanted_kind

OWN = (("Filter", "filter"), ("Index Cond", "index"), ("Recheck Cond", "index"))
JOINS = ("Join Filter", "Hash Cond", "Merge Cond")
TRANSPARENT = frozenset({"Materialize", "Memoize", "Hash", "Sort", "Incremental Sort", "Gather", "Gather Merge", "Subquery Scan", "Limit", "Unique"})
"""Nodes between a scan and the join that asks for its rows."""
KEEPS_ORDER = frozenset({"Limit", "Gather", "Gather Merge", "Result", "Subquery Scan", "Unique", "LockRows", "ProjectSet"})
OF_A_MOMENT = re.compile(r"CAST\(\w+ AS date\)|date_trunc\(|to_char\(|EXTRACT\(|date_part\(", re.IGNORECASE)
APPENDS = frozenset({"Append", "Merge Append"})
NUMBERED = re.compile(r"_\d+$")
_RESULT = re.compile(r"\((?:hashed |rescan )?(?:SubPlan|InitPlan) \d+\)(?:\.col\d+)?|(?:\.{3} )?alternatives: [^)]*")
_EXISTS = re.compile(r"EXISTS ?\((?:hashed )?SubPlan \d+\)")
_QUANTIFIED = re.compile(r"(?<=\()(?:ANY|ALL) \(")
"""Sub-plans are no SQL: their results become parameters, and what they are compared by becomes a call."""


def wanted_columns(node: Node) -> list[Wanted]:
    """Columns of a scan's table that its own conditions, the joins above it and the sort above it ask for, each once.

    Conditions come first, then joins, then the order. An empty list: nothing that is printed could use an index.
    """
    alias = alias_of(node)
    if node.step.relation is None or alias is None:
        return []
    facts = node.facts
    found = [item for key, source in OWN if facts.get(key) for item in wanted_of(str(facts[key]), alias, source)]
    found += _joined(node, alias)
    found += _ordered(node, alias)
    unique = {(item.column, item.kind, item.source == "sort", item.arm): item for item in reversed(found)}
    return list(reversed(unique.values()))


def alias_of(node: Node) -> str | None:
    """What the statement calls the node's table."""
    alias = node.facts.get("Alias")
    return str(alias) if alias else node.step.relation


def wanted_of(condition: str, alias: str, source: str = "filter") -> list[Wanted]:
    """What one condition asks of the table of this alias; names without an alias are taken for its own."""
    asker = _Asker(alias, source, count())
    return [item for part in _parts(condition) for item in _of_condition(part, asker)]


def join_keys(node: Node, join: Node) -> list[Wanted]:
    """What a join tests of a scan's table for equality."""
    conditions = [str(join.facts[key]) for key in JOINS if join.facts.get(key)]
    found = [item for condition in conditions for item in wanted_of(condition, alias_of(node) or "", "join")]
    return [item for item in found if item.kind == "equality" and item.arm is None]


def order_of(sort_key: str, alias: str) -> list[Wanted]:
    """What a sort key asks of the table; empty where one of its terms belongs to another table, or is a distance."""
    clause = _parsed(f"select 1 order by {_plain(sort_key)}")
    terms = [] if clause is None else [_of_term(term, alias) for term in clause.sortClause or ()]
    return [term for term in terms if term is not None] if all(terms) else []


def wanted_index(wanted: Sequence[Wanted]) -> list[Wanted]:
    """The columns of one index, in order: those tested for equality, then one range or else the order."""
    single = [item for item in wanted if item.method == "btree" and item.arm is None]
    equal = _once([item for item in single if item.kind == "equality"])
    ranged = [item for item in single if item.kind in {"range", "prefix"}]
    ordered = [item for item in single if item.kind == "order"]
    rest = ranged[:1] or ordered
    columns = {item.column for item in equal}
    chosen = equal + [item for item in rest if item.column not in columns]
    return chosen or list(wanted[:1])


def index_statement(node: Node, wanted: Sequence[Wanted], predicate: str = "") -> str:
    """create index … for a node's table, or the one that it is a partition of, from the columns of one index."""
    schema = node.facts.get("Schema")
    table = quoted(partitioned(node) or str(node.step.relation))
    where = f"{quoted(str(schema))}.{table}" if schema and schema != "public" else table
    method = "" if wanted[0].method == "btree" else f"using {wanted[0].method} "
    return f"create index on {where} {method}({', '.join(item.key for item in wanted)}){f' where {predicate}' if predicate else ''}"


def partitioned(node: Node) -> str | None:
    """The table that a scan's table is a part of, where several parts are scanned; EXPLAIN numbers what the statement calls it."""
    alias = alias_of(node) or ""
    members = [] if node.parent is None or node.parent.step.node_type not in APPENDS else node.parent.children
    called = {NUMBERED.sub("", alias_of(member) or "") for member in members}
    if len(members) < 2 or len(called) != 1 or len({member.step.relation for member in members}) < len(members) or not NUMBERED.search(alias):
        return None
    [name] = called
    return _table_called(node.plan.head.statement or "", name) or name


@lru_cache(maxsize=64)
def _table_called(statement: str, alias: str) -> str | None:
    from pglast import ast

    tree = _parsed(statement)
    named = {item.alias.aliasname: item.relname for item in nodes_of(tree, ast.RangeVar) if item.alias is not None}
    return str(named[alias]) if alias in named else None


def moment_of(item: Wanted) -> Wanted | None:
    """The column of a moment whose day or text is compared: a range of the column itself says the same. None for other conditions."""
    if not item.expression or not OF_A_MOMENT.match(item.column):
        return None
    columns = {_name(reference) for reference in _references(_parsed(f"select {item.column}"))}
    return replace(item, column=quoted(columns.pop()), kind="range", expression=False, cast=None) if len(columns) == 1 else None


def quoted(name: str) -> str:
    """A name as SQL needs it."""
    from pglast.keywords import RESERVED_KEYWORDS

    return name if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) and name not in RESERVED_KEYWORDS else '"' + name.replace('"', '""') + '"'


def _once(items: Sequence[Wanted]) -> list[Wanted]:
    return list({item.column: item for item in reversed(items)}.values())[::-1]


def _joined(node: Node, alias: str) -> list[Wanted]:
    below = node
    for parent in node.above():
        conditions = [str(parent.facts[key]) for key in JOINS if parent.facts.get(key)]
        if conditions or parent.step.node_type not in TRANSPARENT:
            found = [item for condition in conditions for item in wanted_of(condition, alias, "join")]
            inner = below.step.relationship == "Inner"
            return found if inner else []
        below = parent
    return []


def _ordered(node: Node, alias: str) -> list[Wanted]:
    for parent in node.above():
        if parent.step.sort_key and parent.step.node_type in {"Sort", "Incremental Sort"}:
            return order_of(parent.step.sort_key, alias)
        if parent.step.node_type not in KEEPS_ORDER:
            return []
    return []


def _parts(condition: str) -> list[Any]:
    """The parsed conditions joined by AND; a part that is no SQL is left out."""
    parsed = _where(condition)
    if parsed is not None:
        return [parsed]
    return [tree for text in _conjuncts(condition) if (tree := _where(text)) is not None]


def _conjuncts(condition: str) -> list[str]:
    """Split at every AND that stands in no parentheses, those around the whole taken off."""
    text = condition.strip()
    depth, begin, parts = 0, 0, []
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1].strip()
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and text.startswith(" AND ", position):
            parts.append(text[begin:position])
            begin = position + len(" AND ")
    return [*parts, text[begin:]]


def _closing(text: str) -> int:
    depth = 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return position
    return -1


def _plain(text: str) -> str:
    return _QUANTIFIED.sub("any_of (", _RESULT.sub("$1", _EXISTS.sub("true", text)))


def _where(condition: str) -> Any:
    clause = _parsed(f"select 1 where {_plain(condition)}")
    return None if clause is None else clause.whereClause


@lru_cache(maxsize=512)
def _parsed(statement: str) -> Any:
    from pglast import parse_sql
    from pglast.parser import ParseError

    try:
        parsed = parse_sql(statement)
    except ParseError:
        return None
    return parsed[0].stmt if parsed else None


@dataclass(frozen=True, slots=True)
class _Asker:
    """Whose columns are asked for, and in which arm of an OR."""

    alias: str
    source: str
    arms: Iterator[int]
    arm: int | None = None


def _of_condition(tree: Any, asker: _Asker) -> Iterator[Wanted]:
    from pglast import ast, enums

    if isinstance(tree, ast.BoolExpr):
        yield from _of_logic(tree, asker)
    elif isinstance(tree, ast.NullTest) and tree.nulltesttype == enums.NullTestType.IS_NULL:
        yield from _column(tree.arg, "equality", asker)
    elif isinstance(tree, ast.BooleanTest | ast.ColumnRef):
        yield from _column(tree.arg if isinstance(tree, ast.BooleanTest) else tree, "equality", asker)
    elif isinstance(tree, ast.A_Expr):
        yield from _of_comparison(tree, asker)


def _of_logic(tree: Any, asker: _Asker) -> Iterator[Wanted]:
    """AND asks for all its parts, NOT of a column tests it; arms of an OR ask for an index each, unless all are about one column."""
    from pglast import ast, enums

    if tree.boolop == enums.BoolExprType.AND_EXPR:
        for part in tree.args:
            yield from _of_condition(part, asker)
    elif tree.boolop == enums.BoolExprType.NOT_EXPR:
        if isinstance(tree.args[0], ast.ColumnRef):
            yield from _of_condition(tree.args[0], asker)
    else:
        parts = [list(_of_condition(part, replace(asker, arm=next(asker.arms)))) for part in tree.args]
        if not all(parts):
            return  # an arm that no index serves makes the others' indexes useless
        columns = {item.column for part in parts for item in part}
        yield from [parts[0][0].without_arm()] if len(columns) == 1 else [item for part in parts for item in part]


def _of_comparison(tree: Any, asker: _Asker) -> Iterator[Wanted]:
    operator = tree.name[-1].sval if tree.name else "="
    kind, flipped = wanted_kind(tree.kind, operator, tree.rexpr), wanted_kind(tree.kind, operator, tree.lexpr, flipped=True)
    for side, other, asked in ((tree.lexpr, tree.rexpr, kind), (tree.rexpr, tree.lexpr, flipped)):
        if asked is not None and not _belongs(other, asker.alias, some=True):
            yield from _column(side, asked, asker, operator_class_of(asked, operator, other))


def _column(tree: Any, kind: Kind, asker: _Asker, operator_class: str | None = None) -> Iterator[Wanted]:
    if not _belongs(tree, asker.alias):
        return
    text, cast, expression = _spelled(tree)
    method: Method = "gin" if kind in {"contains", "pattern"} else "btree"
    yield Wanted(text, kind, asker.alias, asker.source, method, operator_class, cast, expression, asker.arm)


def _of_term(term: Any, alias: str) -> Wanted | None:
    from pglast import ast, enums

    tree, descending = term.node, term.sortby_dir == enums.SortByDir.SORTBY_DESC
    if not _belongs(tree, alias) or (isinstance(tree, ast.A_Expr) and _last(tree.name).startswith("<")):
        return None
    text, cast, expression = _spelled(tree)
    nulls = {enums.SortByNulls.SORTBY_NULLS_FIRST: "first", enums.SortByNulls.SORTBY_NULLS_LAST: "last"}.get(term.sortby_nulls)
    return Wanted(text, "order", alias, "sort", cast=cast, expression=expression, descending=descending, nulls=nulls)


def _belongs(tree: Any, alias: str, *, some: bool = False) -> bool:
    """Whether the expression is made of columns of this table; some: whether any column in it is."""
    tables = [_table(reference) for reference in _references(tree)]
    own = [table in {None, alias} for table in tables]
    return any(own) if some else bool(own) and all(own)


def _table(reference: Any) -> str | None:
    fields = reference.fields
    return None if len(fields) < 2 else str(getattr(fields[-2], "sval", ""))


def _references(tree: Any) -> list[Any]:
    from pglast import ast

    return nodes_of(tree, ast.ColumnRef)


def nodes_of(tree: Any, kind: type) -> list[Any]:
    """The parts of a parsed statement that are of a kind."""
    from pglast import ast

    found, waiting = [], [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, kind):
            found.append(item)
        if isinstance(item, tuple | list):
            waiting += item
        elif isinstance(item, ast.Node):
            waiting += _parts_of(item).values()
    return found


def _spelled(tree: Any) -> tuple[str, str | None, bool]:
    """The column or expression as an index would name it, the type that it is cast to, and whether it is an expression."""
    from pglast import ast
    from pglast.stream import RawStream

    cast: str | None = None
    if isinstance(tree, ast.TypeCast) and isinstance(tree.arg, ast.ColumnRef) and type_of(tree) in {"text", "varchar", "bpchar"}:
        cast, tree = type_of(tree), tree.arg  # how EXPLAIN prints a varchar column that is compared as text
    if isinstance(tree, ast.CollateClause) and isinstance(tree.arg, ast.ColumnRef):
        return quoted(_name(tree.arg)) + f' collate "{_last(tree.collname)}"', None, True
    if isinstance(tree, ast.ColumnRef):
        return quoted(_name(tree)), cast, False
    return str(RawStream()(_unqualified(tree))), cast, True


def _name(reference: Any) -> str:
    return _last(reference.fields)


def _last(names: Any) -> str:
    """The name itself, without what qualifies it."""
    return str(getattr(names[-1], "sval", "*"))


def _unqualified(tree: Any) -> Any:
    """A copy without table names and without casts of texts to text, as one would write it."""
    from pglast import ast

    if isinstance(tree, ast.ColumnRef):
        return ast.ColumnRef(fields=(tuple(tree.fields or ())[-1],))
    if isinstance(tree, ast.TypeCast) and isinstance(tree.arg, ast.A_Const) and type_of(tree) == "text":
        return tree.arg
    if isinstance(tree, tuple | list):
        return tuple(_unqualified(item) for item in tree)
    if isinstance(tree, ast.Node):
        return type(tree)(**{name: _unqualified(part) for name, part in _parts_of(tree).items()})
    return tree


def _parts_of(tree: Any) -> dict[str, Any]:
    return {name: getattr(tree, name) for name in tree.__slots__ if name != "location"}

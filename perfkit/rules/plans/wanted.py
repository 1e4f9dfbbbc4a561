"""A column that an index would have to hold, and which kind of index serves which comparison."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["equality", "range", "prefix", "pattern", "contains", "order"]
Method = Literal["btree", "gin"]

EQUAL = frozenset({"="})
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "@>": "<@", "<@": "@>", "&&": "&&"}
RANGES = frozenset({"<", ">", "<=", ">="})
LIKE, PATTERNS = frozenset({"~~"}), frozenset({"~~", "~~*", "~", "~*", "%"})
CONTAINS = frozenset({"@>", "<@", "&&", "?", "?|", "?&", "@@", "@?"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column or an expression of one table that a condition or an order asks for."""

    column: str
    """As SQL names it: created_at, lower(name)."""
    kind: Kind
    """equality; range; prefix: LIKE 'a%'; pattern: LIKE '%a%' and regular expressions; contains: @>, &&, @@; order: a sort key."""
    alias: str
    """What the statement calls the table."""
    source: str
    """filter, index (the index scan tests it already), join or sort."""
    method: Method = "btree"
    operator_class: str | None = None
    """None: the type's usual one."""
    cast: str | None = None
    """The type that EXPLAIN casts the plain column to. It prints every varchar as (name)::text, but also a number that is compared as text."""
    expression: bool = False
    """True: not a plain column, the index needs the expression itself."""
    arm: int | None = None
    """Which arm of an OR asks for it: every arm needs an index of its own. None outside of an OR."""
    descending: bool = False
    nulls: str | None = None
    """first or last, where the order names it."""

    @property
    def key(self) -> str:
        """As it stands in create index."""
        text = self.column if not self.expression or " collate " in self.column else f"({self.column})"
        order = (" desc" if self.descending else "") + (f" nulls {self.nulls}" if self.nulls else "")
        return f"{text}{f' {self.operator_class}' if self.operator_class else ''}{order}"

    def without_arm(self) -> Wanted:
        """The same, for an OR whose arms are all about this column."""
        return replace(self, arm=None)


def wanted_kind(form: Any, operator: str, other: Any, *, flipped: bool = False) -> Kind | None:
    """How an index would serve column-operator-other; None: not at all."""
    from pglast.enums import A_Expr_Kind

    if form == A_Expr_Kind.AEXPR_NOT_DISTINCT:
        return "equality"
    if form == A_Expr_Kind.AEXPR_OP_ANY:
        return None if flipped or operator not in EQUAL else "equality"
    if form not in {A_Expr_Kind.AEXPR_OP, A_Expr_Kind.AEXPR_LIKE, A_Expr_Kind.AEXPR_ILIKE}:
        return None
    operator = FLIPPED.get(operator, "") if flipped else operator
    if operator in EQUAL:
        return "equality"
    if operator in RANGES:
        return "range"
    if operator in PATTERNS:
        return "prefix" if operator in LIKE and _is_prefix(_text(other)) else "pattern"
    return "contains" if operator in CONTAINS else None


def operator_class_of(kind: Kind, operator: str, other: Any) -> str | None:
    """The operator class that the usual one does not cover."""
    if kind == "prefix":
        return "text_pattern_ops"
    if kind == "pattern":
        return "gin_trgm_ops"
    return "jsonb_path_ops" if operator == "@>" and type_of(other) == "jsonb" else None


def _is_prefix(pattern: str | None) -> bool:
    return pattern is not None and pattern[:1] not in {"", "%", "_"}


def _text(tree: Any) -> str | None:
    from pglast import ast

    tree = tree.arg if isinstance(tree, ast.TypeCast) else tree
    value = getattr(tree, "val", None)
    return getattr(value, "sval", None)


def type_of(tree: Any) -> str | None:
    """The type that an expression is cast to; None when it is not."""
    name = getattr(tree, "typeName", None)
    return None if name is None else str(name.names[-1].sval)

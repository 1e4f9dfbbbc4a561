"""The index that a step of SQLite's plan lacks, as the statement that makes it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from perfkit.model.plan import Node
from perfkit.rules.plans.sqlite_tables import Tables
from perfkit.rules.plans.sqlite_terms import Term

WORD = re.compile(r"\W+")


def index_for(node: Node, tables: Tables) -> str:
    """Columns compared for equality first, then one that is compared with a range; or why no index can be named."""
    table = tables.table(node) or str(node.step.relation)
    if node.facts.get("access") == "automatic index":
        return f"{_create(table, node.facts.get('columns', []))} The columns are those that SQLite indexes itself."
    terms = tables.terms_on(node)
    likes = [term for term in terms if term.how == "like"]
    equal = list(dict.fromkeys(term.expression for term in terms if term.how == "equality"))
    ranges = [term.expression for term in terms if term.how == "range"]
    if node.facts.get("access") == "min/max":
        name = (node.facts.get("alias") or node.step.relation or "").lower()
        ranges = [column for source, column in (tables.asked.extremes if tables.asked else []) if source == name]
    if equal or ranges:
        few = "" if equal or node.facts.get("access") == "min/max" else " It pays only where few rows pass; ANALYZE lets SQLite tell."
        return _create(table, list(dict.fromkeys(equal + ranges[:1]))) + _of_functions(terms) + few
    if likes:
        return _for_like(table, likes[0])
    if either := list(dict.fromkeys(term.expression for term in tables.alternatives_on(node))):
        return " ".join(_create(table, [column]) for column in either) + " OR needs an index on each of its sides."
    return (
        f"An index on the columns of {table} that the statement compares. The statement is not known or cannot be read, so they are not named here."
    )


def sort_index(node: Node, purpose: str, tables: Tables) -> str:
    """An index that gives the rows in order."""
    table = tables.table(node) or str(node.step.relation)
    keys = next((columns for kind, found in (tables.asked.keys if tables.asked else {}).items() if kind in purpose for columns in found), ())
    if not keys:
        return f"An index on {table} whose columns stand in the order of {purpose}."
    equal = [term.expression for term in tables.terms_on(node) if term.how == "equality" and not term.joins]
    columns = list(dict.fromkeys([*equal, *keys]))
    if node.step.index_name:
        return f"Index {node.step.index_name} gives only the beginning of this order. {_create(table, columns)}"
    return _create(table, columns)


def _create(table: str, columns: Sequence[str]) -> str:
    name = "_".join(filter(None, WORD.split("_".join([table, *columns]))))
    return f"create index {name} on {table} ({', '.join(columns)});"


def _of_functions(terms: Sequence[Term]) -> str:
    functions = [term.expression for term in terms if "(" in term.expression]
    return f" An index on the column alone does not serve {functions[0]}." if functions else ""


def _for_like(table: str, term: Term) -> str:
    """LIKE ignores case unless told otherwise, so an index serves it only if it ignores case too; and only a pattern with a fixed beginning."""
    if term.pattern is not None and term.pattern[:1] in ("%", "_"):
        return f"No index serves LIKE {term.pattern!r}, which may begin with anything: search words of {term.expression} with FTS5."
    fixed = "" if term.pattern else " It helps only patterns with a fixed beginning that stand in the statement."
    name = "_".join(filter(None, WORD.split(f"{table}_{term.expression}_nocase")))
    return f"create index {name} on {table} ({term.expression} collate nocase); LIKE ignores case, so a plain index does not serve it.{fixed}"

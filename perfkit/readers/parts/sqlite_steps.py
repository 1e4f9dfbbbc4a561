"""One line of EXPLAIN QUERY PLAN → what it does to which table. Up to 3.35 SQLite wrote SCAN TABLE t, later SCAN t."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from perfkit.readers.parts.plan_envelope import as_details
from perfkit.readers.parts.plan_rows import NodeRow

ROOT = "QUERY PLAN"
CONSTANT = re.compile(r"SCAN (?:CONSTANT ROW|\d+ CONSTANT ROWS?)")
LOOP = re.compile(
    r"(?P<verb>SCAN|SEARCH) (?:(?P<old>TABLE|SUBQUERY) )?(?P<name>\S+|\(.+?\))(?: AS (?P<alias>\S+))?"
    r"(?: VIRTUAL TABLE INDEX (?P<virtual>.*?)| USING (?P<using>.+?))?(?P<joins>(?: (?:LEFT-JOIN|RIGHT-JOIN|EXISTS))*)(?: \(~\d+ rows?\))?"
)
USING = re.compile(
    r"(?P<automatic>AUTOMATIC )?(?P<partial>PARTIAL )?(?P<covering>COVERING )?"
    r"(?P<what>INDEX|INTEGER PRIMARY KEY|PRIMARY KEY|ROWID SEARCH)(?: (?P<index>[^(\s][^(]*?))?(?: \((?P<terms>.*)\))?"
)
SORT = re.compile(r"USE TEMP B-TREE FOR (?P<purpose>.+)")
NUMBERED = re.compile(r"(?:EXECUTE )?(?P<kind>(?:CORRELATED )?(?:SCALAR|LIST) SUBQUERY|INDEX|REUSE LIST SUBQUERY) (?P<number>\d+)")
DERIVED = re.compile(r"(?P<kind>MATERIALIZE|CO-ROUTINE) (?P<name>.+)")
COLUMN = re.compile(r"(?:ANY\()?(\w+|<expr>)\)?\s*(?:[<>=]+|$|\bIS\b)")


@dataclass(frozen=True, slots=True)
class Step:
    """What a line says, apart from its place in the tree."""

    detail: str
    node_type: str
    relation: str | None = None
    index_name: str | None = None
    subplan: str | None = None
    condition: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """access: scan, index, automatic index, primary key, min/max, virtual or constant; purpose of a sort; columns of the index that are used."""

    def row(self, plan_id: int, node_id: int, parent_id: int) -> NodeRow:
        """The step at its place."""
        return NodeRow(
            plan_id=plan_id,
            node_id=node_id,
            parent_id=parent_id,
            node_type=self.node_type,
            relation=self.relation,
            index_name=self.index_name,
            subplan=self.subplan,
            condition=self.condition,
            details=as_details({"detail": self.detail, **self.facts}),
        )


def step_of(detail: str) -> Step:
    """Any line; one that no rule knows keeps its text as its type."""
    text = " ".join(detail.split())
    if CONSTANT.fullmatch(text):
        return Step(text, "SCAN", facts={"access": "constant"})
    if loop := LOOP.fullmatch(text):
        return _loop(text, loop)
    if sort := SORT.fullmatch(text):
        return Step(text, "USE TEMP B-TREE", facts={"purpose": sort["purpose"]})
    if numbered := NUMBERED.fullmatch(text):
        return Step(text, numbered["kind"], subplan=text)
    if derived := DERIVED.fullmatch(text):
        return Step(text, derived["kind"], subplan=derived["name"])
    return Step(text, text)


def _loop(text: str, loop: re.Match[str]) -> Step:
    facts: dict[str, Any] = {"alias": loop["alias"], "join": loop["joins"].strip(), "subquery": loop["old"] == "SUBQUERY"}
    if loop["virtual"] is not None:
        return Step(text, loop["verb"], loop["name"], facts=facts | {"access": "virtual"})
    using = USING.fullmatch(loop["using"] or "")
    if using is None:
        access = "scan" if loop["verb"] == "SCAN" else "min/max"
        return Step(text, loop["verb"], loop["name"], facts=facts | {"access": access, "using": loop["using"]})
    access = "automatic index" if using["automatic"] else "index" if using["what"] == "INDEX" else "primary key"
    facts |= {"access": access, "covering": bool(using["covering"]), "partial": bool(using["partial"])}
    facts["columns"] = [column[1] for part in (using["terms"] or "").split(" AND ") if (column := COLUMN.match(part))]
    return Step(text, loop["verb"], loop["name"], using["index"], condition=using["terms"], facts=facts)

"""Neo4j's PROFILE as cypher-shell prints it: a table whose first column draws the tree, and a total that must be the sum of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.readers.parts.neo4j_operators import Operator, node_rows, plan_row
from perfkit.readers.parts.parsing import refuse, text_of

NAME = "neo4j-table"
KIND = "plans"
TOOL = "neo4j"
ABOUT = "Neo4j PROFILE or EXPLAIN as cypher-shell prints it, one table or several"
BY_LINE = False

HEADER = re.compile(r"^\| Operator +\|(?:.*\|)? *(?:DB Hits|Estimated Rows)\b", re.MULTILINE)
TOTAL = re.compile(r"Total database accesses: *(?P<total>[\d,]+)?")
ABOUT_PLAN = re.compile(r'^(?P<key>Runtime(?: version)?|Planner)[: ]+"?(?P<value>[\w.]+)"?$')
SUMMARY = re.compile(r"^\| *Plan *\|(?:.*\|)? *DbHits *\|")
"""The names of what cypher-shell 3 and 4 say of an execution above its plan, with the total of its database hits."""
OF_SUMMARY = {"Version": "version", "Planner": "planner", "Runtime": "runtime"}
OF_PLAN = {"Runtime": "runtime", "Runtime version": "version", "Planner": "planner"}
NUMBER = re.compile(r"[\d,]+(?:\.\d+)?")
DETAILS = ("Details", "Other", "Variables", "Identifiers")


@dataclass
class Drawn:
    """One operator as its lines say."""

    name: str
    parent: int | None
    second: bool
    line: int
    cells: dict[str, list[str]] = field(default_factory=dict)

    def text(self, *columns: str) -> str:
        """The first column that is there, its lines joined."""
        return next((" ".join(self.cells[column]) for column in columns if self.cells.get(column)), "")


@dataclass
class Table:
    """One plan."""

    columns: Sequence[tuple[str, int, int]]
    drawn: list[Drawn] = field(default_factory=list)
    open_at: dict[int, int] = field(default_factory=dict)
    """By depth, the last operator that can still have a child below it."""
    closed: bool = False
    total: float | None = None
    facts: dict[str, str] = field(default_factory=dict)


def sniff(head: Head) -> bool:
    """The line of column names."""
    return HEADER.search(head.text) is not None


def read(path: Path) -> Iterator[Batch]:
    """Plans and their operators."""
    plans, nodes = [], []
    for plan_id, table in enumerate(_tables(path, text_of(path, NAME))):
        operators = [_operator(path, operator) for operator in table.drawn]
        _check(path, plan_id, table, operators)
        plans.append(plan_row(plan_id, operators, None, table.facts))
        nodes += node_rows(plan_id, operators)
    yield columns_of("plans", plans)
    yield columns_of("plan_nodes", nodes)


def _check(path: Path, plan_id: int, table: Table, operators: Sequence[Operator]) -> None:
    if not operators or not table.closed:
        raise refuse(path, NAME, f"table {plan_id} has no lower edge, so the file was cut off.")
    hits = [operator.db_hits for operator in operators]
    if table.total is None and any(hit is not None for hit in hits):
        reason = "has no total of database hits, neither below it nor above it, so the file was cut off. Copy all that cypher-shell printed."
        raise refuse(path, NAME, f"table {plan_id} {reason}")
    if table.total is not None and None not in hits and table.total != sum(filter(None, hits)):
        raise refuse(
            path, NAME, f"table {plan_id}: {table.total:,.0f} database accesses in total, but its rows add up to {sum(filter(None, hits)):,.0f}."
        )


def _tables(path: Path, text: str) -> list[Table]:
    tables: list[Table] = []
    facts: dict[str, str] = {}
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if HEADER.match(line):
            columns = _columns(path, lines[number - 1] if number else "", line, number + 1)
            tables.append(Table(columns, facts=facts, total=_hits(facts.pop("DbHits", ""))))
            facts = {}
        elif tables and not tables[-1].closed:
            _add_line(path, tables[-1], line, number + 1, last=_is_last(lines, number))
        elif total := TOTAL.search(line):
            if tables and total["total"]:
                tables[-1].total = _hits(total["total"])
        elif SUMMARY.match(line):
            facts = _summary(line, lines[number + 2] if number + 2 < len(lines) else "")
        elif about := ABOUT_PLAN.match(line.strip()):
            facts[OF_PLAN[about["key"]]] = about["value"]
    if not tables:
        raise refuse(path, NAME, "there is no line of column names.")
    return tables


def _summary(names: str, values: str) -> dict[str, str]:
    """What cypher-shell says of the execution above the plan's table, and how many database hits it had in all."""
    cells = dict(zip(map(str.strip, names.split("|")), (value.strip(' "') for value in values.split("|")), strict=False))
    found = {OF_SUMMARY[name]: value.removeprefix("CYPHER ") for name, value in cells.items() if name in OF_SUMMARY and value}
    return found | ({"DbHits": cells["DbHits"]} if cells.get("DbHits") else {})


def _hits(text: str) -> float | None:
    digits = text.replace(",", "")
    return float(digits) if digits.isdigit() else None


def _columns(path: Path, border: str, header: str, line: int) -> list[tuple[str, int, int]]:
    """Names with where their cells begin and end; bars within a cell do not count."""
    edges = [place for place, mark in enumerate(border) if mark == "+"]
    if len(edges) < 2 or border.strip("+-"):
        raise refuse(path, NAME, "there is no border above the column names.", line)
    return [(header[start + 1 : end].strip(), start + 1, end) for start, end in pairwise(edges)]


def _is_last(lines: Sequence[str], number: int) -> bool:
    """A border is the lower edge unless it stands right below the column names."""
    return not HEADER.match(lines[number - 1])


def _add_line(path: Path, table: Table, line: str, number: int, *, last: bool) -> None:
    if not line.strip("+-"):
        table.closed = last and bool(line)
        return
    _, start, end = table.columns[0]
    tree = line[start:end]
    if len(line) < table.columns[-1][2] or line[0] != "|":
        raise refuse(path, NAME, "the line is no row of the table; was the file cut off?", number)
    if "+" in tree:
        bars, _, name = tree.partition("+")
        _add_operator(path, table, bars.count("|"), name.strip(), number)
    if not table.drawn:
        raise refuse(path, NAME, "the table begins with no operator.", number)
    if line[end] == "+":
        return
    for column, begin, stop in table.columns[1:]:
        cell = line[begin:stop].strip()
        if cell and cell.strip("+-"):
            table.drawn[-1].cells.setdefault(column, []).append(cell)


def _add_operator(path: Path, table: Table, depth: int, name: str, number: int) -> None:
    """Below an operator stands its only or left child; one step to the right, its right child, which is drawn first."""
    if not name or depth > max(table.open_at, default=-1) + 1:
        raise refuse(path, NAME, "an operator hangs on nothing.", number)
    parent = table.open_at.get(depth, table.open_at.get(depth - 1))
    table.drawn.append(Drawn(name, parent, second=bool(table.drawn) and depth not in table.open_at, line=number))
    table.open_at = {level: at for level, at in table.open_at.items() if level < depth} | {depth: len(table.drawn) - 1}


def _operator(path: Path, drawn: Drawn) -> Operator:
    def number(*columns: str) -> float | None:
        return _number(path, drawn, drawn.text(*columns))

    both = drawn.text("Page Cache Hits/Misses", "Cache H/M").split("/")
    return Operator(
        parent=drawn.parent,
        type=drawn.name.split("@")[0],
        second=drawn.second,
        estimated=number("Estimated Rows"),
        rows=number("Rows"),
        db_hits=number("DB Hits"),
        page_hits=_number(path, drawn, both[0]) if len(both) == 2 else number("Page Cache Hits"),
        page_misses=_number(path, drawn, both[1]) if len(both) == 2 else number("Page Cache Misses"),
        time_ms=number("Time (ms)"),
        details=drawn.text(*DETAILS) or None,
        other=_other(drawn),
    )


def _other(drawn: Drawn) -> Mapping[str, str]:
    return {"Memory": drawn.text("Memory (Bytes)"), "Order": drawn.text("Ordered by", "Order"), "PipelineInfo": drawn.text("Pipeline")}


def _number(path: Path, drawn: Drawn, text: str) -> float | None:
    if text.strip() in ("", "?"):
        return None
    if not NUMBER.fullmatch(text.strip()):
        raise refuse(path, NAME, f"{text[:40]!r} stands where a number belongs.", drawn.line)
    return float(text.replace(",", ""))
